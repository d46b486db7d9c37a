package proposal_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/policy"
	"github.com/image-updater/image-updater/writeback/forge"
)

var update = flag.Bool("update", false, "rewrite the golden files with what comes out")

var kinds = []forge.Kind{forge.GitHub, forge.GitLab, forge.Gitea, forge.BitbucketCloud, forge.BitbucketServer, forge.AzureDevOps}

// limitsOf returns what the client of a forge says of itself.
func limitsOf(t testing.TB, kind forge.Kind) proposal.Limits {
	t.Helper()
	remote := map[forge.Kind]string{
		forge.BitbucketServer: "https://git.acme.example/scm/acme/fleet.git",
		forge.AzureDevOps:     "https://dev.azure.com/acme/fleet/_git/fleet",
	}[kind]
	if remote == "" {
		remote = "https://git.acme.example/acme/fleet.git"
	}
	f, err := forge.New(forge.Options{Remote: remote, Kind: kind, Token: func(context.Context) (string, error) { return "", nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer f.CloseIdleConnections()
	l := f.Limits()
	if !l.Markdown.Tables {
		t.Errorf("%s has no tables, which every body has", kind)
	}
	return proposal.Limits{Title: l.Title, Body: l.Body, Comment: l.Comment, Labels: l.Labels, Reviewers: l.Reviewers, Assignees: l.Assignees,
		Drafts: l.Drafts, AutoMerge: l.AutoMerge, Details: l.Markdown.Details,
		Definition: l.Markdown.Hidden == forge.LinkDefinition, Commands: l.Markdown.Commands}
}

// opening returns the text that a pull request for the input is opened with.
func opening(t testing.TB, in proposal.Input) proposal.Words {
	t.Helper()
	in.Looked, in.Linked, in.Now = true, true, start
	d := proposal.Decide(in)
	if len(d.Actions) != 2 || d.Actions[1].Kind != proposal.Create {
		t.Fatalf("decides %+v", d.Actions)
	}
	return d.Actions[1].Words
}

// chosen returns a change as a policy decides it.
func chosen(t testing.TB, name, path string, line int, of image.Repository, spec policy.Spec, current string, list []policy.Candidate) plan.Change {
	t.Helper()
	p, err := policy.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	d := p.Choose(policy.Current{Tag: current}, list, start)
	return plan.Change{Policy: name, Git: "fleet", To: d.Chosen, Decision: d,
		Site: edit.Site{Path: path, Line: line, Column: 3, Image: of, Tag: current}}
}

// web is what docs/pull-requests.md shows.
func web(t testing.TB) proposal.Input {
	list := []policy.Candidate{
		{Tag: "1.25.3", Pushed: start.AddDate(-2, 0, 0)},
		{Tag: "1.27.3", Pushed: start.AddDate(0, -2, 0)},
		{Tag: "1.27.4", Pushed: start.AddDate(0, 0, -9)},
		{Tag: "1.27.5", Pushed: start.AddDate(0, 0, -1)},
		{Tag: "1.29.0", Pushed: start.AddDate(0, -1, 0)},
		{Tag: "1.31.0-rc1", Pushed: start.AddDate(0, 0, -5)},
	}
	spec := policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: ">=1.25 <1.28"}, Guard: policy.Guard{MinAge: 72 * time.Hour}}
	return proposal.Input{Git: "fleet", Base: "main", Policies: []string{"web"},
		Group: plan.NewGroup("web", []plan.Change{
			chosen(t, "web", "apps/web/deploy.yaml", 14, nginx, spec, "1.25.3", list),
			chosen(t, "web", "apps/shop/deploy.yaml", 21, nginx, spec, "1.25.3", list),
		}),
		Lists: map[image.Repository]plan.List{nginx: {Candidates: list}},
		Links: map[proposal.Target]proposal.Links{{Image: nginx, Tag: "1.27.4"}: {
			Source: "https://github.com/nginx/nginx", Changes: "https://github.com/nginx/nginx/compare/release-1.25.3...release-1.27.4",
			Notes: "https://github.com/nginx/nginx/releases/tag/release-1.27.4"}},
	}
}

// fleet is a group of everything that there is.
func fleet(t testing.TB) proposal.Input {
	in := web(t)
	builds := []policy.Candidate{{Tag: "release-1179-344b590f", Created: start.AddDate(0, 0, -8)}, {Tag: "release-1180-0f1e2d3c", Created: start.AddDate(0, 0, -3)}}
	numeric := policy.Spec{Match: `^release-(?P<build>\d+)-[0-9a-f]{8}$`, Extract: "$build", Select: policy.Select{Kind: policy.Numeric, Arg: "ascending"}}
	debian := image.Repository{Host: "docker.io", Path: "library/debian"}
	followed := plan.Change{Policy: "base", Site: edit.Site{Path: "Dockerfile", Line: 1, Image: debian, Tag: "stable", Digest: sha}, To: "stable", ToDigest: newSHA}
	in.Group = plan.NewGroup("fleet", append(in.Group.Changes, followed, chosen(t, "api", "apps/api/values.yaml", 3, api, numeric, "release-1179-344b590f", builds)))
	in.Lists[api] = plan.List{Candidates: builds}
	in.Links[proposal.Target{Image: api, Tag: "release-1180-0f1e2d3c"}] = proposal.Links{
		Source: "https://github.com/acme/api/pull/12", Notes: "javascript:alert(1)",
		Text: "# What is new\n\n* Thanks, @ann! Fixes #12, GH-13 and acme/api#14\n/merge\n\n<script>alert(1)</script>\n```\n</details>\n"}
	return in
}

// many is a group that no table has room for.
func many(testing.TB) proposal.Input {
	var changes []plan.Change
	for i := range 300 {
		of := image.Repository{Host: "ghcr.io", Path: fmt.Sprintf("acme/team-%d/service-%d", i%7, i%150)}
		changes = append(changes, plan.Change{Policy: "all", To: "2.0.0",
			Site: edit.Site{Path: fmt.Sprintf("clusters/production/apps/service-%d/deploy.yaml", i), Line: 20, Image: of, Tag: "1.0.0"}})
	}
	return proposal.Input{Git: "fleet", Base: "main", Group: plan.NewGroup("fleet", changes)}
}

// hostile is a group whose texts want to be something else.
func hostile(testing.TB) proposal.Input {
	in := proposal.Input{Git: "fleet", Base: "main", Links: map[proposal.Target]proposal.Links{}}
	var changes []plan.Change
	for i, text := range []string{
		"a|b|c", "`a`", "a\nb\r\nc", "<script>alert(1)</script>", "@everyone", "#1 !2 GH-3", "https://evil.example/?a=b", "<!-- x", "--> x", "](http://evil.example)",
		"/close", "*a* _b_ ~~c~~", "\u202egpj.exe", "\\", "$`a`$", ":+1:", "deadbeefcafe", " ", "\x00", "[//]: # \"image-updater:v1\"",
	} {
		c := plan.Change{Policy: text, To: "2.0", Site: edit.Site{Path: text + ".yaml", Line: i, Image: nginx, Tag: text}}
		c.Decision = policy.Decision{Verdicts: []policy.Verdict{
			{Tag: "2.0", Outcome: policy.Chosen, Rule: policy.Rule("best of " + text)}, {Tag: text, Outcome: policy.Waiting, Rule: policy.Rule(text)}}}
		changes = append(changes, c)
		in.Links[proposal.Target{Image: nginx, Tag: "2.0"}] = proposal.Links{Source: text, Notes: "https://evil.example/" + text, Text: text + "\n" + text}
	}
	in.Group = plan.NewGroup("hostile--> `x`", changes)
	return in
}

// TestBody holds the texts as each forge gets them.
func TestBody(t *testing.T) {
	t.Parallel()
	for name, input := range map[string]func(testing.TB) proposal.Input{"web": web, "fleet": fleet, "many": many, "hostile": hostile} {
		for _, kind := range kinds {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				in := input(t)
				in.Limits = limitsOf(t, kind)
				text := opening(t, in)
				fits(t, in, text)
				golden(t, filepath.Join("testdata", name+"."+string(kind)+".md"), "# "+text.Title+"\n\n"+text.Body(tip(1))+"\n")
			})
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// fits reports a text that is longer than its forge takes, or whose hidden part is not what it should be.
func fits(t testing.TB, in proposal.Input, text proposal.Words) {
	t.Helper()
	body := text.Body(strings.Repeat("f", 64))
	if n := units(body); n > in.Limits.Body {
		t.Errorf("body of %d characters, want at most %d", n, in.Limits.Body)
	}
	if n := units(text.Title); n == 0 || n > min(in.Limits.Title, 255) || strings.ContainsAny(text.Title, "\r\n") {
		t.Errorf("title of %d characters: %q", n, text.Title)
	}
	s, ok := proposal.Parse(body, in.Group.Key)
	if diff := cmp.Diff(text.State(strings.Repeat("f", 64)), s, comparing); !ok || diff != "" {
		t.Errorf("parses back %v (-want +got):\n%s", ok, diff)
	}
	for _, c := range in.Group.Changes {
		if !s.Changes.Has(c.Trailer()) {
			t.Errorf("%+v is not in the hidden part", c.Trailer())
		}
	}
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }
