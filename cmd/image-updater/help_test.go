package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Each command says at length what it does, with an example, in lines that fit a terminal.
func TestHelp(t *testing.T) {
	t.Parallel()
	const width = 120
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Long + "\n" + cmd.Example) {
			if n := len(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("%s: a line of %d characters: %s", cmd.CommandPath(), n, line)
			}
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: in short: %q", cmd.CommandPath(), cmd.Short)
		}
		own := cmd.Parent() == nil || cmd.Parent().Parent() == nil // the others are cobra's
		if own && !strings.Contains(cmd.Example, "image-updater") {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for _, below := range cmd.Commands() {
			walk(below)
		}
	}
	walk((&app{}).command())
}
