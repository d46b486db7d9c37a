// Package policy decides which tag of an image is best, and says of every other tag why it is not.
package policy
