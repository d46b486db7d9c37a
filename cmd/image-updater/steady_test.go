package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// fleet is a Git repository that refers to many images of one registry, and a clock that is moved by hand.
type fleet struct {
	t        *testing.T
	registry *registrytest.Registry
	policies string
	state    string
	clock    atomic.Int64
}

// newFleet fills a metered registry that wants tokens with repositories that have the given number of releases and a tag
// stable, and refers to one tag of each. What all policies have beside name and image is in policy. With hub the registry
// has Docker Hub's tag API.
func newFleet(t *testing.T, hub bool, repositories, releases int, tag, policy string) *fleet {
	t.Helper()
	if err := gittest.Available(); err != nil {
		t.Skip("the git program is not there: ", err)
	}
	f := &fleet{t: t, state: t.TempDir()}
	f.clock.Store(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC).UnixNano())
	f.registry = registrytest.New(registrytest.Options{
		Auth: registrytest.Auth{Scheme: registrytest.Bearer}, API: registrytest.API{Hub: &registrytest.HubAPI{}}, Now: f.now})
	f.registry.Meter(registrytest.Metering{Limit: 100})
	host := f.registry.Serve(t).Host
	var pod strings.Builder
	pod.WriteString("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n")
	var policies strings.Builder
	for i := range repositories {
		name := fmt.Sprintf("acme/service-%d", i)
		var names []string
		for n := range releases {
			names = append(names, fmt.Sprintf("1.%d.0", n))
		}
		f.registry.Add(name, names...)
		for n, release := range names[max(0, releases-9):] {
			f.registry.Push(name, release, registrytest.Image{Pushed: f.now().Add(time.Duration(n-200) * time.Hour)})
		}
		f.registry.Push(name, "stable", registrytest.Image{Pushed: f.now().AddDate(-1, 0, 0)})
		fmt.Fprintf(&pod, "    - {name: c%d, image: %s:%s}\n", i, name, tag)
		fmt.Fprintf(&policies, "  - {name: p%d, image: %s, %s}\n", i, name, policy)
	}
	root := t.TempDir()
	if _, err := gittest.Create(filepath.Join(root, "fleet.git"), gittest.Files{"pod.yaml": pod.String()}); err != nil {
		t.Fatal(err)
	}
	git := httptest.NewServer(gittest.New(root))
	t.Cleanup(git.Close)
	f.policies = filepath.Join(t.TempDir(), "policies.yaml")
	api := ""
	if hub {
		api = ", hubEndpoint: 'http://" + host + "'"
	}
	text := fmt.Sprintf("apiVersion: image-updater/v1\nregistries:\n  - {host: docker.io, endpoint: 'http://%s'%s, rate: {perSecond: 1000, burst: 1000}}\n"+
		"git: [{name: fleet, url: '%s/fleet.git', branch: main}]\ndefaults: {git: fleet}\npolicies:\n%s", host, api, git.URL, policies.String())
	if err := os.WriteFile(f.policies, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fleet) now() time.Time { return time.Unix(0, f.clock.Load()).UTC() }

func (f *fleet) later(d time.Duration) { f.clock.Add(int64(d)) }

// pass is what a run reports.
type pass struct {
	Changes []struct{ From, To, ToDigest string }
	Held    []struct {
		Rule  string
		Until time.Time
	}
	Requests []struct{ Requests, Pulls int }
}

// run makes a pass in a process of its own, as far as its state goes, and returns what it did and what it asked.
func (f *fleet) run() (pass, registrytest.Counts) {
	f.t.Helper()
	f.registry.Reset()
	var stdout, stderr bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, env: func(string) (string, bool) { return "", false }, now: f.now}
	if code := run(f.t.Context(), a, []string{"run", "-f", f.policies, "--state-dir", f.state, "-o", "json"}); code != exitDone {
		f.t.Fatalf("exit code %d\n%s", code, &stderr)
	}
	var did pass
	if err := json.Unmarshal(stdout.Bytes(), &did); err != nil {
		f.t.Fatal(err)
	}
	return did, f.registry.Counts()
}

// What a scan costs when nothing has changed, with the tokens of the last pass expired: one request for each repository,
// and no pull.
func TestSteadyState(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                   string
		hub                    bool
		repositories, releases int // the tag API may be asked ten times at once
		tag, policy            string
		of                     func(registrytest.Counts) int
	}{
		{"semver", false, 100, 500, "1.499.0", `select: {semver: "*"}`, func(c registrytest.Counts) int { return c.List }},
		{"digest", false, 100, 500, "stable", "select: {digest: stable}", func(c registrytest.Counts) int { return c.Head }},
		{"newest", true, 9, 9, "1.8.0", "select: {newest: pushed}, tags: {match: ^1}", func(c registrytest.Counts) int { return c.Tell }},
		{"guards", true, 9, 9, "1.8.0", "guard: {platforms: [linux/amd64], minAge: 3d}, pin: true", func(c registrytest.Counts) int { return c.Tell }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			const passes = 10
			f := newFleet(t, test.hub, test.repositories, test.releases, test.tag, test.policy)
			f.run()
			total, asked := 0, 0
			for range passes {
				f.later(20 * time.Minute)
				did, counts := f.run()
				if len(did.Changes) > 0 || counts.Get > 0 {
					t.Fatalf("%d changes, %+v", len(did.Changes), counts)
				}
				total, asked = total+counts.Total(), asked+test.of(counts)
			}
			perPass := float64(total) / float64(passes*test.repositories)
			if asked != passes*test.repositories || perPass > 1.05 || f.registry.Pulls(registrytest.Address) != 0 {
				t.Errorf("%.3f requests for each repository in each pass, %d of %d of the right kind, %d pulls",
					perPass, asked, total, f.registry.Pulls(registrytest.Address))
			}
		})
	}
}

// Without push times the age of a tag runs from the first look at it, and begins anew when the tag was pushed again
// while it waited. What waits costs nothing.
func TestAgeRuns(t *testing.T) {
	t.Parallel()
	f := newFleet(t, false, 1, 2, "1.0.0", "guard: {minAge: 3d}")
	waits := func(until time.Time, heads int) {
		t.Helper()
		did, counts := f.run()
		if len(did.Changes) != 0 || len(did.Held) != 1 || did.Held[0].Rule != "min-age" || !did.Held[0].Until.Equal(until) || counts.Head != heads {
			t.Errorf("at %v: %+v, %+v, want a wait until %v after %d HEADs", f.now(), did, counts, until, heads)
		}
	}
	const days = 24 * time.Hour
	start := f.now()
	waits(start.Add(3*days), 1)
	f.later(2 * days)
	waits(start.Add(3*days), 0)
	f.registry.Push("acme/service-0", "1.1.0", registrytest.Image{Build: 2})
	f.later(1 * days)
	waits(start.Add(6*days), 1)
	f.later(3*days - time.Second)
	waits(start.Add(6*days), 0)
	f.later(time.Second)
	did, counts := f.run()
	if len(did.Changes) != 1 || did.Changes[0].To != "1.1.0" || counts.Head+counts.Get > 1 {
		t.Errorf("%+v, %+v, want 1.1.0 after at most one HEAD", did, counts)
	}
}
