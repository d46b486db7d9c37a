package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// What docs/policies.md shows of explain and backtest is what they print. A policy is a block of YAML that begins with
// "- name:", a list of tags a block below a comment with its name, and a transcript a block that begins with the command.
func TestDocsShowWhatIsPrinted(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "policies.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	examples := docsExamples(string(docs))
	if len(examples) < 12 {
		t.Fatalf("found %d examples", len(examples))
	}
	for i, script := range examples {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("example_%02d.txtar", i)), []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{Dir: dir, Setup: setUp, RequireExplicitExec: true})
}

// docsExamples returns a script for each transcript, with the policy and the list that stand before it.
func docsExamples(docs string) []string {
	var scripts []string
	var policy, list, file string
	blocks := strings.Split("\n"+docs, "\n```")
	for i := 1; i < len(blocks); i += 2 { // those between the fences
		kind, text, _ := strings.Cut(blocks[i], "\n")
		above := blocks[i-1][strings.LastIndexByte(strings.TrimRight(blocks[i-1], "\n"), '\n')+1:]
		name, isList := strings.CutPrefix(strings.TrimSpace(above), "<!-- ")
		switch {
		case kind == "yaml" && strings.HasPrefix(text, "- name:"):
			policy = text
		case isList:
			file, list = strings.TrimSuffix(name, " -->"), text
		case strings.HasPrefix(text, "$ image-updater explain") || strings.HasPrefix(text, "$ image-updater backtest"):
			command, printed, _ := strings.Cut(strings.TrimPrefix(text, "$ "), "\n")
			scripts = append(scripts, "exec "+command+"\ncmp stdout want.txt\n! stderr .\n\n-- want.txt --\n"+printed+
				"\n-- "+file+" --\n"+list+"\n-- policies.yaml --\napiVersion: image-updater/v1\npolicies:\n"+policy+"\n")
		}
	}
	return scripts
}
