// Package edit finds container image references in files and replaces just their bytes.
package edit
