package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestCrashPulls ends run at many points of the lives of pull requests, as TestCrash does: at every phase of the requests
// to Git and to the forge, and by the clock. Wherever it was, another run makes it good: there is one open pull request,
// or none where none is wanted, its branch has one commit with what is wanted and its text tells so, nothing was said
// twice, and a run behind that has nothing to do.
func TestCrashPulls(t *testing.T) {
	t.Parallel()
	s := newPullStage(t)
	random := rand.New(rand.NewPCG(5, 6))
	points := map[string][]point{}
	for _, e := range pullEvents { // nothing disturbs the first round, which tells what is asked
		s.live(e, point{})
		count := crashCount(t) / len(pullEvents)
		all := pointsOf(s.asks, random, max(count, 2*len(s.asks)))
		if few := 5; count < few { // a sample of them
			all = all[:min(len(all), count+1)]
		}
		points[e.name] = all
	}
	for left := true; left; {
		left = false
		for _, e := range pullEvents {
			var p point
			if of := points[e.name]; len(of) > 0 {
				p, points[e.name], left = of[0], of[1:], true
			}
			s.live(e, p)
		}
	}
	s.tell()
}

// pullEvent is something that happens to a group, and which asks for something of the next run.
type pullEvent struct {
	name    string
	happens func(s *pullStage) error
	open    bool // there is an open pull request afterwards
	fresh   bool // and it is a new one
}

// pullEvents are a life that begins and ends with a pull request that is open.
var pullEvents = []pullEvent{
	{name: "first", open: true, fresh: true, happens: func(s *pullStage) error { s.release(); return nil }},
	{name: "newer", open: true, happens: func(s *pullStage) error { s.release(); return nil }},
	{name: "conflict", open: true, happens: func(s *pullStage) error {
		s.note += "# moved\n"
		return s.base(s.stands)
	}},
	{name: "closed, then newer", open: true, fresh: true, happens: func(s *pullStage) error {
		s.release()
		return s.forge.Close(s.number())
	}},
	{name: "edited, then rebuilt", open: true, happens: func(s *pullStage) error {
		if _, err := s.forge.Repository.Commit(pullHead, "Mine", gittest.Files{"README.md": "mine"}); err != nil {
			return err
		}
		return s.forge.AddLabel(s.number(), proposal.LabelRebuild)
	}},
	{name: "merged", happens: func(s *pullStage) error {
		s.stands = s.tag
		return s.forge.Merge(s.number())
	}},
	{name: "first again", open: true, fresh: true, happens: func(s *pullStage) error { s.release(); return nil }},
	{name: "by hand", happens: func(s *pullStage) error { return s.base(s.tag) }},
}

const pullHead = "image-updater/all"

// pullStage is a forge, a registry and a state that live through all of the crashes.
type pullStage struct {
	t        *testing.T
	forge    *forgetest.Server
	registry *registrytest.Registry
	trap     *trap
	dir      string
	took     time.Duration
	asks     []string // by the last run that nothing disturbed
	made     int
	tag      string // that is wanted
	stands   string // on the base
	note     string // at the end of each file
	pulls    int    // that there are to be
	counts   map[string]*[2]int
}

func newPullStage(t *testing.T) *pullStage {
	t.Helper()
	if err := gittest.Available(); err != nil {
		t.Skip("the git program is not there: ", err)
	}
	s := &pullStage{t: t, dir: t.TempDir(), registry: registrytest.New(registrytest.Options{}), stands: "1.0.0", counts: map[string]*[2]int{}}
	var err error
	if s.forge, err = forgetest.New(t.TempDir(), forgetest.Gitea, s.files("1.0.0")); err != nil {
		t.Fatal(err)
	}
	both := http.NewServeMux()
	both.Handle("/v2/", s.registry)
	both.Handle("/", s.forge)
	s.trap = &trap{next: both}
	server := httptest.NewServer(s.trap)
	t.Cleanup(server.Close)
	var policies strings.Builder
	for _, app := range crashApps {
		fmt.Fprintf(&policies, "  - {name: %[1]s, image: registry.test/team/%[1]s}\n", app)
	}
	token := filepath.Join(s.dir, "token")
	text := fmt.Sprintf(`apiVersion: image-updater/v1
registries: [{host: registry.test, endpoint: '%[1]s', rate: {perSecond: 1000, burst: 1000}}]
git:
  - name: fleet
    url: '%[1]s%[2]s'
    branch: main
    auth: {tokenFile: '%[3]s'}
    forge: {kind: gitea}
    write: {mode: pull-request, group: all, labels: [images]}
defaults: {git: fleet}
policies:
%[4]s`, server.URL, s.forge.Path(), token, policies.String())
	for name, text := range map[string]string{"policies.yaml": text, "token": forgetest.Token} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(s.dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *pullStage) files(tag string) gittest.Files {
	files := gittest.Files{}
	for _, app := range crashApps {
		files["apps/"+app+"/pod.yaml"] = crashPod(app, tag) + s.note
	}
	return files
}

// base is a commit of a person on the base.
func (s *pullStage) base(tag string) error {
	s.stands = tag
	_, err := s.forge.Repository.Commit(gittest.Branch, "By hand", s.files(tag))
	return err
}

func (s *pullStage) release() {
	s.made++
	s.tag = fmt.Sprintf("1.0.%d", s.made)
	for _, app := range crashApps {
		s.registry.Add("team/"+app, s.tag)
	}
}

// number is that of the open pull request, 0 if there is none.
func (s *pullStage) number() int {
	for _, p := range s.all() {
		if p.State == "open" {
			return p.Number
		}
	}
	return 0
}

func (s *pullStage) all() []forgetest.Pull {
	s.t.Helper()
	all, err := s.forge.Pulls()
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// live has something happen, ends a run at a point if there is one, and looks at what another run makes of it.
func (s *pullStage) live(e pullEvent, at point) {
	s.t.Helper()
	if err := e.happens(s); err != nil {
		s.t.Fatalf("%s: %v", e.name, err)
	}
	if e.fresh {
		s.pulls++
	}
	words := e.name
	var ended ending
	if at.signal != 0 {
		process := s.run(at)
		ended = process.wait()
		asked := s.trap.requests()
		words += ": " + at.words(asked)
		s.count(words, process.struck())
	}
	again := s.run(point{})
	r := again.wait()
	if s.asks = s.trap.requests(); at.signal == 0 {
		s.took = r.took
	}
	fail := func(format string, args ...any) {
		s.t.Helper()
		s.t.Errorf("%s, part %.3f: %s\nit said\n%s%s\nand then\n%s%s", words, at.part, fmt.Sprintf(format, args...), ended.stdout, ended.stderr, r.stdout, r.stderr)
	}
	if r.code != 0 || strings.Contains(r.stderr, "warning:") {
		fail("another run: exit %d", r.code)
	}
	s.check(e, fail)

	s.forge.Forget()
	last := s.run(point{}).wait()
	if writes := len(s.forge.Requests()) - s.forge.Count(http.MethodGet); last.code != 0 || writes > 0 || strings.Contains(last.stdout, " commits,") && !strings.Contains(last.stdout, "0 commits,") {
		fail("a run behind that: exit %d, %d writes\n%s%s", last.code, writes, last.stdout, last.stderr)
	}
	if left, err := os.ReadDir(filepath.Join(s.dir, "tmp")); err != nil || len(left) > 0 {
		fail("temporary files are left: %v, %v", left, err)
	}
}

// check looks at the forge and at the branch.
func (s *pullStage) check(e pullEvent, fail func(string, ...any)) {
	s.t.Helper()
	all := s.all()
	var open []forgetest.Pull
	for _, p := range all {
		if p.State == "open" {
			open = append(open, p)
		}
		var said []string
		for _, c := range p.Comments {
			if slices.Contains(said, c.Body) {
				fail("said twice at #%d: %s", p.Number, c.Body)
			}
			said = append(said, c.Body)
		}
	}
	if len(all) != s.pulls {
		fail("%d pull requests, want %d", len(all), s.pulls)
	}
	tip, _ := s.forge.Repository.Tip(pullHead) // none is ""
	if !e.open {
		if len(open) > 0 || tip != "" {
			fail("%d pull requests are open, and the branch is at %q", len(open), tip)
		}
		return
	}
	if len(open) != 1 {
		fail("%d pull requests are open", len(open))
		return
	}
	if state, known := proposal.Parse(open[0].Body, "all"); !known || state.Tip != tip || open[0].Tip != tip {
		fail("#%d tells of %q, and the branch is at %q", open[0].Number, state.Tip, tip)
	}
	if !slices.Equal(open[0].Labels, []string{"images"}) {
		fail("#%d has the labels %q", open[0].Number, open[0].Labels)
	}
	log, err := s.forge.Repository.Log(gittest.Branch + ".." + pullHead)
	if err != nil || len(log) != 1 || !strings.Contains(log[0].Message, "-> "+s.tag+"\n") {
		fail("on the branch is %v, %v", log, err)
	}
	for path, want := range s.files(s.tag) {
		got, err := s.forge.Repository.File(pullHead, path)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			fail("%s: %v\n%s", path, err, diff)
		}
	}
	if err := s.forge.Repository.Fsck(); err != nil {
		fail("%v", err)
	}
}

// run starts a run, to be ended at a point if there is one. It looks pull requests up as if an hour was over.
func (s *pullStage) run(at point) *process {
	s.t.Helper()
	p := newProcess(s.t, s.dir, []string{"run", "--fresh", "--state-dir", filepath.Join(s.dir, "state")})
	strike := func() bool { return p.signal(at.signal) }
	switch {
	case at.signal == 0:
		s.trap.set(instant{}, nil)
	case at.at != instant{}:
		s.trap.set(at.at, strike)
	default:
		s.trap.set(instant{}, nil)
		p.alarm = time.AfterFunc(time.Duration(at.part*float64(s.took)), func() { strike() })
	}
	p.start()
	return p
}

func (s *pullStage) count(words string, struck bool) {
	c := s.counts[words]
	if c == nil {
		c = new([2]int)
		s.counts[words] = c
	}
	if struck {
		c[0]++
	} else {
		c[1]++
	}
}

// tell prints what the crashes came to.
func (s *pullStage) tell() {
	var all [2]int
	names := make([]string, 0, len(s.counts))
	for name := range s.counts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s.t.Logf("%-80s %3d ended, %3d over before", name, s.counts[name][0], s.counts[name][1])
		all[0] += s.counts[name][0]
		all[1] += s.counts[name][1]
	}
	s.t.Logf("%-80s %3d ended, %3d over before", "pull requests, all", all[0], all[1])
}
