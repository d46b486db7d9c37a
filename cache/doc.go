// Package cache keeps what was learned from registries, bounded in size, in memory and in one file.
package cache
