// Package config reads policy files into checked values.
package config
