package forge_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/writeback/forge"
)

// TestRelease: a release is told of any repository on the forge, and of nothing elsewhere.
func TestRelease(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.fake.Publish("acme/api", "v1.2+3", "What is new.")
		told := c.kind == forgetest.GitHub || c.kind == forgetest.Gitea || c.kind == forgetest.GitLab
		if home := c.forge.Home(); home != (forge.Home{Kind: forge.Kind(c.kind), Host: "127.0.0.1:3000"}) {
			t.Errorf("home %+v", home)
		}
		got, err := c.forge.Release(t.Context(), "https://127.0.0.1:3000/acme/api", "v1.2+3")
		want := forge.Release{}
		if told {
			want = forge.Release{Tag: "v1.2+3", Text: "What is new."}
		}
		if got != want || told && err != nil || !told && !errors.Is(err, forge.ErrNoRelease) {
			t.Errorf("%+v, %v", got, err)
		}
		asked := c.fake.Count("")
		for _, repository := range []string{
			"https://github.example/acme/api", "https://127.0.0.1:3000@github.example/acme/api", "https://127.0.0.1/acme/api", "https://127.0.0.1:3000/", "https://127.0.0.1:3000/acme/..", "%zz",
		} {
			if got, err := c.forge.Release(t.Context(), repository, "v1.2+3"); !errors.Is(err, forge.ErrNoRelease) {
				t.Errorf("%s: %+v, %v", repository, got, err)
			}
		}
		if n := c.fake.Count("") - asked; n != 0 {
			t.Errorf("%d requests for what is elsewhere", n)
		}
		if _, err := c.forge.Release(t.Context(), "https://127.0.0.1:3000/acme/api", "v9"); !errors.Is(err, forge.ErrNoRelease) {
			t.Error(err)
		}
		c.fake.Set(forgetest.Fault{Path: "/releases", Status: 500})
		if _, err := c.forge.Release(t.Context(), "https://127.0.0.1:3000/acme/api", "v1.2+3"); told != strings.Contains(err.Error(), "500") {
			t.Error(err)
		}
	})
}
