package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/config"
)

var update = flag.Bool("update", false, "rewrite the golden files with what comes out")

// Each testdata/bad/NAME.yaml has all of its errors in NAME.txt.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, name := range glob(t, "testdata/bad/*.yaml") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(os.DirFS("testdata/bad"), []string{filepath.Base(name)})
			if err == nil {
				t.Fatal("no error")
			}
			golden(t, strings.TrimSuffix(name, ".yaml")+".txt", withHints(t, err))
			if strings.Contains(withHints(t, err), "hunter2") {
				t.Error("a message repeats a secret")
			}
		})
	}
}

// withHints returns a line for each error, as the command prints it.
func withHints(t *testing.T, err error) string {
	t.Helper()
	all, ok := errors.AsType[config.Errors](err)
	if !ok || len(all) == 0 {
		t.Fatalf("got %T, want config.Errors", err)
	}
	var text strings.Builder
	for _, e := range all {
		text.WriteString(e.Error() + "\n")
		if e.Hint != "" {
			text.WriteString("hint: " + e.Hint + "\n")
		}
	}
	return text.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: no files (%v)", pattern, err)
	}
	return names
}

// globF returns what is in the files.
func globF(f *testing.F, pattern string) [][]byte {
	f.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		f.Fatalf("%s: no files (%v)", pattern, err)
	}
	var texts [][]byte
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts
}
