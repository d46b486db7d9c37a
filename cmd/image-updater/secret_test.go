package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/image-updater/image-updater/internal/config"
)

// A newline behind a secret is no part of it, wherever it comes from: sent along it would be refused, and a server that
// repeats the secret without it would show it.
func TestSecretEndsBeforeTheNewline(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ held, want string }{
		{"abc", "abc"}, {"abc\n", "abc"}, {"abc\r\n", "abc"}, {" a\nb \n", " a\nb "}, {"\n", ""},
	} {
		a := &app{env: func(string) (string, bool) { return test.held, true }}
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(test.held), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, named := range []struct{ env, file string }{{env: "TOKEN"}, {file: file}} {
			got, err := a.secretText("auth", named.env, named.file, config.Position{})
			if got != test.want || (err != nil) != (test.want == "") {
				t.Errorf("%q in %+v: got %q, %v, want %q", test.held, named, got, err, test.want)
			}
		}
	}
}
