package config

import (
	_ "embed"
	"slices"
)

//go:generate go test -run ^TestSchemaIsCurrent$ -update .

//go:embed policies.schema.json
var schema []byte

// Schema returns the JSON Schema of policy files, for editors. It says less than [Load] checks: not what keys of
// different mappings have to do with each other.
func Schema() []byte { return slices.Clone(schema) }
