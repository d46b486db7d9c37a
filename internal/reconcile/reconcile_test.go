package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/policy"
	"github.com/image-updater/image-updater/writeback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a registry as far as a pass knows one.
type source struct {
	tags       map[string][]string         // by repository; a missing one cannot be listed
	known      map[string]policy.Candidate // what the list tells beside the names, by repository:tag
	tells      image.Facts                 // what lists have
	secondHand bool
	look       func(reference string, want image.Facts) (policy.Candidate, error) // nil = there is no such tag
	remembered map[string]policy.Candidate                                        // what was looked up a minute before the pass, by repository:tag

	mu     sync.Mutex // guards what follows
	asked  map[string]int
	fresh  map[string]time.Duration
	want   map[string]image.Facts
	looked []string // "repository:tag facts"
}

func (s *source) Expect([]image.Repository) {}

func (s *source) Tells(_ context.Context, _ image.Repository, want image.Facts) image.Facts {
	return want & s.tells
}

func (s *source) Candidates(_ context.Context, r image.Repository, want image.Facts, fresh time.Duration) ([]policy.Candidate, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked, s.fresh, s.want = map[string]int{}, map[string]time.Duration{}, map[string]image.Facts{}
	}
	s.asked[r.String()]++
	s.fresh[r.String()], s.want[r.String()] = fresh, want
	tags, known := s.tags[r.String()]
	if !known {
		return nil, false, fmt.Errorf("listing tags of %s: cut off", r)
	}
	var candidates []policy.Candidate
	for _, tag := range tags {
		c := s.known[r.String()+":"+tag]
		c.Tag = tag
		candidates = append(candidates, c)
	}
	return candidates, s.secondHand, nil
}

func (s *source) Look(_ context.Context, r image.Repository, tag string, want image.Facts, since time.Time) (policy.Candidate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reference := r.String() + ":" + tag
	if c, found := s.remembered[reference]; found && !since.IsZero() && since.Before(now.Add(-time.Minute)) {
		return c, nil
	}
	s.looked = append(s.looked, reference+" "+want.String())
	if s.look == nil {
		return policy.Candidate{}, reconcile.ErrNoTag
	}
	c, err := s.look(reference, want)
	c.Tag = tag
	return c, err
}

// scene is a Git server with repositories, and a policy file.
type scene struct {
	t      *testing.T
	root   string
	server *gittest.Server
	source *source
	config *config.Config
}

func newScene(t *testing.T, policies string, source *source) *scene {
	t.Helper()
	if err := gittest.Available(); err != nil {
		t.Skip("the git program is not there: ", err)
	}
	s := &scene{t: t, root: t.TempDir(), source: source}
	s.server = gittest.New(s.root)
	h := httptest.NewServer(s.server)
	t.Cleanup(h.Close)
	text := strings.ReplaceAll(policies, "GITURL", h.URL)
	c, err := config.Load(fstest.MapFS{"policies.yaml": {Data: []byte(text)}}, []string{"policies.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	s.config = c
	return s
}

func (s *scene) repository(name string, files gittest.Files) *gittest.Repository {
	s.t.Helper()
	r, err := gittest.Create(filepath.Join(s.root, name+".git"), files)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *scene) reconciler() *reconcile.Reconciler {
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &reconcile.Reconciler{
		Config: s.config, Source: s.source, Writer: &writeback.Writer{Jitter: func() float64 { return 0 }},
		Target: func(g config.Git) (writeback.Target, error) {
			if g.Name == "locked" {
				return writeback.Target{}, errors.New("auth.tokenEnv: the environment variable GIT_TOKEN is not set")
			}
			return writeback.Target{Name: g.Name, URL: g.URL, Branch: g.Branch, Transport: transport,
				Author: writeback.Identity{Name: "image-updater", Email: "image-updater@acme.example"}}, nil
		},
	}
}

func deployment(image string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          image: " + image + "\n"
}

// told renders a report in lines, for comparison.
func told(r reconcile.Report) []string {
	var lines []string
	for _, c := range r.Changes {
		lines = append(lines, fmt.Sprintf("%s %s %s:%d %s -> %s", c.Policy, c.Git, c.Site.Path, c.Site.Line, c.Site.Tag, c.To))
	}
	for _, c := range r.Commits {
		lines = append(lines, fmt.Sprintf("commit %s %s %s by %s", c.Git, c.Branch, c.Subject, strings.Join(c.Policies, ",")))
	}
	for _, h := range r.Held {
		lines = append(lines, fmt.Sprintf("held %s %s", h.Policy, h.Rule))
	}
	for _, p := range r.Errors {
		lines = append(lines, fmt.Sprintf("error %s: %v", p.Policy, p.Err))
	}
	return lines
}

const twoRepositories = `
apiVersion: image-updater/v1
git:
  - {name: fleet, url: "GITURL/fleet.git", branch: main}
  - {name: edge, url: "GITURL/edge.git", branch: main}
defaults: {git: [fleet, edge]}
policies:
  - {name: web, image: nginx, paths: ["web/**"], interval: 1h}
  - {name: other, image: nginx, paths: ["other/**"], interval: 15m}
  - {name: api, image: ghcr.io/acme/api}
  - {name: unused, image: ghcr.io/acme/unused}
`

// However many policies, files and Git repositories want an image, its registry is asked once, and for the freshest
// list anyone wants; what nothing refers to is not asked for. A second pass finds nothing to do.
func TestEachImageIsListedOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, twoRepositories, &source{tags: map[string][]string{
		"docker.io/library/nginx": {"1.25.3", "1.27.4"}, "ghcr.io/acme/api": {"2.0.0", "2.1.0"}}})
	fleet := s.repository("fleet", gittest.Files{
		"web/a.yaml": deployment("nginx:1.25.3"), "other/b.yaml": deployment("nginx:1.25.3"), "x/c.yaml": deployment("nginx:1.25.3")})
	s.repository("edge", gittest.Files{"web/a.yaml": deployment("nginx:1.25.3"), "api.yaml": deployment("ghcr.io/acme/api:2.0.0")})

	got := told(s.reconciler().Run(t.Context(), reconcile.Selection{}))
	want := []string{
		"web fleet web/a.yaml:8 1.25.3 -> 1.27.4",
		"other fleet other/b.yaml:8 1.25.3 -> 1.27.4",
		"web edge web/a.yaml:8 1.25.3 -> 1.27.4",
		"api edge api.yaml:8 2.0.0 -> 2.1.0",
		"commit fleet main Update nginx to 1.27.4 by web",
		"commit fleet main Update nginx to 1.27.4 by other",
		"commit edge main Update nginx to 1.27.4 by web",
		"commit edge main Update ghcr.io/acme/api to 2.1.0 by api",
		"held api not-found", "held unused not-found", "held other not-found", "held unused not-found",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"docker.io/library/nginx": 1, "ghcr.io/acme/api": 1}, s.source.asked); diff != "" {
		t.Errorf("lists asked for (-want +got):\n%s", diff)
	}
	if got := s.source.fresh["docker.io/library/nginx"]; got != 15*time.Minute {
		t.Errorf("nginx was asked for a list not older than %v, want 15m", got)
	}
	if text, err := fleet.File("main", "x/c.yaml"); err != nil || text != deployment("nginx:1.25.3") {
		t.Errorf("a file outside all paths is %q, %v", text, err)
	}
	again := s.reconciler().Run(t.Context(), reconcile.Selection{})
	if len(again.Changes)+len(again.Commits)+len(again.Errors) != 0 {
		t.Errorf("second pass: %q", told(again))
	}
}

// What fails stops its own policy or Git repository, and the rest is done.
func TestFailuresStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git:
  - {name: fleet, url: "GITURL/fleet.git", branch: main}
  - {name: gone, url: "GITURL/gone.git", branch: main}
  - {name: locked, url: "GITURL/fleet.git", branch: main}
policies:
  - {name: web, image: nginx, git: [fleet, gone, locked]}
  - {name: api, image: ghcr.io/acme/api, git: fleet}
`, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.27.4"}}})
	s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3"), "b.yaml": deployment("ghcr.io/acme/api:1.0.0")})

	report := s.reconciler().Run(t.Context(), reconcile.Selection{})
	if len(report.Commits) != 1 || report.Commits[0].Subject != "Update nginx to 1.27.4" {
		t.Errorf("commits: %+v", report.Commits)
	}
	var failed []string
	for _, p := range report.Errors {
		failed = append(failed, p.Git+" "+p.Policy)
	}
	if diff := cmp.Diff([]string{"fleet api", "gone web", "locked web"}, failed); diff != "" {
		t.Errorf("errors (-want +got):\n%s\n%v", diff, report.Errors)
	}
}

// Somebody else moves the reference between our look and our push: the plan is made again, and finds nothing to do.
func TestALostRaceIsDecidedAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
policies: [{name: web, image: nginx, git: fleet}]
`, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.27.4"}}})
	fleet := s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3")})
	s.server.Set(gittest.Faults{BeforeReceive: func() {
		s.server.Set(gittest.Faults{})
		if _, err := fleet.Commit("main", "By hand", gittest.Files{"a.yaml": deployment("nginx:1.27.4")}); err != nil {
			t.Error(err)
		}
	}})
	report := s.reconciler().Run(t.Context(), reconcile.Selection{})
	if lines := told(report); len(lines) != 0 {
		t.Errorf("report: %q, want nothing", lines)
	}
	log, err := fleet.Log("main")
	if err != nil || len(log) != 2 {
		t.Errorf("log: %v, %v, want two commits", log, err)
	}
}

// What somebody else pushes between our look and our push is reported as if it had been there from the start.
func TestALostRaceIsReportedAsItEnded(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
defaults: {git: fleet}
policies: [{name: web, image: nginx}, {name: cache, image: redis}]
`, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.27.4"}}})
	fleet := s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3")})
	s.server.Set(gittest.Faults{BeforeReceive: func() {
		s.server.Set(gittest.Faults{})
		_, err := fleet.Commit("main", "More", gittest.Files{
			"b.yaml": deployment("nginx:${TAG}"), "c.yaml": deployment("redis:7.0.0")})
		if err != nil {
			t.Error(err)
		}
	}})
	report := s.reconciler().Run(t.Context(), reconcile.Selection{})
	if len(report.Commits) != 1 {
		t.Errorf("commits: %+v, want one", report.Commits)
	}
	var failed []string
	for _, p := range report.Errors {
		text, _, _ := strings.Cut(p.Err.Error(), ": holds")
		failed = append(failed, p.Policy+" "+text)
	}
	want := []string{"cache docker.io/library/redis was not listed in this pass: the reference to it has come meanwhile", "web b.yaml:8"}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if len(report.Held) != 0 {
		t.Errorf("held: %+v, want nothing: the images are there now", report.Held)
	}
}

// plan writes nothing, and says what run would do.
func TestPlanWritesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
policies: [{name: web, image: nginx, git: fleet, write: {mode: branch}}]
`, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.27.4"}}})
	fleet := s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3")})
	report := s.reconciler().Plan(t.Context(), reconcile.Selection{})
	if diff := cmp.Diff([]string{"web fleet a.yaml:8 1.25.3 -> 1.27.4"}, told(report)); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if len(report.Files) != 1 || string(report.Files[0].New) != deployment("nginx:1.27.4") {
		t.Errorf("files: %+v", report.Files)
	}
	if _, pushes := s.server.Count(gittest.ReceivePack); pushes != 0 {
		t.Errorf("plan pushed %d times", pushes)
	}

	// run pushes to a branch of its own, once.
	for i, commits := range []int{1, 0} {
		if got := s.reconciler().Run(t.Context(), reconcile.Selection{}); len(got.Commits) != commits || len(got.Errors) > 0 {
			t.Errorf("run %d: %q, want %d commits", i, told(got), commits)
		}
	}
	if text, err := fleet.File("image-updater/web", "a.yaml"); err != nil || text != deployment("nginx:1.27.4") {
		t.Errorf("on the branch: %q, %v", text, err)
	}
	if text, err := fleet.File("main", "a.yaml"); err != nil || text != deployment("nginx:1.25.3") {
		t.Errorf("on main: %q, %v", text, err)
	}
}
