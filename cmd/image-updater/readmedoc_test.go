package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What README.md shows of explain is what its policy file makes of the demo's registry. A line of dots stands for lines
// that are left out.
func TestReadmeExplain(t *testing.T) {
	t.Parallel()
	_, transcript, _ := strings.Cut(readmeBlock(t, "\n$ "), "\n$ image-updater ")
	command, want, _ := strings.Cut(transcript, "\n")
	handler, err := demoRegistry(demoTags())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	policies := readmeBlock(t, "yaml\n") + fmt.Sprintf("registries:\n  - {host: docker.io, endpoint: %q}\n", server.URL)
	if err := os.WriteFile(filepath.Join(dir, "policies.yaml"), []byte(strings.TrimPrefix(policies, "yaml\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	a := &app{
		stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, now: docsTime,
		env: func(name string) (string, bool) { return dir, name == "HOME" },
	}
	args := append(strings.Fields(command), "-f", filepath.Join(dir, "policies.yaml"), "--state-dir", filepath.Join(dir, "state"))
	if code := run(t.Context(), a, args); code != exitDone || stderr.Len() != 0 {
		t.Fatalf("%s: exit code %d\n%s", command, code, &stderr)
	}
	begin, end, cut := strings.Cut(want, "  ...\n")
	got := stdout.String()
	if !cut || !strings.HasPrefix(got, begin) || !strings.HasSuffix(got, end) {
		t.Errorf("%s prints something else (-README +program):\n%s", command, cmp.Diff(want, got))
	}
}

// readmeBlock returns the first block of README.md that begins so, with what stands on the line of its fence.
func readmeBlock(t *testing.T, begin string) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(readme), "\n```")
	for i := 1; i < len(blocks); i += 2 { // those between the fences
		if strings.HasPrefix(blocks[i], begin) {
			return blocks[i] + "\n"
		}
	}
	t.Fatalf("README.md has no block that begins with %q", begin)
	return ""
}
