package main

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestCrash ends run and set --git at many points, by kill -9 and by SIGTERM: at every phase of the push, and at instants
// of the clock that differ from machine to machine, which is why nothing is expected of a single one of them. Wherever it
// was: the branch has all of the commits of the pass or none, another call makes those that lack and no other, the server
// has no broken object, the state can be read, and no temporary file is left.
//
// CRASH=200 makes so many kills, of every request in every phase among them: make crash.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, c := range []crashing{
		{name: "run", commits: len(crashApps), args: func(string) []string { return []string{"run", "--fresh"} }},
		{name: "set", commits: 1, args: func(tag string) []string {
			args := []string{"set", "--git", "fleet"}
			for _, app := range crashApps {
				args = append(args, "registry.test/team/"+app+":"+tag)
			}
			return args
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newCrashStage(t, c)
			random := rand.New(rand.NewPCG(1, 2))
			for _, p := range pointsOf(s.asks, random, crashCount(t)/2) {
				for tries := 1; !s.try(p) && p.at == (instant{}) && tries < 10; tries++ { // it ended before the clock struck
					p.part = random.Float64()
				}
			}
			s.settled()
			s.tell()
		})
	}
}

// crashCount is how many kills are to be made.
func crashCount(t *testing.T) int {
	text := os.Getenv("CRASH")
	if text == "" {
		return 12
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// crashApps are the images of the repository, a policy and a commit each.
var crashApps = []string{"api", "web", "worker"}

// crashing is a command that is ended again and again.
type crashing struct {
	name    string
	commits int // that one call makes
	args    func(tag string) []string
}

// crashStage is a repository, a registry and a state that live through all of the crashes.
type crashStage struct {
	crashing
	t          *testing.T
	registry   *registrytest.Registry
	repository *gittest.Repository
	trap       *trap
	dir        string // work, state and tmp are below it
	state      []string
	took       time.Duration
	asks       []string // by an undisturbed call
	made       int
	outcomes   map[string]*[3]int // by the words of a point: before the push, after it, and never struck
}

func newCrashStage(t *testing.T, c crashing) *crashStage {
	t.Helper()
	if err := gittest.Available(); err != nil {
		t.Skip("the git program is not there: ", err)
	}
	s := &crashStage{crashing: c, t: t, dir: t.TempDir(), registry: registrytest.New(registrytest.Options{}), outcomes: map[string]*[3]int{}}
	root := t.TempDir()
	files, policies := gittest.Files{"README.md": "Nothing here.\n"}, ""
	for _, app := range crashApps {
		files["apps/"+app+"/pod.yaml"] = crashPod(app, "1.0.0")
		policies += fmt.Sprintf("  - {name: %[1]s, image: registry.test/team/%[1]s, paths: ['apps/**']}\n", app)
	}
	var err error
	if s.repository, err = gittest.Create(filepath.Join(root, "fleet.git"), files); err != nil {
		t.Fatal(err)
	}
	both := http.NewServeMux()
	both.Handle("/v2/", s.registry)
	both.Handle("/", gittest.New(root))
	s.trap = &trap{next: both}
	server := httptest.NewServer(s.trap)
	t.Cleanup(server.Close)
	for _, folder := range []string{"state", "tmp"} {
		if err := os.Mkdir(filepath.Join(s.dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	text := fmt.Sprintf("apiVersion: image-updater/v1\nregistries:\n  - {host: registry.test, endpoint: '%[1]s', rate: {perSecond: 1000, burst: 1000}}\n"+
		"git: [{name: fleet, url: '%[1]s/fleet.git', branch: main}]\ndefaults: {git: fleet}\npolicies:\n%[2]s", server.URL, policies)
	if err := os.WriteFile(filepath.Join(s.dir, "policies.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.rehearse()
	return s
}

func crashPod(app, tag string) string {
	return "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: " + app + "\n      image: registry.test/team/" + app + ":" + tag + " # kept\n"
}

// rehearse makes two calls that nothing disturbs: the second tells how long one takes and what it asks.
func (s *crashStage) rehearse() {
	s.t.Helper()
	for range 2 {
		tag := s.release()
		s.trap.set(instant{}, nil)
		r := s.call(tag).wait()
		s.took, s.asks = r.took, s.trap.requests()
		if r.code != 0 {
			s.t.Fatalf("undisturbed: exit %d\n%s%s", r.code, r.stdout, r.stderr)
		}
	}
	s.state = s.left("state")
}

// release publishes a new tag of every image.
func (s *crashStage) release() string {
	s.made++
	tag := fmt.Sprintf("1.0.%d", s.made)
	for _, app := range crashApps {
		s.registry.Add("team/"+app, tag)
	}
	return tag
}

// try ends one call at a point, makes another, and looks at what is there. It reports whether the call was still running.
func (s *crashStage) try(p point) (struck bool) {
	s.t.Helper()
	before := s.tip()
	tag := s.release()
	process := s.call(tag, p)
	r := process.wait()
	asked := s.trap.requests()
	s.trap.set(instant{}, nil)
	fail := func(format string, args ...any) {
		s.t.Helper()
		s.t.Errorf("%s, part %.3f: %s\nit said\n%s%s", p.words(asked), p.part, fmt.Sprintf(format, args...), r.stdout, r.stderr)
	}
	landed := len(s.since(before))
	if landed != 0 && landed != s.commits {
		fail("%d commits, want none or all %d", landed, s.commits)
	}
	if claims := strings.Count(r.stdout, "fleet main "); (r.code == 0 || claims > 0) && landed == 0 {
		fail("exit %d with %d commits told, and none is there", r.code, claims)
	}
	if p.signal == syscall.SIGKILL && p.at.asked == "push" && (landed > 0) != (p.at.phase >= served) {
		fail("%d commits", landed)
	}
	struck = process.struck()
	s.count(p.words(asked), landed > 0, struck)
	if !struck {
		s.took = r.took // a busy machine is not always as busy
	}

	if again := s.call(tag).wait(); again.code != 0 || strings.Contains(again.stderr, "warning:") {
		fail("another call: exit %d\n%s%s", again.code, again.stdout, again.stderr)
	}
	if got := len(s.since(before)); got != s.commits {
		fail("%d commits after another call, want %d", got, s.commits)
	}
	for _, app := range crashApps {
		if got, err := s.repository.File(gittest.Branch, "apps/"+app+"/pod.yaml"); err != nil || got != crashPod(app, tag) {
			fail("%s: %v\n%s", app, err, got)
		}
	}
	if err := s.repository.Fsck(); err != nil {
		fail("%v", err)
	}
	if diff := cmp.Diff(s.state, s.left("state")); diff != "" {
		fail("files of the state (-undisturbed +now):\n%s", diff)
	}
	if left := s.left("tmp"); len(left) > 0 {
		fail("temporary files are left: %q", left)
	}
	return struck
}

// settled makes sure that in the end nothing is left to do.
func (s *crashStage) settled() {
	s.t.Helper()
	process := s.start([]string{"plan", "--fresh", "--exit-code"})
	if r := process.wait(); r.code != 0 {
		s.t.Errorf("plan at the end: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

func (s *crashStage) count(words string, landed, struck bool) {
	o := s.outcomes[words]
	if o == nil {
		o = new([3]int)
		s.outcomes[words] = o
	}
	switch {
	case !struck:
		o[2]++
	case landed:
		o[1]++
	default:
		o[0]++
	}
}

// tell prints what the crashes came to.
func (s *crashStage) tell() {
	var all [3]int
	for _, name := range slices.Sorted(maps.Keys(s.outcomes)) {
		o := s.outcomes[name]
		s.t.Logf("%-52s %3d before the push, %3d after it, %3d ended first", name, o[0], o[1], o[2])
		for i := range all {
			all[i] += o[i]
		}
	}
	s.t.Logf("%-52s %3d before the push, %3d after it, %3d ended first", s.name+", all", all[0], all[1], all[2])
}

func (s *crashStage) tip() string {
	s.t.Helper()
	tip, err := s.repository.Tip(gittest.Branch)
	if err != nil {
		s.t.Fatal(err)
	}
	return tip
}

func (s *crashStage) since(tip string) []gittest.Logged {
	s.t.Helper()
	log, err := s.repository.Log(tip + ".." + gittest.Branch)
	if err != nil {
		s.t.Fatal(err)
	}
	return slices.DeleteFunc(log, func(c gittest.Logged) bool { return c.ID == "" })
}

// left returns what lies below a folder.
func (s *crashStage) left(folder string) []string {
	s.t.Helper()
	var left []string
	root := filepath.Join(s.dir, folder)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if path != root {
			left = append(left, strings.TrimPrefix(path, root))
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return left
}

// call starts the command for a tag, to be ended at a point if there is one.
func (s *crashStage) call(tag string, at ...point) *process {
	s.t.Helper()
	return s.start(s.args(tag), at...)
}

func (s *crashStage) start(args []string, at ...point) *process {
	s.t.Helper()
	p := newProcess(s.t, s.dir, append(args, "--state-dir", filepath.Join(s.dir, "state")))
	for _, point := range at {
		strike := func() bool { return p.signal(point.signal) }
		if point.at != (instant{}) {
			s.trap.set(point.at, strike)
			continue
		}
		s.trap.set(instant{}, nil)
		p.alarm = time.AfterFunc(time.Duration(point.part*float64(s.took)), func() { strike() })
	}
	p.start()
	return p
}
