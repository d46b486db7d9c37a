package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestForecastAgrees holds the forecast to what passes over one simulated day then ask of a registry: within 5 %, in
// requests and in pulls, for the first pass and for the day after it. Every pass is a process of its own, tokens expire
// in between, and each repository gets one new tag.
func TestForecastAgrees(t *testing.T) {
	t.Parallel()
	if err := gittest.Available(); err != nil {
		t.Skip("the git program is not there: ", err)
	}
	tests := []struct {
		name         string
		policy       string // what it says beside name and image; %[1]d and %[2]s are number and image, for another policy
		hub          bool   // the registry is Docker Hub, with its tag API
		repositories int
		tags         int
		digest       bool // the new tag is an old one that moves
	}{
		{name: "versions", policy: `select: {semver: "*"}`, repositories: 110, tags: 5},
		{name: "versions of Docker Hub", policy: `select: {semver: "*"}`, hub: true, repositories: 24, tags: 20},
		{name: "versions and a digest of one image", policy: `paths: [pods.yaml]}
  - {name: stable-%[1]d, image: %[2]s, select: {digest: stable}, interval: 8h, paths: [stable.yaml]`, repositories: 24, tags: 20, digest: true},
		{name: "pinned", policy: `pin: true`, repositories: 24, tags: 20},
		{name: "digest", policy: `select: {digest: stable}`, repositories: 24, tags: 20, digest: true},
		{name: "digest of Docker Hub", policy: `select: {digest: stable}`, hub: true, repositories: 24, tags: 20, digest: true},
		{name: "digest for platforms", policy: `select: {digest: stable}, guard: {platforms: [linux/arm64]}`, repositories: 24, tags: 20, digest: true},
		{name: "age of a digest", policy: `select: {digest: stable}, guard: {platforms: [linux/arm64], minAge: 2h}`, repositories: 24, tags: 20, digest: true},
		{name: "age of a digest of Docker Hub", policy: `select: {digest: stable}, guard: {platforms: [linux/arm64], minAge: 2h}`, hub: true, repositories: 20, tags: 130, digest: true},
		{name: "age", policy: `guard: {minAge: 2h}`, repositories: 24, tags: 20},
		{name: "age on Docker Hub", policy: `guard: {minAge: 2h}`, hub: true, repositories: 20, tags: 130},
		{name: "platforms", policy: `guard: {platforms: [linux/arm64]}`, repositories: 24, tags: 20},
		{name: "platforms of Docker Hub", policy: `guard: {platforms: [linux/arm64]}, pin: true`, hub: true, repositories: 20, tags: 130},
		{name: "platforms after an age", policy: `guard: {platforms: [linux/arm64], minAge: 2h}`, repositories: 24, tags: 20},
		{name: "newest pushed", policy: `select: {newest: pushed}, tags: {match: '^1\.'}`, hub: true, repositories: 20, tags: 130},
		{name: "newest created", policy: `select: {newest: created}, tags: {match: '^1\.'}`, repositories: 5, tags: 30},
		{name: "newest created on Docker Hub", policy: `select: {newest: created}, tags: {match: '^1\.'}`, hub: true, repositories: 12, tags: 120},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newForecastWorld(t, test.policy, test.hub, test.repositories, test.tags, test.digest)
			before := w.forecast()
			first := w.pass()
			if test.tags <= usualTags && !strings.Contains(test.policy, "created") { // which cost more or less by the number of tags
				agree(t, "requests of the first pass, before anything is known,", before.FirstPass.Requests, first.Total())
				agree(t, "pulls of the first pass, before anything is known,", before.FirstPass.Pulls, first.Get)
			}
			foretold := w.forecast()
			agree(t, "requests of the first pass", foretold.FirstPass.Requests, first.Total())
			agree(t, "pulls of the first pass", foretold.FirstPass.Pulls, first.Get)

			// A pass before the day begins finds what the first pass of the day will write, as the last one does.
			const passes = 6
			for pass := -1; pass < passes; pass++ {
				w.advance(24 * time.Hour / passes)
				for i := (pass + passes) % passes; i < test.repositories; i += passes {
					w.publish(i, test.digest)
				}
				w.run()
				if pass < 0 {
					w.registry.Reset()
				}
			}
			day := w.registry.Counts()
			t.Logf("first pass: %+v; a day: %+v", first, day)
			agree(t, "requests of a day", foretold.RequestsPerDay, day.Total())
			agree(t, "pulls of a day", foretold.PullsPerDay, day.Get)
		})
	}
}

func agree(t *testing.T, what string, foretold, made int) {
	t.Helper()
	if math.Abs(float64(foretold-made)) > 0.05*float64(made) {
		t.Errorf("%s: %d were foretold, %d made", what, foretold, made)
	}
}

// forecastWorld is a registry, a Git repository that names all images of it, and the program.
type forecastWorld struct {
	t        *testing.T
	registry *registrytest.Registry
	dir      string
	tags     int
	builds   int

	mu  sync.Mutex
	now time.Time
}

func newForecastWorld(t *testing.T, policy string, hub bool, repositories, tags int, digest bool) *forecastWorld {
	t.Helper()
	w := &forecastWorld{t: t, dir: t.TempDir(), tags: tags, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	options := registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer}, Now: w.clock}
	if hub {
		options.API.Hub = &registrytest.HubAPI{}
	}
	w.registry = registrytest.New(options)
	if hub {
		w.registry.Meter(registrytest.Metering{Limit: 100_000})
	}
	server := w.registry.Serve(t)
	host, settings := server.Host, ""
	if hub {
		host = "docker.io"
		settings = fmt.Sprintf("registries:\n  - {host: docker.io, endpoint: %[1]q, hubEndpoint: %[1]q, rate: {perSecond: 1000}}\n", server.URL)
	}
	var policies, pods, stable strings.Builder
	for i := range repositories {
		for tag := range tags {
			w.registry.Push(appPath(i), fmt.Sprintf("1.%d.0", tag), w.image(w.now.Add(time.Duration(tag-tags-2)*time.Hour)))
		}
		name := host + "/" + appPath(i)
		if digest {
			w.registry.Push(appPath(i), "stable", w.image(w.now.Add(-time.Hour)))
			writePod(&stable, i, name+":stable")
		}
		if strings.Contains(policy, "%") {
			fmt.Fprintf(&policies, "  - {name: app-%[1]d, image: %[2]s, "+policy+"}\n", i, name)
		} else {
			fmt.Fprintf(&policies, "  - {name: app-%d, image: %s, %s}\n", i, name, policy)
		}
		writePod(&pods, i, fmt.Sprintf("%s:1.%d.0", name, tags-2))
	}
	files := gittest.Files{"pods.yaml": pods.String(), "stable.yaml": stable.String()}
	if digest && !strings.Contains(policy, "pods.yaml") {
		delete(files, "pods.yaml")
	}
	if _, err := gittest.Create(filepath.Join(w.dir, "fleet.git"), files); err != nil {
		t.Fatal(err)
	}
	file := "apiVersion: image-updater/v1\n" + settings + "git:\n  - {name: fleet, url: fleet.git, branch: main}\n" +
		"defaults: {git: fleet, interval: 4h, write: {group: git}}\npolicies:\n" + policies.String()
	if err := os.WriteFile(filepath.Join(w.dir, "policies.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

func writePod(to *strings.Builder, i int, image string) {
	fmt.Fprintf(to, "---\napiVersion: v1\nkind: Pod\nmetadata: {name: app-%d}\nspec: {containers: [{name: app, image: %q}]}\n", i, image)
}

func appPath(i int) string { return fmt.Sprintf("acme/app-%03d", i) }

func (w *forecastWorld) image(pushed time.Time) registrytest.Image {
	return registrytest.Image{Platforms: []string{"linux/amd64", "linux/arm64"}, Pushed: pushed, Created: pushed.Add(-time.Minute)}
}

func (w *forecastWorld) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *forecastWorld) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// publish pushes a newer tag of a repository, and moves the one that is followed.
func (w *forecastWorld) publish(i int, digest bool) {
	w.builds++
	pushed := w.image(w.clock())
	pushed.Build = w.builds
	w.registry.Push(appPath(i), fmt.Sprintf("1.%d.0", w.tags+w.builds), pushed)
	if digest {
		w.registry.Push(appPath(i), "stable", pushed)
	}
}

// pass runs one pass and returns what it asked.
func (w *forecastWorld) pass() registrytest.Counts {
	w.registry.Reset()
	w.run()
	return w.registry.Counts()
}

func (w *forecastWorld) run() { w.program("run") }

func (w *forecastWorld) forecast() forecastRowJSON {
	w.t.Helper()
	var answer forecastJSON
	if err := json.Unmarshal(w.program("forecast", "-o", "json", "--offline"), &answer); err != nil || len(answer.Registries) != 1 {
		w.t.Fatalf("forecast: %+v, %v", answer, err)
	}
	return answer.Registries[0]
}

// program runs a command as a process of its own would, with nothing left but the state folder.
func (w *forecastWorld) program(args ...string) []byte {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	environment := map[string]string{"HOME": w.dir, "PATH": os.Getenv("PATH"), "DOCKER_CONFIG": w.dir}
	program := &app{
		stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, now: w.clock,
		env: func(name string) (string, bool) { value, set := environment[name]; return value, set },
	}
	args = append(args, "-f", filepath.Join(w.dir, "policies.yaml"), "--state-dir", filepath.Join(w.dir, "state"))
	if code := run(w.t.Context(), program, args); code != exitDone {
		w.t.Fatalf("%s: exit code %d\n%s%s", args[0], code, &stdout, &stderr)
	}
	return stdout.Bytes()
}
