package proposal_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/policy"
)

var start = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// github is what most scenarios are played on.
var github = proposal.Limits{Title: 256, Body: 65536, Comment: 65536, Labels: true, Reviewers: true, Assignees: true, Drafts: true,
	AutoMerge: true, Details: true}

// world is a Git repository and its forge: a file for each reference, and one group that wants a tag for each file.
type world struct {
	now      time.Time
	files    map[string]string // on the base: tag by file
	want     map[string]string // the tag that is wanted in a file
	gated    map[string]bool   // files whose changes a gate stops
	unsure   bool
	stuck    bool // labels cannot be taken away
	same     bool // digests are of the same images
	baseTip  int
	commits  int
	pushed   []plan.Trailer            // ever
	keeps    map[string][]plan.Trailer // by id of a commit, of a forge that keeps those of pull requests; nil for one that does not
	branch   *branch
	pulls    []*pull
	settings proposal.Settings
	firsts   map[string]time.Time // of digests
	memory   proposal.Memory
	asked    []proposal.Ask
	did      []string
}

// branch is what stands on the group's branch.
type branch struct {
	tip     string
	changes []plan.Trailer
	other   *proposal.Commit
	stale   bool // the base has changed the same lines meanwhile
}

type pull struct {
	proposal.Pull
	comments []string
	byUs     bool // closed by this program
}

func newWorld() *world {
	return &world{now: start, files: map[string]string{"a.yaml": "1.0"}, want: map[string]string{}, gated: map[string]bool{},
		firsts: map[string]time.Time{}, baseTip: 1 << 20}
}

func (w *world) change(file string) plan.Change {
	from, fromDigest, _ := strings.Cut(w.files[file], "@")
	to, toDigest, _ := strings.Cut(w.want[file], "@")
	return plan.Change{Policy: "web", Git: "fleet", Site: w.site(file, from, fromDigest), To: to, ToDigest: image.Digest(toDigest)}
}

func (w *world) site(file, tag, digest string) edit.Site {
	return edit.Site{Path: file, Line: 7, Column: 3, Image: nginx, Tag: tag, Digest: image.Digest(digest)}
}

func (w *world) input() proposal.Input {
	in := proposal.Input{Git: "fleet", Base: "main", BaseTip: tip(w.baseTip), Policies: []string{"web"}, Settings: w.settings,
		Limits: github, Now: w.now, Memory: w.memory, Lists: map[image.Repository]plan.List{}}
	if w.branch != nil {
		in.HeadTip = w.branch.tip
	}
	var changes []plan.Change
	var list plan.List
	for _, file := range slices.Sorted(maps.Keys(w.files)) {
		from, digest, _ := strings.Cut(w.files[file], "@")
		in.Sites = append(in.Sites, w.site(file, from, digest))
		if w.want[file] == "" || w.want[file] == w.files[file] {
			continue
		}
		c := w.change(file)
		list.Candidates = append(list.Candidates, policy.Candidate{Tag: c.To, Digest: c.ToDigest, FirstSeen: w.firsts[w.want[file]]})
		switch {
		case w.gated[file]:
			in.Withheld = append(in.Withheld, plan.Withheld{Change: c, Stop: plan.Stop{Rule: plan.OutsideWindow}})
		case !w.unsure:
			changes = append(changes, c)
		}
	}
	if w.unsure {
		in.Unsure = []image.Repository{nginx}
	}
	in.Lists[nginx] = list
	in.Group = plan.NewGroup("web", changes)
	return in
}

// pass decides and does what was decided, but for what stands behind the first most actions.
func (w *world) pass(most int) proposal.Decision {
	w.asked, w.did = nil, nil
	in, d := w.decide(w.input())
	return w.carryOut(in, d, most)
}

func (w *world) decide(in proposal.Input) (proposal.Input, proposal.Decision) {
	for {
		d := proposal.Decide(in)
		if d.Ask == proposal.AskNothing {
			return in, d
		}
		if len(w.asked) > 10 {
			panic("asks without an end")
		}
		w.asked = append(w.asked, d.Ask)
		switch d.Ask {
		case proposal.AskPulls:
			in.Pulls, in.Looked = w.find(), true
		case proposal.AskCommits:
			for i := range in.Pulls {
				if slices.Contains(d.Read, in.Pulls[i].Number) {
					in.Pulls[i].Read = true
					in.Pulls[i].Changes = w.keeps[in.Pulls[i].HeadTip]
					if w.branch != nil && w.branch.tip == in.Pulls[i].HeadTip {
						in.Pulls[i].Changes = w.branch.changes
					}
				}
			}
		case proposal.AskBranch:
			in.Branch = &proposal.Branch{Changes: w.branch.changes, Other: w.branch.other,
				Carries: !w.branch.stale && slices.Equal(trailers(d.Group), w.branch.changes)}
		case proposal.AskSame:
			in.Compared, in.Same = true, map[proposal.Step]bool{}
			for _, step := range proposal.DigestSteps(d.Group) {
				in.Same[step] = w.same
			}
		case proposal.AskLinks:
			in.Linked = true
		case proposal.AskOpened:
			in.Counted = true
			for _, p := range w.pulls {
				if p.Status == proposal.Open {
					in.Opened = append(in.Opened, p.Pull)
				}
			}
		}
	}
}

func trailers(g plan.Group) []plan.Trailer {
	var all []plan.Trailer
	for _, c := range g.Changes {
		all = append(all, c.Trailer())
	}
	return all
}

// double opens a pull request as the open one once more, as another replica does at the same moment.
func (w *world) double() {
	again := *w.open()
	again.Number = len(w.pulls) + 1
	w.pulls = append(w.pulls, &again)
}

// find returns the open ones first, then the newest first.
func (w *world) find() []proposal.Pull {
	var all []proposal.Pull
	for _, p := range slices.Backward(w.pulls) {
		if p.Head != "other" {
			all = append(all, p.Pull)
		}
	}
	slices.SortStableFunc(all, func(a, b proposal.Pull) int {
		switch {
		case a.Status == proposal.Open && b.Status != proposal.Open:
			return -1
		case b.Status == proposal.Open && a.Status != proposal.Open:
			return 1
		}
		return 0
	})
	return all
}

func (w *world) open() *pull {
	for _, p := range w.pulls {
		if p.Status == proposal.Open && p.Head != "other" {
			return p
		}
	}
	return nil
}

func (w *world) carryOut(in proposal.Input, d proposal.Decision, most int) proposal.Decision {
	done := proposal.Done{HeadTip: in.HeadTip, Number: d.Number, URL: d.URL}
	for i, a := range d.Actions {
		if i == most {
			return d // a crash: nothing is remembered
		}
		if !w.act(in, d, a, &done) {
			return d // a lost race
		}
	}
	w.memory = d.Memory(in, done)
	return d
}

// act does one thing, and tells whether it went well.
func (w *world) act(in proposal.Input, d proposal.Decision, a proposal.Action, done *proposal.Done) bool {
	at := w.open()
	if a.Number != 0 {
		at = w.pulls[a.Number-1]
	}
	switch a.Kind {
	case proposal.Push, proposal.DeleteBranch:
		if there := w.branchTip(); there != a.Lease {
			return false
		}
		w.branch, done.HeadTip = nil, ""
		if a.Kind == proposal.Push {
			w.commits++
			w.branch = &branch{tip: tip(w.commits), changes: trailers(d.Group)}
			w.pushed = append(w.pushed, w.branch.changes...)
			w.keep()
			done.HeadTip = w.branch.tip
			if at != nil {
				at.HeadTip = done.HeadTip
			}
		}
	case proposal.Create:
		w.memory = proposal.Memory{Opening: true}
		if at == nil {
			at = &pull{Pull: proposal.Pull{Number: len(w.pulls) + 1, URL: "https://forge.example/1", Title: a.Words.Title,
				Body: a.Words.Body(done.HeadTip), Head: "image-updater/web", Base: "main", HeadTip: done.HeadTip, Status: proposal.Open, Created: w.now}}
			w.pulls = append(w.pulls, at)
		}
		done.Number, done.URL = at.Number, at.URL
	case proposal.Update:
		at.Title, at.Body = a.Words.Title, a.Words.Body(done.HeadTip)
	case proposal.Comment:
		if slices.ContainsFunc(at.comments, func(c string) bool { return proposal.Said(c, a.Key) }) {
			return true
		}
		at.comments = append(at.comments, a.Text)
	case proposal.AddLabels:
		at.Labels = append(at.Labels, a.Names...)
	case proposal.RemoveLabel:
		if w.stuck {
			done.Stuck = true
			break
		}
		at.Labels = slices.DeleteFunc(at.Labels, func(l string) bool { return l == a.Names[0] })
	case proposal.Close:
		at.Status, at.byUs = proposal.Closed, true
	case proposal.RequestReview, proposal.Assign, proposal.AutoMerge:
	default:
		panic(fmt.Sprintf("unknown action %q", a.Kind))
	}
	w.did = append(w.did, string(a.Kind))
	return true
}

func (w *world) keep() {
	if w.keeps != nil {
		w.keeps[w.branch.tip] = w.branch.changes
	}
}

func (w *world) branchTip() string {
	if w.branch == nil {
		return ""
	}
	return w.branch.tip
}

// The people.

func (w *world) close(by string) {
	p := w.open()
	p.Status, p.ClosedBy = proposal.Closed, by
}

func (w *world) merge() {
	p := w.open()
	for _, c := range w.branch.changes {
		w.files[c.Path] = strings.TrimSuffix(c.To+"@"+c.ToDigest.String(), "@")
	}
	p.Status = proposal.Merged
	w.baseTip++
}

func (w *world) commit(by string) {
	w.commits++
	w.branch.tip = tip(w.commits)
	w.branch.other = &proposal.Commit{ID: w.branch.tip, By: by}
	w.keep()
	if p := w.open(); p != nil {
		p.HeadTip = w.branch.tip
	}
}
