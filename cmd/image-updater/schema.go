package main

import (
	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/internal/config"
)

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of policy files, for editors",
		Example: `  image-updater schema > policies.schema.json
  # then, as the first line of policies.yaml:
  # yaml-language-server: $schema=policies.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.stdout.Write(config.Schema())
			return err // told as that of every answer
		},
	}
}
