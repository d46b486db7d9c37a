package reconcile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/reconcile"
)

const oneRepository = `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
policies: [{name: web, image: nginx, git: fleet}]
`

// The history is asked for only where something would change, once.
func TestHistoryIsReadOnceForAChange(t *testing.T) {
	t.Parallel()
	s := newScene(t, oneRepository, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.25.3"}}})
	fleet := s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3"), "b.yaml": deployment("nginx:1.25.3")})
	if _, err := fleet.Commit("main", "Two", gittest.Files{"README.md": "two commits"}); err != nil { // of one the history comes with its tree
		t.Fatal(err)
	}
	requests := func() int {
		s.server.Forget()
		s.reconciler().Run(t.Context(), reconcile.Selection{})
		_, calls := s.server.Count(gittest.UploadPack)
		return calls
	}
	without := requests()
	s.source.tags["docker.io/library/nginx"] = []string{"1.25.3", "1.27.4"}
	if with := requests(); with != without+1 {
		t.Errorf("%d requests for objects with a change and %d without, want one more", with, without)
	}
}

// A hold does not end because a thousand commits came after what it holds.
func TestHoldsAreOldEnough(t *testing.T) {
	t.Parallel()
	s := newScene(t, oneRepository, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.27.4"}}})
	fleet := s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3")})
	if got := s.reconciler().Run(t.Context(), reconcile.Selection{}); len(got.Commits) != 1 {
		t.Fatalf("first run: %q", told(got))
	}
	var stream strings.Builder
	for i := range 1100 {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter A Person <p@example.com> %d +0000\ndata 1\nx\n", 1900000000+i)
		if i == 0 {
			back := deployment("nginx:1.25.3")
			fmt.Fprintf(&stream, "from refs/heads/main^0\nM 100644 inline a.yaml\ndata %d\n%s\n", len(back), back)
		}
	}
	if err := fleet.Import([]byte(stream.String())); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"held web held"}, told(s.reconciler().Run(t.Context(), reconcile.Selection{}))); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// What was written before is not known when it cannot be read, and then nothing is written.
func TestNothingIsWrittenWithoutHistory(t *testing.T) {
	t.Parallel()
	s := newScene(t, oneRepository, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.27.4"}}})
	fleet := s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3")})
	if _, err := fleet.Commit("main", "Two", gittest.Files{"README.md": "two commits"}); err != nil { // the last comes with its tree
		t.Fatal(err)
	}
	r := s.reconciler()
	r.Progress = func(stage string, _, _ int) {
		if stage == "listing tags" { // the files have been read by then
			s.server.Set(gittest.Faults{Status: 500, StatusFor: gittest.UploadPack, StatusCount: 100})
		}
	}
	for name, pass := range map[string]func() reconcile.Report{
		"plan": func() reconcile.Report { return r.Plan(t.Context(), reconcile.Selection{}) },
		"run":  func() reconcile.Report { return r.Run(t.Context(), reconcile.Selection{}) },
	} {
		s.server.Set(gittest.Faults{})
		report := pass()
		if len(report.Errors) != 1 || report.Errors[0].Policy != "web" || !strings.Contains(report.Errors[0].Err.Error(), "reading the history of ") {
			t.Errorf("%s: errors %v", name, report.Errors)
		}
		if len(report.Changes)+len(report.Commits) > 0 {
			t.Errorf("%s: %q", name, told(report))
		}
	}
	if log, err := fleet.Log("main"); err != nil || len(log) != 2 {
		t.Errorf("log: %v, %v, want two commits", log, err)
	}
}

// Somebody reverts between our look and our push: the plan is made again on what stands there then.
func TestARevertWithinARace(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
defaults: {git: fleet}
policies: [{name: web, image: nginx}, {name: cache, image: redis}]
`, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.27.4"}, "docker.io/library/redis": {"7.0.0"}}})
	fleet := s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3"), "b.yaml": deployment("redis:7.0.0")})
	if got := s.reconciler().Run(t.Context(), reconcile.Selection{}); len(got.Commits) != 1 {
		t.Fatalf("first run: %q", told(got))
	}
	s.source.tags["docker.io/library/redis"] = []string{"7.0.0", "7.1.0"}
	s.server.Set(gittest.Faults{BeforeReceive: func() {
		s.server.Set(gittest.Faults{})
		if _, err := fleet.Commit("main", "Back", gittest.Files{"a.yaml": deployment("nginx:1.25.3")}); err != nil {
			t.Error(err)
		}
	}})
	got := told(s.reconciler().Run(t.Context(), reconcile.Selection{}))
	want := []string{"cache fleet b.yaml:8 7.0.0 -> 7.1.0", "commit fleet main Update redis to 7.1.0 by cache", "held web held"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}
