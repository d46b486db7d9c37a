package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What docs/pull-requests.md shows of policy files is good: check finds no error in any of it.
func TestPullRequestDocsAreGood(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "pull-requests.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split("\n"+string(docs), "\n```yaml\n")[1:]
	if len(blocks) < 2 {
		t.Fatalf("found %d examples", len(blocks))
	}
	for _, block := range blocks {
		text, _, _ := strings.Cut(block, "\n```")
		checkExample(t, text)
	}
}
