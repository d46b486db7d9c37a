package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

func TestMakeReferences(t *testing.T) {
	t.Parallel()
	semver := choice(t, policy.Spec{})
	named := func(path string, tag, by string) edit.Site {
		s := site(path, 1, nginx, tag)
		s.Named, s.Policy = true, by
		return s
	}
	a := func(name string, git ...string) plan.Policy {
		return plan.Policy{Name: name, Image: nginx, Choice: semver, Git: git}
	}
	below := func(p plan.Policy, globs ...string) plan.Policy {
		p.Paths = globs
		return p
	}
	suspendedIn := func(name string, git ...string) plan.Policy {
		p := a(name, git...)
		p.Gate.Suspended = true
		return p
	}
	closed := a("nginx")
	closed.Gate.Windows = policy.Windows{{From: 1, To: 2}}
	for _, test := range []struct {
		name     string
		policies []plan.Policy
		sites    []edit.Site
		want     []string
	}{{
		name:  "without policies",
		sites: []edit.Site{site("b.yaml", 2, nginx, "1"), site("b.yaml", 1, api, "latest"), site("a.yaml", 1, nginx, "")},
		want:  []string{"a.yaml:1 []", "b.yaml:1 []", "b.yaml:2 []"},
	}, {
		name:     "by image, by paths, by name",
		policies: []plan.Policy{below(a("web"), "web/**"), below(a("edge"), "edge/**")},
		sites: []edit.Site{site("web/a.yaml", 1, nginx, "1.2"), site("other/a.yaml", 1, nginx, "1.2"), site("web/b.yaml", 1, api, "1.2"),
			named("other/b.yaml", "1.2", "edge"), named("web/c.yaml", "latest", "edge")},
		want: []string{`other/a.yaml:1 [] paths: outside the paths of policies "web", "edge"`, "other/b.yaml:1 [edge]",
			"web/a.yaml:1 [web]", "web/b.yaml:1 []", "web/c.yaml:1 [edge]"},
	}, {
		name:     "outside the paths of one",
		policies: []plan.Policy{below(a("web"), "web/**")},
		sites:    []edit.Site{site("a.yaml", 1, nginx, "1.2")},
		want:     []string{`a.yaml:1 [] paths: outside the paths of policy "web"`},
	}, {
		name:     "a marker of a policy that writes elsewhere",
		policies: []plan.Policy{a("web")},
		sites:    []edit.Site{named("a.yaml", "1.2", "elsewhere")},
		want:     []string{`a.yaml:1 [] git: policy "elsewhere" does not write here`},
	}, {
		name:     "no usable tag",
		policies: []plan.Policy{a("nginx")},
		sites:    []edit.Site{site("a.yaml", 1, nginx, "latest"), site("a.yaml", 2, nginx, ""), named("a.yaml", "latest", "nginx")},
		want: []string{"a.yaml:1 [nginx] not-a-version: latest: no version, as there is no number in it",
			"a.yaml:1 [nginx]", "a.yaml:2 [nginx] not-a-version: there is no tag"},
	}, {
		name:     "suspended, also where a marker names it",
		policies: []plan.Policy{suspendedIn("nginx")},
		sites:    []edit.Site{site("a.yaml", 1, nginx, "1.2"), named("b.yaml", "1.2", "nginx")},
		want:     []string{"a.yaml:1 [nginx] suspend: the policy is suspended", "b.yaml:1 [nginx] suspend: the policy is suspended"},
	}, {
		name:     "a window that is closed passes by",
		policies: []plan.Policy{closed},
		sites:    []edit.Site{site("a.yaml", 1, nginx, "1.2")},
		want:     []string{"a.yaml:1 [nginx]"},
	}, {
		name:     "two policies of one Git repository",
		policies: []plan.Policy{a("web", "x", "y"), a("edge", "y", "z")},
		sites:    []edit.Site{site("a.yaml", 1, nginx, "1.2")},
		want:     []string{`a.yaml:1 [web edge] conflict: policies "web", "edge" all govern this reference, want one: narrow their paths or mark the line`},
	}, {
		name:     "two policies of different Git repositories",
		policies: []plan.Policy{a("web", "x"), a("edge", "y")},
		sites:    []edit.Site{site("a.yaml", 1, nginx, "1.2")},
		want:     []string{"a.yaml:1 [web edge]"},
	}, {
		name:     "of which one would write it",
		policies: []plan.Policy{suspendedIn("web", "x"), a("edge", "y")},
		sites:    []edit.Site{site("a.yaml", 1, nginx, "1.2"), site("a.yaml", 2, nginx, "latest")},
		want: []string{"a.yaml:1 [web edge]",
			"a.yaml:2 [web edge] not-a-version: latest: no version, as there is no number in it"},
	}, {
		name:     "one that has no Git repository yet",
		policies: []plan.Policy{a("web"), a("edge", "y")},
		sites:    []edit.Site{site("a.yaml", 1, nginx, "1.2")},
		want:     []string{`a.yaml:1 [web edge] conflict: policies "web", "edge" all govern this reference, want one: narrow their paths or mark the line`},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			made := plan.MakeReferences(plan.ReferencesInput{Policies: test.policies, Found: edit.Found{Sites: test.sites}, Now: now})
			var got []string
			for _, r := range made.References {
				line := fmt.Sprintf("%s:%d %v", r.Site.Path, r.Site.Line, r.Policies)
				if r.Held.Rule != "" {
					line += fmt.Sprintf(" %s: %s", r.Held.Rule, r.Held.Detail)
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is governed according to MakeReferences is what Make decides, and the other way round.
func TestReferencesAgreeWithMake(t *testing.T) {
	t.Parallel()
	policies := []plan.Policy{
		{Name: "web", Image: nginx, Choice: choice(t, policy.Spec{}), Paths: edit.Paths{"web/**"}, Group: "web"},
		{Name: "edge", Image: nginx, Choice: choice(t, policy.Spec{}), Paths: edit.Paths{"edge/**", "web/edge/**"}, Group: "edge"},
		{Name: "api", Image: api, Choice: choice(t, policy.Spec{}), Group: "api", Gate: plan.Gate{Suspended: true}},
	}
	var found edit.Found
	for i, path := range []string{"web/a.yaml", "web/edge/a.yaml", "edge/a.yaml", "other/a.yaml"} {
		for j, tag := range []string{"1.25.3", "latest", ""} {
			for _, of := range []image.Repository{nginx, api} {
				s := site(path, 10*i+j, of, tag)
				found.Sites = append(found.Sites, s)
				s.Line, s.Named, s.Policy = s.Line+5, true, "edge"
				if of == api {
					s.Policy = "api"
				}
				found.Sites = append(found.Sites, s)
			}
		}
	}
	free := map[string]bool{}
	for _, r := range plan.MakeReferences(plan.ReferencesInput{Policies: policies, Found: found, Now: now}).References {
		if len(r.Policies) == 1 && r.Held.Rule == "" {
			free[fmt.Sprintf("%s:%d %s", r.Site.Path, r.Site.Line, r.Policies[0])] = true
		}
	}
	changed := map[string]bool{}
	made := plan.Make(plan.Input{Policies: policies, Found: found, Now: now,
		Lists: map[image.Repository]plan.List{nginx: list("9.9.9", "latest"), api: list("9.9.9", "latest")}})
	for _, c := range made.Changes() {
		changed[fmt.Sprintf("%s:%d %s", c.Site.Path, c.Site.Line, c.Policy)] = true
	}
	if diff := cmp.Diff(changed, free); diff != "" || len(free) == 0 {
		t.Errorf("changed by Make -, free +:\n%s", diff)
	}
}

func TestReferencesRefused(t *testing.T) {
	t.Parallel()
	r := func(path string, line int, of image.Repository, by string) edit.Refusal {
		return edit.Refusal{Path: path, Line: line, Image: of, Policy: by, Reason: "is odd"}
	}
	variable := r("set/compose.yaml", 3, nginx, "")
	variable.Variable = true
	set := site("set/.env", 1, nginx, "1.2")
	set.Named, set.Policy = true, "nginx"
	made := plan.MakeReferences(plan.ReferencesInput{
		Policies: []plan.Policy{{Name: "nginx", Image: nginx, Choice: choice(t, policy.Spec{})}},
		Found: edit.Found{Sites: []edit.Site{set},
			Refused: []edit.Refusal{r("b.yaml", 2, nginx, ""), r("a.yaml", 9, api, ""), r("a.yaml", 9, api, ""), r("a.yaml", 2, api, "nginx"), variable},
			Notes:   []edit.Refusal{r("c.yaml", 0, image.Repository{}, "")}},
		Now: now,
	})
	told := func(refused []plan.Refused) (lines []string) {
		for _, r := range refused {
			lines = append(lines, fmt.Sprintf("%v %v", r.Refusal, r.Policies))
		}
		return lines
	}
	if diff := cmp.Diff([]string{"a.yaml:2: is odd [nginx]", "a.yaml:9: is odd []", "b.yaml:2: is odd [nginx]"}, told(made.Refused)); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"c.yaml: is odd []", "set/compose.yaml:3: is odd [nginx]"}, told(made.Skipped)); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	bare := made.Ungoverned()
	if diff := cmp.Diff([]string{"a.yaml:9: is odd []"}, told(bare.Refused)); diff != "" || len(bare.References) != 0 || len(bare.Skipped) != 2 {
		t.Errorf("ungoverned: %+v", bare)
	}
}

func TestFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		sites []edit.Site
		want  image.Repository
	}{
		{name: "nothing"},
		{name: "the most frequent", want: api,
			sites: []edit.Site{site("a", 1, nginx, "1.2"), site("a", 2, api, "1.2"), site("a", 3, api, "1.2")}},
		{name: "that has a version", want: nginx,
			sites: []edit.Site{site("a", 1, nginx, "1.2"), site("a", 2, api, "latest"), site("a", 3, api, "main")}},
		{name: "without any version", want: api,
			sites: []edit.Site{site("a", 1, nginx, ""), site("a", 2, api, "latest"), site("a", 3, api, "main")}},
		{name: "a tie", want: nginx,
			sites: []edit.Site{site("a", 1, api, "1.2"), site("a", 2, nginx, "1.2")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := plan.MakeReferences(plan.ReferencesInput{Found: edit.Found{Sites: test.sites}, Now: now})
			if got, found := r.First(); got != test.want || found != (len(test.sites) > 0) {
				t.Errorf("got %v, %v", got, found)
			}
		})
	}
}
