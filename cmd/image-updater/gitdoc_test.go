package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What docs/git.md shows of policy files is good: check finds no error in any of it.
func TestGitDocsAreGood(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "git.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split("\n"+string(docs), "\n```yaml\n")[1:]
	if len(blocks) < 10 {
		t.Fatalf("found %d examples", len(blocks))
	}
	for i, block := range blocks {
		text, _, _ := strings.Cut(block, "\n```")
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			checkExample(t, text)
		})
	}
}

// checkExample lets check read a policy file, of which the first line is left out in docs.
func checkExample(t *testing.T, text string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "policies.yaml")
	if err := os.WriteFile(file, []byte("apiVersion: image-updater/v1\n"+text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	a := &app{
		stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, now: time.Now,
		env: func(string) (string, bool) { return "", false },
	}
	if code := run(context.Background(), a, []string{"check", "-f", file, "--state-dir", dir}); code != 0 {
		t.Errorf("exit code %d: %s\n%s", code, stderr.String(), text)
	}
}
