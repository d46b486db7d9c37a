package config_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/internal/config"
)

// However a URL is spelled that has a secret in it: it is refused, and no message repeats it.
func TestSecretsInGitURLs(t *testing.T) {
	t.Parallel()
	forms := []string{
		"https://%s@git.acme.example/fleet.git", "https://me:%s@git.acme.example/fleet.git", "http://%s:x@localhost/fleet.git",
		"ssh://git:%s@git.acme.example/fleet.git", "git:%s@git.acme.example:fleet.git", "https://git.acme.example/fleet.git?token=%s",
		"https://git.acme.example/fleet.git#%s", "gopher://me:%s@git.acme.example/", "https://me:%s@git.acme.example:port/fleet.git",
		"https://me:%s@", "https://me:%s@[::1/fleet.git", "HTTPS://me:%s@git.acme.example/%%zz", " https://me:%s@git.acme.example/",
		"https:/me:%s@git.acme.example/fleet.git", "git+ssh://me:%s@git.acme.example/x", "file://me:%s@/srv/fleet.git",
	}
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[A-Za-z0-9_]{12,30}`).Draw(t, "secret")
		written := fmt.Sprintf(rapid.SampledFrom(forms).Draw(t, "form"), secret)
		text := fmt.Sprintf("apiVersion: image-updater/v1\ngit:\n  - {name: fleet, url: %q}\n", written)
		_, err := config.Load(fstest.MapFS{"policies.yaml": {Data: []byte(text)}}, []string{"policies.yaml"})
		if err == nil {
			t.Fatalf("%s is taken", written)
		}
		if strings.Contains(err.Error(), secret) {
			t.Fatalf("error %v", err)
		}
	})
}
