package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/policy"
)

// ruled renders what was decided about each reference.
func ruled(r reconcile.Report) []string {
	var lines []string
	for _, ref := range r.References {
		line := fmt.Sprintf("%s %s %s:%d %s -> %s", ref.Policy, ref.Git, ref.Site.Path, ref.Site.Line, ref.Site.Tag, ref.To)
		switch {
		case ref.Err != nil:
			line += " error: " + ref.Err.Error()
		case ref.Changed:
			line += " changed"
		case ref.Held.Rule != "":
			line += " " + string(ref.Held.Rule)
		}
		lines = append(lines, line)
	}
	return lines
}

// A report tells what was decided about each reference, and of each Git repository where it stands and what it refers to.
func TestReportTellsEachReference(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
defaults: {git: fleet}
policies:
  - {name: web, image: nginx}
  - {name: api, image: ghcr.io/acme/api, select: {semver: "<3"}}
  - {name: paused, image: redis, suspend: true}
  - {name: lost, image: ghcr.io/acme/lost}
`, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.25.3", "1.27.4"}, "ghcr.io/acme/api": {"2.1.0", "3.0.0"},
		"docker.io/library/redis": {"7.0.0", "7.1.0"}}})
	fleet := s.repository("fleet", gittest.Files{
		"a.yaml": deployment("nginx:1.25.3"), "b.yaml": deployment("nginx:1.27.4"), "c.yaml": deployment("nginx:latest"),
		"d.yaml": deployment("ghcr.io/acme/api:2.1.0"), "e.yaml": deployment("redis:7.0.0"), "f.yaml": deployment("ghcr.io/acme/lost:1.0.0"),
		"g.yaml": deployment("nginx:1.25.3@sha256:12"),
	})
	report := s.reconciler().Run(t.Context(), reconcile.Selection{})
	want := []string{
		"web fleet g.yaml:8  ->  error: g.yaml:8: ",
		"web fleet a.yaml:8 1.25.3 -> 1.27.4 changed",
		"web fleet b.yaml:8 1.27.4 -> 1.27.4",
		"web fleet c.yaml:8 latest -> latest not-a-version",
		"api fleet d.yaml:8 2.1.0 -> 2.1.0 range",
		"paused fleet e.yaml:8 7.0.0 -> 7.1.0 suspend",
		"lost fleet f.yaml:8 1.0.0 -> 1.0.0 error: listing tags of ghcr.io/acme/lost: cut off",
	}
	got := ruled(report)
	if len(got) > 0 {
		got[0] = got[0][:min(len(got[0]), len(want[0]))] // why it is refused is package edit's
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	tip, err := fleet.Tip(gittest.Branch)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Trees) != 1 {
		t.Fatalf("trees: %+v", report.Trees)
	}
	tree := report.Trees[0]
	if tree.Git != "fleet" || tree.Branch != "main" || tree.Tip != tip || len(tree.Images) != 4 || len(tree.Policies) != 4 || tree.Err != nil {
		t.Errorf("tree: %+v, and the tip is %s", tree, tip)
	}
	if got, err := s.reconciler().Tip(t.Context(), "fleet"); got != tip || err != nil {
		t.Errorf("Tip = %q, %v; want %q", got, err, tip)
	}
}

// unlisted is a source of which some repositories were never listed.
type unlisted struct {
	*source
	never []image.Repository
}

func (u unlisted) Candidates(ctx context.Context, r image.Repository, want image.Facts, fresh time.Duration) ([]policy.Candidate, bool, error) {
	if slices.Contains(u.never, r) {
		return nil, false, reconcile.ErrUnlisted
	}
	return u.source.Candidates(ctx, r, want, fresh)
}

// What was never listed is no failure, and nothing is decided about it.
func TestUnlistedIsNoFailure(t *testing.T) {
	t.Parallel()
	s := newScene(t, twoRepositories, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.25.3", "1.27.4"}}})
	s.repository("fleet", gittest.Files{"api.yaml": deployment("ghcr.io/acme/api:2.0.0"), "web/a.yaml": deployment("nginx:1.27.4")})
	s.repository("edge", gittest.Files{"README": ""})
	r := s.reconciler()
	r.Source = unlisted{s.source, []image.Repository{{Host: "ghcr.io", Path: "acme/api"}}}
	report := r.Run(t.Context(), reconcile.Selection{Git: "fleet"})
	if len(report.Errors) > 0 {
		t.Errorf("errors: %v", report.Errors)
	}
	i := slices.IndexFunc(report.References, func(r reconcile.Reference) bool { return r.Policy == "api" })
	if i < 0 || !errors.Is(report.References[i].Err, reconcile.ErrUnlisted) {
		t.Errorf("references: %q", ruled(report))
	}
}

// A selection of some policies decides these alone, and looks for the same as any other pass: what was found before
// serves.
func TestOnlySomePolicies(t *testing.T) {
	t.Parallel()
	s := newScene(t, twoRepositories, &source{tags: map[string][]string{
		"docker.io/library/nginx": {"1.25.3"}, "ghcr.io/acme/api": {"2.0.0"}}})
	s.repository("fleet", gittest.Files{"web/a.yaml": deployment("nginx:1.25.3"), "other/b.yaml": deployment("nginx:1.25.3"),
		"api.yaml": deployment("ghcr.io/acme/api:2.0.0")})
	s.repository("edge", gittest.Files{"web/a.yaml": deployment("nginx:1.25.3")})
	scans := t.TempDir()
	run := func(selection reconcile.Selection) reconcile.Report {
		r := s.reconciler()
		r.Writer.Scans = scans
		return r.Run(t.Context(), selection)
	}
	run(reconcile.Selection{})
	s.source.tags["docker.io/library/nginx"] = []string{"1.25.3", "1.27.4"}
	s.source.asked = nil
	_, objects := s.server.Count(gittest.UploadPack)
	report := run(reconcile.Selection{Only: map[string][]string{"fleet": {"other"}}})
	want := []string{"other fleet other/b.yaml:8 1.25.3 -> 1.27.4", "commit fleet main Update nginx to 1.27.4 by other"}
	if diff := cmp.Diff(want, told(report)); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"other fleet other/b.yaml:8 1.25.3 -> 1.27.4 changed"}, ruled(report)); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"docker.io/library/nginx": 1}, s.source.asked); diff != "" {
		t.Errorf("lists asked for (-want +got):\n%s", diff)
	}
	if got := report.Trees; len(got) != 1 || len(got[0].Images) != 2 || len(got[0].Policies) != 1 {
		t.Errorf("trees: %+v", got)
	}
	// The file that is edited and what the branch has told of the past: nothing is searched again.
	if _, now := s.server.Count(gittest.UploadPack); now-objects > 2 {
		t.Errorf("objects were asked for %d times", now-objects)
	}
	if all := run(reconcile.Selection{Only: map[string][]string{"fleet": nil}}); len(all.Trees) != 1 || len(all.Trees[0].Policies) != 4 {
		t.Errorf("of a whole Git repository: %+v", all.Trees)
	}
}

// See asks for the list that one of the policies needs and for each tag that is followed, once.
func TestSee(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
defaults: {git: fleet}
policies:
  - {name: web, image: nginx}
  - {name: stable, image: nginx, select: {digest: stable}}
  - {name: again, image: nginx, select: {digest: stable}}
  - {name: gone, image: nginx, select: {digest: gone}}
`, &source{tags: map[string][]string{"docker.io/library/nginx": {"1.25.3", "stable"}},
		look: func(reference string, _ image.Facts) (policy.Candidate, error) {
			if reference == "docker.io/library/nginx:gone" {
				return policy.Candidate{}, reconcile.ErrNoTag
			}
			return policy.Candidate{Digest: "sha256:1"}, nil
		}})
	wish := reconcile.WishOf(t.Context(), s.source, s.config.Policies)
	listed, followed, err := reconcile.See(t.Context(), s.source, wish)
	if err != nil {
		t.Fatal(err)
	}
	if len(listed) != 2 || len(followed) != 2 || followed[0].Tag != "gone" || followed[1].Digest != "sha256:1" {
		t.Errorf("listed %+v, followed %+v", listed, followed)
	}
	if got := s.source.asked["docker.io/library/nginx"]; got != 1 || len(s.source.looked) != 2 {
		t.Errorf("asked %d times for the list and for %q", got, s.source.looked)
	}
	only := reconcile.WishOf(t.Context(), s.source, s.config.Policies[1:])
	if only.Listed {
		t.Error("a list is wanted where all follow a tag")
	}
}
