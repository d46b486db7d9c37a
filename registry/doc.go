// Package registry reads tag lists from container registries.
package registry
