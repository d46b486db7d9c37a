package integration

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/gittest"
)

// passPolicies is a policy file with one policy per kind, against a registry and a Git server that know their accounts.
const passPolicies = `apiVersion: image-updater/v1
registries:
  - host: registry.test
    endpoint: %s
    caFile: %s
    auth: {usernameEnv: REGISTRY_USER, passwordEnv: REGISTRY_PASSWORD}
    rate: {perSecond: 1000, burst: 1000}
git:
  - name: fleet
    url: %s
    branch: main
    auth: {username: robot, tokenEnv: GIT_TOKEN}
defaults: {git: fleet}
policies:
  - name: web
    image: registry.test/team/web
    select: {semver: ">=1.25 <2"}
  - name: vehicles
    image: registry.test/team/vehicles
    tags: {match: '^release-(?P<build>\d+)-[0-9a-f]{8}$', extract: '$build'}
    select: {numeric: ascending}
`

// place is everything the binary needs for a pass: a registry, a fleet, and a folder with the policy file.
type place struct {
	workplace
	fleet
	registry *distribution
}

func newPlace(t *testing.T) place {
	t.Helper()
	registry := newDistribution(t)
	registry.fill(t, "team/web", []string{"1.25.3", "1.26.0", "1.27.4", "1.28.0-rc.1", "1.27.4-alpine", "2.0.0", "latest"})
	registry.fill(t, "team/vehicles", []string{"release-999-0a1b2c3d", "release-1000-344b590f", "release-1001-deadbeef", "main"})
	registry.take()
	fleet := newFleet(t, gittest.Files{
		"apps/web.yaml":      deployment("registry.test/team/web:1.25.3"),
		"apps/vehicles.yaml": deployment("registry.test/team/vehicles:release-999-0a1b2c3d"),
		"apps/other.yaml":    deployment("registry.test/team/other:1.0.0"),
	})
	authority := write(t, "authority.pem", mustLoopback(t).pem.authority)
	return place{
		registry: registry, fleet: fleet,
		workplace: newWorkplace(t, fmt.Sprintf(passPolicies, registry.url, authority, fleet.url),
			"REGISTRY_USER="+username, "REGISTRY_PASSWORD="+password, "GIT_TOKEN="+gitPassword,
			"SSL_CERT_FILE="+authority), // the Git server's, whose authority is the system's
	}
}

// TestPass is the main job on servers of others: what is planned is what is written, and then nothing is left to do.
func TestPass(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.ok(t, "check")
	if got := p.registry.take(); len(got) != 0 {
		t.Errorf("check asked the registry: %s", show(got))
	}
	if r := p.run(t, "plan", "--exit-code"); r.code != 3 {
		t.Fatalf("plan --exit-code: exit %d, want 3 for there are changes\n%s%s", r.code, r.stdout, r.stderr)
	}
	// The first list is answered by the challenge.
	if diff := cmp.Diff(map[string]int{token: 1, list: 3}, p.registry.take()); diff != "" {
		t.Errorf("requests of the first pass (-want +got):\n%s", diff)
	}
	p.ok(t, "run")
	if got := p.registry.take(); len(got) != 0 {
		t.Errorf("a pass within the interval asked the registry: %s", show(got))
	}
	want := map[string]string{
		"apps/web.yaml":      deployment("registry.test/team/web:1.27.4"),
		"apps/vehicles.yaml": deployment("registry.test/team/vehicles:release-1001-deadbeef"),
		"apps/other.yaml":    deployment("registry.test/team/other:1.0.0"),
	}
	for path, text := range want {
		if diff := cmp.Diff(text, file(t, p.Repository, path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	before := p.log(t)
	p.ok(t, "run", "--fresh")
	if got := p.registry.take(); got[list] != 2 || got[ping] != 0 || got[pull]+got[head] != 0 {
		t.Errorf("requests of another process: got %s, want 2 list, no ping and no manifest", show(got))
	}
	if r := p.run(t, "plan", "--exit-code"); r.code != 0 {
		t.Errorf("plan --exit-code after a pass: exit %d, want 0\n%s%s", r.code, r.stdout, r.stderr)
	}
	if diff := cmp.Diff(before, p.log(t)); diff != "" {
		t.Errorf("a pass with nothing to do has committed (-before +after):\n%s", diff)
	}
	if err := p.Fsck(); err != nil {
		t.Error(err)
	}
}

func (f fleet) log(t *testing.T) []gittest.Logged {
	t.Helper()
	log, err := f.Log(gittest.Branch)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// The commits of a pass carry what the history is read from.
func TestPassCommits(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.ok(t, "run")
	var messages []string
	for _, commit := range p.log(t) {
		messages = append(messages, commit.Message)
	}
	all := strings.Join(messages, "\n")
	for _, want := range []string{
		"Update registry.test/team/web to 1.27.4\n",
		"Image-Updater-Policy: web\n",
		"Image-Updater-Change: apps/web.yaml registry.test/team/web 1.25.3 -> 1.27.4\n",
		"Image-Updater-Change: apps/vehicles.yaml registry.test/team/vehicles release-999-0a1b2c3d -> release-1001-deadbeef\n",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no commit says %q:\n%s", want, all)
		}
	}
	if len(messages) != 3 {
		t.Errorf("got %d commits, want the first one and one for each policy", len(messages))
	}
}

// plan -o json tells what a script needs, and counts every request.
func TestPlanJSON(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	var got struct {
		Changes  []struct{ Policy, Git, File, Image, From, To string }
		Errors   []struct{ Policy, Error string }
		Requests []struct {
			Registry        string
			Requests, Pulls int
		}
	}
	p.registry.take()
	if err := json.Unmarshal([]byte(p.ok(t, "plan", "-o", "json").stdout), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Changes) != 2 || len(got.Errors) != 0 || len(got.Requests) != 1 {
		t.Fatalf("got %+v, want two changes, no errors and one registry", got)
	}
	total := 0
	for _, count := range p.registry.take() {
		total += count
	}
	if r := got.Requests[0]; r.Registry != registryHost || r.Requests != total || r.Pulls != 0 {
		t.Errorf("got %+v, want %s with %d requests and no pull", r, registryHost, total)
	}
}

// tags lists what is there, through the same client.
func TestTagsCommand(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.ok(t, "tags", "registry.test/team/web")
	for _, tag := range []string{"1.25.3", "1.28.0-rc.1", "1.27.4-alpine", "latest"} {
		if !strings.Contains(r.stdout, tag) {
			t.Errorf("%s is not listed:\n%s", tag, r.stdout)
		}
	}
	if strings.Contains(r.stdout+r.stderr, password) {
		t.Error("the password is shown")
	}
}

// A registry that refuses one account, or a Git server that refuses the other, is an error that tells no secret and
// leaves the branch alone.
func TestPassRefused(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"REGISTRY_PASSWORD", "GIT_TOKEN"} {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			const secret = "hunter2-and-more"
			p := newPlace(t)
			p.env = append(p.env, variable+"="+secret)
			before := p.log(t)
			r := p.run(t, "run", "--log-level", "debug")
			if r.code != 1 {
				t.Errorf("exit %d, want 1\n%s%s", r.code, r.stdout, r.stderr)
			}
			if strings.Contains(r.stdout+r.stderr, secret) {
				t.Errorf("the secret is shown:\n%s%s", r.stdout, r.stderr)
			}
			if diff := cmp.Diff(before, p.log(t)); diff != "" {
				t.Errorf("the branch has moved (-before +after):\n%s", diff)
			}
		})
	}
}
