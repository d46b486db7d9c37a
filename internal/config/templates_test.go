package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/message"
)

func TestTemplatesAreLoaded(t *testing.T) {
	t.Parallel()
	c := load(t, `apiVersion: image-updater/v1
git:
  - {name: both, url: https://git.acme.example/a.git, templates: {subject: "deps: {{.Subject}}", body: "{{.Git}}"}}
  - {name: one, url: https://git.acme.example/b.git, templates: {body: "in {{.Branch}}"}}
  - {name: none, url: https://git.acme.example/c.git}
`)
	var got []message.Text
	for _, g := range c.Git {
		text, err := g.Templates.Text(message.Commit{Git: g.Name, Branch: "main", Subject: "Update nginx", Body: "why"})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, text)
	}
	want := []message.Text{{Subject: "deps: Update nginx", Body: "both"}, {Subject: "Update nginx", Body: "in main"}, {Subject: "Update nginx", Body: "why"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}
