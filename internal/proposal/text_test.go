package proposal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/policy"
)

// Time alone changes nothing, and neither does how many tags there are to choose from.
func TestTextIsStable(t *testing.T) {
	t.Parallel()
	in := web(t)
	in.Limits = github
	text := opening(t, in)
	in.Pulls, in.Looked = []proposal.Pull{{Number: 1, Status: proposal.Open, Base: "main", Body: text.Body(tip(1))}}, true
	in.HeadTip, in.Branch = tip(1), &proposal.Branch{Carries: true}
	more := append(in.Lists[nginx].Candidates, policy.Candidate{Tag: "1.26.0", Pushed: start.AddDate(0, -9, 0)})
	spec := policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: ">=1.25 <1.28"}, Guard: policy.Guard{MinAge: 72 * time.Hour}}
	for i, c := range in.Group.Changes {
		in.Group.Changes[i] = chosen(t, "web", c.Site.Path, c.Site.Line, nginx, spec, "1.25.3", more)
	}
	in.Now = start.AddDate(0, 0, 1)
	if d := proposal.Decide(in); len(d.Actions) > 0 || d.Outcome != proposal.Unchanged {
		t.Errorf("does %v", d.Actions)
	}
	in.Links = nil
	if d := proposal.Decide(in); len(d.Actions) > 0 {
		t.Errorf("without links does %v", d.Actions)
	}
	in.Subject = "Another title"
	if d := proposal.Decide(in); len(d.Actions) != 1 || d.Actions[0].Kind != proposal.Update {
		t.Errorf("with other words does %v", d.Actions)
	}
}

// What templates say goes in place of our words, and does not get the better of the hidden part.
func TestTemplate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, subject, body string
		limits              proposal.Limits
		title, want         string
	}{
		{name: "both", subject: "chore: nginx", body: "Hello, @acme/web.\n\n* nginx", limits: github, title: "chore: nginx",
			want: "Hello, @acme/web.\n\n* nginx"},
		{name: "lines", subject: "a\n b", body: "\r\n x\x00\r\n", limits: github, title: "a b", want: "x"},
		{name: "comment", subject: "a", body: "<!-- open", limits: github, title: "a", want: "&lt;!-- open"},
		{name: "command", subject: "a", body: "/close\nand/or\n/merge", limits: proposal.Limits{Body: 1000, Commands: true}, title: "a",
			want: "\\/close\nand/or\n\\/merge"},
		{name: "long", subject: strings.Repeat("\U0001f600", 200), body: strings.Repeat("\U0001f600", 5000), limits: proposal.Limits{Body: 4000, Title: 400},
			title: strings.Repeat("\U0001f600", 126) + "..."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := web(t)
			in.Limits, in.Subject, in.Body = test.limits, test.subject, test.body
			text := opening(t, in)
			if test.limits.Title == 0 {
				in.Limits.Title = 255
			}
			fits(t, in, text)
			words, _, _ := strings.Cut(text.Body(tip(1)), "\n\n<!--")
			if diff := cmp.Diff(test.title, text.Title) + cmp.Diff(test.want, words); diff != "" && test.want != "" {
				t.Error(diff)
			} else if text.Title != test.title {
				t.Errorf("title %q", text.Title)
			}
		})
	}
}

// A pull request that is closed keeps its words, and those of people, and stands for nothing.
func TestWithdrawnKeepsItsWords(t *testing.T) {
	t.Parallel()
	in := web(t)
	in.Limits = github
	body := "Look, @ann.\n\n" + opening(t, in).Body(tip(1)) + "\n\nBehind."
	for name, body := range map[string]string{"whole": body, "without its hidden part": "mine", "too long for one": strings.Repeat("x", 65536)} {
		gone := proposal.Input{Base: "main", Group: plan.NewGroup("web", nil), Limits: github, Now: start, Looked: true,
			Pulls: []proposal.Pull{{Number: 3, Status: proposal.Open, Base: "main", Title: "Mine", Body: body}}}
		d := proposal.Decide(gone)
		update := d.Actions[slices.IndexFunc(d.Actions, func(a proposal.Action) bool { return a.Kind == proposal.Update })]
		got := update.Words.Body("")
		if s, ok := proposal.Parse(got, "web"); !ok || !s.Changes.Empty() || units(got) > github.Body || update.Words.Title != "Mine" {
			t.Errorf("%s: %v %+v, %d characters, title %q", name, ok, s, units(got), update.Words.Title)
		}
		if head, tail := body[:4], body[len(body)-4:]; !strings.HasPrefix(got, head) || name == "whole" && !strings.HasSuffix(got, tail) {
			t.Errorf("%s: the words are gone: %q", name, got)
		}
	}
}

func TestUnsure(t *testing.T) {
	t.Parallel()
	policies := []plan.Policy{{Name: "web", Image: nginx}, {Name: "api", Image: api}}
	for _, test := range []struct {
		name string
		plan plan.Plan
		want []image.Repository
	}{
		{name: "sure"},
		{name: "failed", plan: plan.Plan{Problems: []plan.Problem{{Policy: "api", Err: fmt.Errorf("no answer")}}}, want: []image.Repository{api}},
		{name: "young", plan: plan.Plan{Held: []plan.Held{{Policy: "web", Rule: policy.RuleMinAge}}}, want: []image.Repository{nginx}},
		{name: "refused", plan: plan.Plan{Held: []plan.Held{{Policy: "web", Rule: policy.RuleRange}}}},
		{name: "unknown", plan: plan.Plan{Missing: []plan.Missing{{Image: api}}}, want: []image.Repository{api}},
	} {
		if diff := cmp.Diff(test.want, proposal.Unsure(test.plan, policies)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	got := proposal.Stale([]proposal.Pull{{Number: 1, Created: start.AddDate(0, 0, -13)}, {Number: 2, Created: start.AddDate(0, 0, -14)}, {Number: 3}}, start)
	if len(got) != 1 || got[0].Number != 2 {
		t.Errorf("stale are %+v", got)
	}
}

// Whatever stands in the body of a pull request, reading it does no harm.
func FuzzParse(f *testing.F) {
	s := proposal.State{Group: "web", Tip: tip(1), Text: "aaaaaaaa", Changes: proposal.NewChanges([]plan.Trailer{trailer("a.yaml", "1", "2")}, 100)}
	f.Add("<!-- "+s.Format()+" -->", "web")
	f.Add(s.Format()+s.Format(), "a--b %")
	f.Fuzz(func(t *testing.T, body, group string) {
		if got, ok := proposal.Parse(body, group); ok {
			got.Changes.Has(trailer("a", "b", "c"))
			if again, ok := proposal.Parse(got.Format(), group); !ok || again != got {
				t.Errorf("%+v does not parse back: %+v", got, again)
			}
		}
		proposal.Said(body, group)
	})
}

// Whatever the texts are, a body fits its forge, is built as it should be, and its hidden part parses back.
func FuzzText(f *testing.F) {
	f.Add("a.yaml", "1.0", "2.0", "the best", "https://acme.example", "notes", 3, 0)
	f.Add("|`\n<!--", "@a", "#1", "-->\n```", "](x)", "\n/close\n</details>", 900, 5)
	limits := make([]proposal.Limits, len(kinds))
	for i, kind := range kinds {
		limits[i] = limitsOf(f, kind)
	}
	f.Fuzz(func(t *testing.T, path, from, to, why, address, notes string, n, kind int) {
		in := proposal.Input{Git: "fleet", Base: "main", Subject: "", Limits: limits[uint(kind)%uint(len(kinds))], Links: map[proposal.Target]proposal.Links{
			{Image: nginx, Tag: to}: {Source: address, Notes: address, Text: notes}}}
		var changes []plan.Change
		for i := range uint(n)%400 + 1 {
			changes = append(changes, plan.Change{Policy: why, To: to, Site: edit.Site{Path: fmt.Sprint(path, i), Line: int(i), Image: nginx, Tag: fmt.Sprint(from, i%9)},
				Decision: policy.Decision{Verdicts: []policy.Verdict{{Tag: to, Outcome: policy.Chosen, Rule: policy.Rule(why)}, {Tag: from, Outcome: policy.Waiting, Rule: policy.Rule(why)}}}})
		}
		in.Group = plan.NewGroup(path, changes)
		text := opening(t, in)
		fits(t, in, text)
		if !ours(text.Body(tip(1))) {
			t.Errorf("a line is none of ours:\n%s", text.Body(tip(1)))
		}
	})
}

// ours reports whether each line of a body begins as ours do, and each row of the table has its cells.
func ours(body string) bool {
	for line := range strings.SplitSeq(body, "\n") {
		if strings.HasPrefix(line, "| ") && strings.Count(line, "|") != 7 {
			return false
		}
		begins := line == ""
		for _, start := range []string{"Updates ", "| ", "|---", "- ", "  - ", "### ", "    ", "Release notes of `", "<details>", "</details>", "And ",
			"<!-- image-updater:v1 ", `[//]: # "image-updater:v1 `} {
			begins = begins || strings.HasPrefix(line, start)
		}
		if !begins {
			return false
		}
	}
	return true
}
