package plan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// marked is a file with a reference for each of two policies, which name their lines. Others merge what we propose as one
// commit, amend what we wrote, and keep our message when they revert it.
type marked struct {
	policies []plan.Policy
	lines    []*line
	tags     []string      // in the registry
	commits  []plan.Commit // the latest first
}

// line is a reference.
type line struct {
	tag    string
	last   string          // what our side has proposed last, "" for nothing
	before map[string]bool // what stood there or was proposed before that
	vague  bool            // a person has repeated an old message: what it stands for is not told by the commits
}

func (l *line) propose(to string) {
	l.before[l.tag], l.before[l.last], l.last = true, true, to
}

// takenBack reports whether a person has moved the reference back from what was proposed last.
func (l *line) takenBack() bool {
	return l.last != "" && l.tag != l.last && (newer(l.last, l.tag) || l.before[l.tag])
}

func (m *marked) commit(message string, made bool) {
	id := fmt.Sprintf("%040x", len(m.commits)+1)
	who := "A Person"
	if made {
		who = "image-updater"
	}
	m.commits = slices.Insert(m.commits, 0, plan.Commit{ID: id, Maker: who, Message: message, Made: made, When: time.Unix(int64(len(m.commits)), 0)})
}

func (m *marked) candidates() []policy.Candidate {
	var all []policy.Candidate
	for _, tag := range m.tags {
		all = append(all, policy.Candidate{Tag: tag})
	}
	return all
}

func (m *marked) make() plan.Plan {
	var found edit.Found
	for i, l := range m.lines {
		found.Sites = append(found.Sites, edit.Site{Path: "a.yaml", Line: i + 1, Image: nginx, Tag: l.tag, Named: true, Policy: m.policies[i].Name})
	}
	return plan.Make(plan.Input{Policies: m.policies, Found: found, Lists: map[image.Repository]plan.List{nginx: {Candidates: m.candidates()}},
		Past: plan.NewPast(m.commits)})
}

// pass holds a pass against what each reference should get, and returns what it commits.
func (m *marked) pass(t *rapid.T) []plan.Group {
	made := m.make()
	wrote := map[int]string{}
	for _, c := range made.Changes() {
		wrote[c.Site.Line-1] = c.To
	}
	for i, l := range m.lines {
		want := ""
		if d := m.policies[i].Choice.Choose(policy.Current{Tag: l.tag}, m.candidates(), time.Time{}); d.Changed {
			want = d.Chosen
		}
		back := l.takenBack() && !newer(want, l.last)
		switch got := wrote[i]; {
		case back && got != "":
			t.Fatalf("%s: %s was taken back to %s, and %s is written", m.policies[i].Name, l.last, l.tag, got)
		case !back && got != want && !l.vague:
			t.Fatalf("%s: wrote %q over %s, want %q", m.policies[i].Name, got, l.tag, want)
		}
	}
	return made.Groups
}

// revert takes back one of the last commits of ours, and keeps its message or not.
func (m *marked) revert(back int, keep bool) {
	for _, c := range m.commits {
		changes := plan.ParseChanges(c.Message)
		if len(changes) == 0 {
			continue
		}
		if back--; back >= 0 {
			continue
		}
		for _, change := range changes {
			i := slices.IndexFunc(m.policies, func(p plan.Policy) bool { return p.Name == change.Policies[0] })
			m.lines[i].vague = m.lines[i].vague || keep && change.To != m.lines[i].last
			if m.lines[i].tag == change.To {
				m.lines[i].tag = change.From
			}
		}
		if keep {
			m.commit("Revert: it is broken\n\n"+c.Message, false)
		} else {
			m.commit("Revert\n\nThis reverts commit "+c.ID+".\n", false)
		}
		return
	}
}

// Nobody is fought over a line of a file, whatever is written to the other one, whichever way the policy goes, and whatever
// a person makes of our commits.
func TestNoFightOverLines(t *testing.T) {
	t.Parallel()
	lower := choice(t, policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: "<1.3"}, Guard: policy.Guard{Downgrade: true}})
	upper := choice(t, policy.Spec{})
	rapid.Check(t, func(t *rapid.T) {
		groups := [][2]string{{"new", "old"}, {"all", "all"}}[rapid.IntRange(0, 1).Draw(t, "grouped")]
		m := &marked{policies: []plan.Policy{
			{Name: "new", Image: nginx, Choice: upper, Group: groups[0]}, {Name: "old", Image: nginx, Choice: lower, Group: groups[1]}}}
		for range m.policies {
			m.lines = append(m.lines, &line{tag: versions().Draw(t, "tag"), before: map[string]bool{}})
		}
		edit := func(t *rapid.T) {
			rapid.SampledFrom(m.lines).Draw(t, "line").tag = versions().Draw(t, "tag")
		}
		t.Repeat(map[string]func(*rapid.T){
			"a publisher pushes": func(t *rapid.T) { m.tags = append(m.tags, versions().Draw(t, "tag")) },
			"a person edits": func(t *rapid.T) {
				edit(t)
				m.commit("By hand", false)
			},
			"a person reverts": func(t *rapid.T) {
				m.revert(rapid.IntRange(0, 2).Draw(t, "back"), rapid.Bool().Draw(t, "keeping the message"))
			},
			"a person amends": func(t *rapid.T) {
				if len(m.commits) > 0 && m.commits[0].Made {
					m.commits[0].Made, m.commits[0].Maker = false, "A Person"
					edit(t)
				}
			},
			"a pass": func(t *rapid.T) {
				for _, g := range m.pass(t) {
					for _, c := range g.Changes {
						l := m.lines[c.Site.Line-1]
						l.propose(c.To)
						l.tag = c.To
					}
					m.commit(g.Message(), true)
				}
			},
			"a person merges a branch as one commit": func(t *rapid.T) {
				for _, g := range m.pass(t) {
					for _, c := range g.Changes {
						l := m.lines[c.Site.Line-1]
						l.propose(c.To)
						l.tag = rapid.SampledFrom([]string{c.To, c.Site.Tag, versions().Draw(t, "instead")}).Draw(t, "taken")
					}
					m.commit(g.Message(), false)
				}
			},
		})
	})
}
