package writeback_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// manifest is a Deployment with one image.
func manifest(name, reference string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: %s
spec:
  template:
    spec:
      containers:
        - name: main
          image: %s # keep me
`, name, reference)
}

func fleet() gittest.Files {
	return gittest.Files{
		"apps/web/deploy.yaml": manifest("web", "nginx:1.25.3"),
		"apps/api/deploy.yaml": manifest("api", "ghcr.io/acme/api:2.0.0"),
		"apps/two/deploy.yaml": manifest("two", "nginx:1.25.3") + "---\n" + manifest("cache", "redis:7.0.0"),
		"README.md":            "nginx:1.25.3 is not to be touched here\n",
	}
}

// site is a repository with a server in front of it.
type site struct {
	repo   *gittest.Repository
	server *gittest.Server
	target writeback.Target
}

func newSite(t testing.TB, files gittest.Files) *site {
	t.Helper()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	repo, err := gittest.Create(filepath.Join(dir, "fleet.git"), files)
	if err != nil {
		t.Fatal(err)
	}
	server := gittest.New(dir)
	front := httptest.NewServer(server)
	t.Cleanup(front.Close)
	return &site{repo: repo, server: server, target: writeback.Target{
		Name: "fleet", URL: front.URL + "/fleet.git", Branch: "main",
		Author: writeback.Identity{Name: "image-updater", Email: "bot@acme.example"},
	}}
}

// newWriter has a clock that stands still and never pauses.
func newWriter() *writeback.Writer {
	return &writeback.Writer{
		Now:    func() time.Time { return time.Unix(1767312000, 0) },
		Jitter: func() float64 { return 0 },
	}
}

func open(t testing.TB, w *writeback.Writer, target writeback.Target) *writeback.Branch {
	t.Helper()
	b, err := w.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func newScanner(t testing.TB, q edit.Query) *edit.Scanner {
	t.Helper()
	s, err := edit.NewScanner(q)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bump decides that an image gets a tag wherever it has another: one commit.
func bump(name, tag string) writeback.Decide {
	return func(_ context.Context, found edit.Found) ([]writeback.Commit, error) {
		c := writeback.Commit{Compose: func(applied []edit.Change) (string, error) { return message(name, tag, applied), nil }}
		for _, s := range found.Sites {
			if s.Image.Familiar() == name && s.Tag != tag {
				c.Changes = append(c.Changes, edit.Change{Site: s, Tag: tag})
			}
		}
		if len(c.Changes) == 0 {
			return nil, nil
		}
		return []writeback.Commit{c}, nil
	}
}

func message(name, tag string, applied []edit.Change) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Update %s to %s\n\n", name, tag)
	for _, c := range applied {
		fmt.Fprintf(&b, "Image-Updater-Change: %s %s %s -> %s\n", c.Site.Path, c.Site.Image, c.Site.Tag, c.Tag)
	}
	return b.String()
}

func (s *site) file(t testing.TB, revision, path string) string {
	t.Helper()
	data, err := s.repo.File(revision, path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (s *site) tip(t testing.TB, branch string) string {
	t.Helper()
	tip, err := s.repo.Tip(branch)
	if err != nil {
		t.Fatal(err)
	}
	return tip
}

func (s *site) commit(t testing.TB, branch string, files gittest.Files) string {
	t.Helper()
	id, err := s.repo.Commit(branch, "Somebody else", files)
	if err != nil {
		t.Error(err)
	}
	return id
}

func (s *site) subjects(t testing.TB, revision string) []string {
	t.Helper()
	log, err := s.repo.Log(revision)
	if err != nil {
		t.Fatal(err)
	}
	var subjects []string
	for _, l := range log {
		subject, _, _ := strings.Cut(l.Message, "\n")
		subjects = append(subjects, subject)
	}
	return subjects
}

func (s *site) fsck(t testing.TB) {
	t.Helper()
	if err := s.repo.Fsck(); err != nil {
		t.Error(err)
	}
}

// TestTarget hands on how the remote is reached: by a proxy, since there is no such host.
func TestTarget(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	proxy, err := url.Parse(s.target.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.target.URL, s.target.Proxy = "http://git.invalid/fleet.git", http.ProxyURL(proxy)
	if b := open(t, newWriter(), s.target); b.Tip() != s.tip(t, "main") {
		t.Errorf("main is at %s", b.Tip())
	}
}
