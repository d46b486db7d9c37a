package plan_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

var now = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

func choice(t *testing.T, s policy.Spec) *policy.Policy {
	t.Helper()
	p, err := policy.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func site(path string, line int, of image.Repository, tag string) edit.Site {
	return edit.Site{Path: path, Line: line, Column: 16, Format: edit.Kubernetes, Image: of, Name: of.Familiar(), Tag: tag}
}

func list(tags ...string) plan.List {
	var l plan.List
	for _, tag := range tags {
		l.Candidates = append(l.Candidates, policy.Candidate{Tag: tag})
	}
	return l
}

// told renders a plan in lines, for comparison.
func told(p plan.Plan) []string {
	var lines []string
	for _, g := range p.Groups {
		for _, c := range g.Changes {
			lines = append(lines, fmt.Sprintf("%s: %s:%d %s -> %s by %s", g.Key, c.Site.Path, c.Site.Line, c.Site.Tag, c.To, c.Policy))
		}
	}
	for _, h := range p.Held {
		lines = append(lines, fmt.Sprintf("held %s: %s", h.Policy, h.Rule))
	}
	for _, problem := range p.Problems {
		lines = append(lines, fmt.Sprintf("problem %s: %v", problem.Policy, problem.Err))
	}
	return lines
}

func TestMake(t *testing.T) {
	t.Parallel()
	semver := choice(t, policy.Spec{})
	web := plan.Policy{Name: "nginx", Image: nginx, Choice: semver, Group: "nginx"}
	backend := plan.Policy{Name: "api", Image: api, Choice: semver, Group: "api"}
	below := func(p plan.Policy, name string, globs ...string) plan.Policy {
		p.Name, p.Group, p.Paths = name, name, globs
		return p
	}
	marked := site("deploy.yaml", 3, nginx, "latest")
	marked.Named, marked.Policy = true, "nginx"
	for _, test := range []struct {
		name     string
		policies []plan.Policy
		found    edit.Found
		lists    map[image.Repository]plan.List
		want     []string
	}{{
		name:     "each reference is decided from its own tag",
		policies: []plan.Policy{web},
		found: edit.Found{Sites: []edit.Site{
			site("b.yaml", 1, nginx, "1.25.3-alpine"), site("a.yaml", 9, nginx, "1.27.4"), site("a.yaml", 5, nginx, "1.25.3")}},
		lists: map[image.Repository]plan.List{nginx: list("1.25.3", "1.27.4", "1.26.0-alpine", "1.25.3-alpine")},
		want:  []string{"nginx: a.yaml:5 1.25.3 -> 1.27.4 by nginx", "nginx: b.yaml:1 1.25.3-alpine -> 1.26.0-alpine by nginx"},
	}, {
		name:     "a list that is not known decides nothing, and stops its own policy alone",
		policies: []plan.Policy{web, backend},
		found:    edit.Found{Sites: []edit.Site{site("a.yaml", 1, nginx, "1.25.3"), site("a.yaml", 2, nginx, "1.25.3"), site("a.yaml", 3, api, "1.0.0")}},
		lists: map[image.Repository]plan.List{
			nginx: {Err: errors.New("listing tags: cut off"), Candidates: list("1.27.4").Candidates}, api: list("1.0.0", "1.1.0")},
		want: []string{"api: a.yaml:3 1.0.0 -> 1.1.0 by api", "problem nginx: listing tags: cut off"},
	}, {
		name:     "a reference that was merely found without a usable tag is left alone, a marked one is written",
		policies: []plan.Policy{web},
		found:    edit.Found{Sites: []edit.Site{site("a.yaml", 1, nginx, "latest"), marked}},
		lists:    map[image.Repository]plan.List{nginx: list("1.27.4", "latest")},
		want:     []string{"nginx: deploy.yaml:3 latest -> 1.27.4 by nginx", "held nginx: not-a-version"},
	}, {
		name:     "paths divide an image between policies",
		policies: []plan.Policy{below(web, "web", "web/**"), below(web, "edge", "edge/**")},
		found: edit.Found{Sites: []edit.Site{
			site("edge/a.yaml", 1, nginx, "1.25.3"), site("web/a.yaml", 1, nginx, "1.25.3"), site("other/a.yaml", 1, nginx, "1.25.3")}},
		lists: map[image.Repository]plan.List{nginx: list("1.25.3", "1.27.4")},
		want:  []string{"web: web/a.yaml:1 1.25.3 -> 1.27.4 by web", "edge: edge/a.yaml:1 1.25.3 -> 1.27.4 by edge"},
	}, {
		name:     "two policies for one reference are a mistake",
		policies: []plan.Policy{web, below(web, "edge", "edge/**")},
		found:    edit.Found{Sites: []edit.Site{site("edge/a.yaml", 7, nginx, "1.25.3")}},
		lists:    map[image.Repository]plan.List{nginx: list("1.27.4")},
		want: []string{
			`problem edge: edge/a.yaml:7: policies "nginx", "edge" all govern this reference, want one: narrow their paths or mark the line`,
			`problem nginx: edge/a.yaml:7: policies "nginx", "edge" all govern this reference, want one: narrow their paths or mark the line`},
	}, {
		name:     "a refusal is its policy's problem, and the rest is done",
		policies: []plan.Policy{web},
		found: edit.Found{
			Sites: []edit.Site{site("a.yaml", 1, nginx, "1.25.3")},
			Refused: []edit.Refusal{{Path: "b.yaml", Line: 4, Image: nginx, Reason: "two candidates"}, {Path: "c.yaml", Line: 1, Image: api, Reason: "not ours"},
				{Path: "d.yaml", Line: 2, Image: nginx, Policy: "ngnix", Reason: "marker names the unknown policy"},
				{Path: "e.yaml", Line: 3, Policy: "nginx", Reason: "target matches nowhere"}}},
		lists: map[image.Repository]plan.List{nginx: list("1.25.3", "1.27.4")},
		want: []string{"nginx: a.yaml:1 1.25.3 -> 1.27.4 by nginx", "problem nginx: b.yaml:4: two candidates",
			"problem nginx: d.yaml:2: marker names the unknown policy", "problem nginx: e.yaml:3: target matches nowhere"},
	}, {
		name:     "every reference that is left alone is told, and a marked one beside them is none",
		policies: []plan.Policy{web},
		found:    edit.Found{Sites: []edit.Site{marked, site("x.yaml", 1, nginx, "latest"), site("y.yaml", 1, nginx, "latest")}},
		lists:    map[image.Repository]plan.List{nginx: list("1.27.4", "latest")},
		want: []string{"nginx: deploy.yaml:3 latest -> 1.27.4 by nginx",
			"held nginx: not-a-version", "held nginx: not-a-version"},
	}, {
		name:     "an image that came too late to be listed decides nothing",
		policies: []plan.Policy{web},
		found:    edit.Found{Sites: []edit.Site{site("a.yaml", 1, nginx, "1.25.3")}},
		want:     []string{"problem nginx: docker.io/library/nginx was not listed in this pass: the reference to it has come meanwhile"},
	}, {
		name:     "a variable is no problem where its own value is written",
		policies: []plan.Policy{web},
		found: edit.Found{
			Sites: []edit.Site{{Path: "app/.env", Line: 1, Image: nginx, Tag: "1.25.3", Named: true, Policy: "nginx"}},
			Refused: []edit.Refusal{
				{Path: "app/compose.yaml", Line: 3, Image: nginx, Reason: "holds a variable", Variable: true},
				{Path: "other/compose.yaml", Line: 3, Image: nginx, Reason: "holds a variable", Variable: true}}},
		lists: map[image.Repository]plan.List{nginx: list("1.25.3", "1.27.4")},
		want:  []string{"nginx: app/.env:1 1.25.3 -> 1.27.4 by nginx", "problem nginx: other/compose.yaml:3: holds a variable"},
	}, {
		name:     "nothing to refer to is said",
		policies: []plan.Policy{web},
		want:     []string{"held nginx: not-found"},
	}, {
		name:     "what is refused although it is higher is named beside a change",
		policies: []plan.Policy{{Name: "nginx", Image: nginx, Group: "g", Choice: choice(t, policy.Spec{Guard: policy.Guard{Bump: policy.Minor}})}},
		found:    edit.Found{Sites: []edit.Site{site("a.yaml", 1, nginx, "1.27.4")}},
		lists:    map[image.Repository]plan.List{nginx: list("1.27.4", "1.28.0", "2.0.0")},
		want:     []string{"g: a.yaml:1 1.27.4 -> 1.28.0 by nginx", "held nginx: bump"},
	}, {
		name:     "what is refused although it is higher is named when nothing changes",
		policies: []plan.Policy{web},
		found:    edit.Found{Sites: []edit.Site{site("a.yaml", 1, nginx, "1.27.4")}},
		lists:    map[image.Repository]plan.List{nginx: list("1.27.4", "1.28.0-rc.1")},
		want:     []string{"held nginx: prerelease"},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := plan.Input{Git: "fleet", Policies: test.policies, Found: test.found, Lists: test.lists, Now: now}
			if diff := cmp.Diff(test.want, told(plan.Make(in))); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// The order in which references were found, and tags listed, is chance. The plan must not be.
func TestMakeDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	in := plan.Input{Git: "fleet", Now: now,
		Policies: []plan.Policy{{Name: "nginx", Image: nginx, Choice: choice(t, policy.Spec{}), Group: "all"}},
		Lists:    map[image.Repository]plan.List{nginx: list("1.25.3", "1.27.4", "1.27.4-alpine", "1.28.0-rc.1")},
	}
	for i := range 20 {
		in.Found.Sites = append(in.Found.Sites, site(fmt.Sprintf("%d.yaml", i%7), i, nginx, []string{"1.25.3", "1.25.3-alpine"}[i%2]))
	}
	want := told(plan.Make(in))
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		random.Shuffle(len(in.Found.Sites), func(i, j int) {
			in.Found.Sites[i], in.Found.Sites[j] = in.Found.Sites[j], in.Found.Sites[i]
		})
		if diff := cmp.Diff(want, told(plan.Make(in))); diff != "" {
			t.Fatalf("plan depends on the order of sites (-want +got):\n%s", diff)
		}
	}
}

func TestMakeSet(t *testing.T) {
	t.Parallel()
	wanted := func(s string) image.Reference {
		ref, err := image.ParseReference(s)
		if err != nil {
			t.Fatal(err)
		}
		return ref
	}
	limited := plan.Policy{Name: "nginx", Image: nginx, Choice: choice(t, policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: "<2"}}),
		Paths: edit.Paths{"web/**"}}
	in := plan.SetInput{
		Git:      "fleet",
		Wanted:   []image.Reference{wanted("nginx:1.20.0"), wanted("ghcr.io/acme/api:2"), wanted("ghcr.io/acme/typo:2")},
		Policies: []plan.Policy{limited},
		Found: edit.Found{
			Sites: []edit.Site{site("web/a.yaml", 1, nginx, "1.25.3"), site("other/a.yaml", 1, nginx, "1.25.3"), site("x.yaml", 1, api, "1")},
			Notes: []edit.Refusal{{Path: "charts/t.yaml", Line: 2, Reason: "is a template"}},
		},
		Now: now,
	}
	got := plan.MakeSet(in)
	if diff := cmp.Diff([]string{
		"fleet: web/a.yaml:1 1.25.3 -> 1.20.0 by nginx", "fleet: x.yaml:1 1 -> 2 by ",
	}, told(plan.Plan{Groups: []plan.Group{got.Group}})); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if len(got.Absent) != 1 || got.Absent[0].Image.Path != "acme/typo" || !strings.Contains(got.Absent[0].Hint(), "charts/t.yaml:2: is a template") {
		t.Errorf("absent: %+v", got.Absent)
	}
	if len(got.Doubts) != 1 || !strings.Contains(got.Doubts[0], `policy "nginx" would not have gone from 1.25.3 to 1.20.0`) {
		t.Errorf("doubts: %q", got.Doubts)
	}
}

// Every glob is held against every file of a repository, so one that many policies share must be there once.
func TestLookedAt(t *testing.T) {
	t.Parallel()
	fleet := plan.Policy{Name: "web", Paths: edit.Paths{"apps/**", "base/*.yaml"}}
	other := plan.Policy{Name: "api", Paths: edit.Paths{"base/*.yaml", "jobs/**"}}
	targets := []edit.Target{{File: "VERSION"}, {File: "VERSION"}}
	want := edit.Paths{"apps/**", "base/*.yaml", "jobs/**", "VERSION"}
	if diff := cmp.Diff(want, plan.LookedAt([]plan.Policy{fleet, other, fleet}, targets)); diff != "" {
		t.Errorf("globs (-want +got):\n%s", diff)
	}
	if got := plan.LookedAt([]plan.Policy{fleet, {Name: "all"}}, targets); got != nil {
		t.Errorf("got %q, want the whole repository", got)
	}
}
