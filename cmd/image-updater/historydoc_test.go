package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// What docs/history.md shows is what a repository has after a run and a revert: the message of a commit, the history as
// table and as JSON, and what is held. UPDATE_DOCS=1 writes it there.
func TestDocsHistory(t *testing.T) {
	t.Parallel()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	const page = "../../docs/history.md"
	docs, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	s := newHistoryStage(t)
	s.call("run")
	want := []string{"\n" + s.message("main")}
	for _, command := range []string{"history", "history --policy nginx -o json"} {
		want = append(want, "console\n$ image-updater "+command+"\n"+s.call(command))
	}
	s.revert()
	_, held, _ := strings.Cut(s.call("plan"), "held back\n")
	held, _, _ = strings.Cut(held, "\n") // what follows is of the whole pass
	want = append(want, "\nheld back\n"+held+"\n")

	parts := strings.Split(string(docs), "```") // every second one lies between two fences
	if len(parts) != 2*len(want)+1 {
		t.Fatalf("found %d blocks, want %d", len(parts)/2, len(want))
	}
	for i, text := range want {
		if diff := cmp.Diff(parts[2*i+1], text); diff != "" {
			t.Errorf("block %d is something else (-docs +program):\n%s", i+1, diff)
		}
		parts[2*i+1] = text
	}
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(page, []byte(strings.Join(parts, "```")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// historyStage is a Git repository with two images that have newer tags, and a clock that stands still, so that commits
// have the same ids each time.
type historyStage struct {
	t          *testing.T
	dir        string
	repository *gittest.Repository
}

const historyWeb = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - image: nginx:1.25.3\n      name: web\n"

func newHistoryStage(t *testing.T) *historyStage {
	t.Helper()
	s := &historyStage{t: t, dir: t.TempDir()}
	registry := registrytest.New(registrytest.Options{})
	registry.Add("library/nginx", "1.25.3", "1.27.4")
	registry.Add("acme/api", "2.0.0", "2.1.0")
	host := registry.Serve(t).Host
	var err error
	s.repository, err = gittest.Create(filepath.Join(s.dir, "fleet.git"), gittest.Files{
		"apps/web.yaml": historyWeb,
		"apps/api.yaml": "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: api, image: ghcr.io/acme/api:2.0.0}]}\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	git := httptest.NewServer(gittest.New(s.dir))
	t.Cleanup(git.Close)
	policies := fmt.Sprintf(`apiVersion: image-updater/v1
registries:
  - {host: docker.io, endpoint: "http://%[1]s"}
  - {host: ghcr.io, endpoint: "http://%[1]s"}
git: [{name: fleet, url: "%[2]s/fleet.git"}]
defaults: {git: fleet}
policies:
  - {name: nginx, image: nginx}
  - {name: api, image: ghcr.io/acme/api, write: {mode: branch}}
`, host, git.URL)
	if err := os.WriteFile(filepath.Join(s.dir, "policies.yaml"), []byte(policies), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func historyTime() time.Time { return time.Date(2026, 11, 21, 14, 35, 43, 0, time.UTC) }

// call runs a command and returns what it prints.
func (s *historyStage) call(command string) string {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	a := &app{
		stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, now: historyTime,
		env: func(name string) (string, bool) { return s.dir, name == "HOME" },
	}
	args := append(strings.Fields(command), "-f", filepath.Join(s.dir, "policies.yaml"), "--state-dir", filepath.Join(s.dir, "state"))
	if code := run(s.t.Context(), a, args); code != exitDone || stderr.Len() != 0 {
		s.t.Fatalf("%s: exit code %d\n%s%s", command, code, &stdout, &stderr)
	}
	return stdout.String()
}

// message returns the message of the latest commit of a branch.
func (s *historyStage) message(branch string) string {
	s.t.Helper()
	log, err := s.repository.Log(branch)
	if err != nil {
		s.t.Fatal(err)
	}
	return log[0].Message
}

// revert does what git revert does, of the latest commit of the branch.
func (s *historyStage) revert() {
	s.t.Helper()
	tip, err := s.repository.Tip(gittest.Branch)
	if err != nil {
		s.t.Fatal(err)
	}
	subject, _, _ := strings.Cut(s.message(gittest.Branch), "\n")
	message := fmt.Sprintf("Revert %q\n\nThis reverts commit %s.\n", subject, tip)
	stream := fmt.Sprintf("commit refs/heads/%s\ncommitter Ann Other <ann@acme.example> %d +0000\ndata %d\n%s\nfrom %s\nM 100644 inline apps/web.yaml\ndata %d\n%s\n",
		gittest.Branch, historyTime().Add(time.Hour).Unix(), len(message), message, tip, len(historyWeb), historyWeb)
	if err := s.repository.Import([]byte(stream)); err != nil {
		s.t.Fatal(err)
	}
}
