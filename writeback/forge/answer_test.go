package forge_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/writeback/forge"
)

// said answers everything with the same.
type said struct {
	status int
	header http.Header
	body   string
	asked  int
}

func (s *said) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked++
	return &http.Response{StatusCode: s.status, Header: s.header, Body: io.NopCloser(strings.NewReader(s.body)), Request: r}, nil
}

// remotes are a repository of each kind.
var remotes = map[string]string{
	forgetest.GitHub: "https://github.com/acme/fleet", forgetest.GitLab: "https://gitlab.com/acme/fleet", forgetest.Gitea: "https://gitea.example/acme/fleet",
	forgetest.BitbucketCloud: "https://bitbucket.org/acme/fleet", forgetest.BitbucketServer: "https://git.acme.example/scm/OPS/fleet.git",
	forgetest.AzureDevOps: "https://dev.azure.com/acme/platform/_git/fleet",
}

// FuzzAnswers expects of every answer to every question a result or an error that can be shown, after a bounded number
// of requests.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`[{"number": 1, "iid": 1, "head": {"ref": "h", "label": "h", "repo": null}, "created_at": "x", "labels": [null]}]`,
		`{"values": [{"id": 1, "source": null, "fromRef": {"id": "refs/heads/h"}}], "next": "https://evil.example/?page=2", "nextPageStart": 1}`,
		`{"value": [{"pullRequestId": 1, "description": null}], "count": 1}`, `{"data": {"repository": null}, "errors": [{}]}`, `null`, `<html>`, ``,
	} {
		f.Add(200, `<https://x/?page=2>; rel="next"`, body)
		f.Add(422, "", body)
	}
	f.Fuzz(func(t *testing.T, status int, link, body string) {
		if status < 200 || status > 599 {
			return
		}
		for kind, remote := range remotes {
			synctest.Test(t, func(t *testing.T) {
				answers := &said{status: status, header: http.Header{"Link": {link}, "Location": {link}, "Retry-After": {link}}, body: body}
				ask(t, kind, remote, answers)
			})
		}
	})
}

// ask asks everything of a forge.
func ask(t *testing.T, kind, remote string, answers *said) {
	t.Helper()
	ctx := t.Context()
	p := forge.PullRequest{Number: 1, Head: head}
	for name, call := range map[string]func(forge.Forge) error{
		"Find":          func(f forge.Forge) error { _, err := f.Find(ctx, head, base); return err },
		"Opened":        func(f forge.Forge) error { _, err := f.Opened(ctx, ""); return err },
		"Create":        func(f forge.Forge) error { _, err := f.Create(ctx, proposal); return err },
		"Update":        func(f forge.Forge) error { _, err := f.Update(ctx, p, "t", "b"); return err },
		"Close":         func(f forge.Forge) error { return f.Close(ctx, p) },
		"Comments":      func(f forge.Forge) error { _, err := f.Comments(ctx, p); return err },
		"Comment":       func(f forge.Forge) error { return f.Comment(ctx, p, "c") },
		"AddLabels":     func(f forge.Forge) error { return f.AddLabels(ctx, p, []string{"l"}) },
		"RemoveLabel":   func(f forge.Forge) error { return f.RemoveLabel(ctx, p, "l") },
		"RequestReview": func(f forge.Forge) error { return f.RequestReview(ctx, p, []string{"ada"}) },
		"Assign":        func(f forge.Forge) error { return f.Assign(ctx, p, []string{"ada"}) },
		"AutoMerge":     func(f forge.Forge) error { return f.AutoMerge(ctx, p) },
	} {
		f, err := forge.New(forge.Options{
			Kind: forge.Kind(kind), Remote: remote, Transport: answers, Token: func(context.Context) (string, error) { return "hunter2", nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		answers.asked = 0
		if err := call(f); err != nil && (len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\x00\x1b\r\n") || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %s: %q", kind, name, err)
		}
		if answers.asked > 200 {
			t.Errorf("%s: %s: %d requests", kind, name, answers.asked)
		}
	}
}
