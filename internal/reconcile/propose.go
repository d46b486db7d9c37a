package reconcile

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
)

// snapshot is what was found and decided at one tip of the branch.
type snapshot struct {
	tip   string
	found edit.Found
	plan  plan.Plan
	lists lists // by which it was decided
}

// look reads what stands at the tip now, and decides about it.
func (t *tree) look(ctx context.Context, observed *observation) (snapshot, error) {
	s := snapshot{tip: t.branch.Tip()}
	var err error
	if s.found, err = t.branch.Find(ctx, t.scanner, t.paths); err != nil {
		return s, err
	}
	s.plan, err = t.replan(ctx, s.found, observed)
	s.lists = observed.known()
	return s, err
}

// attempt decides about a group and carries it out. With writeback.ErrMoved a branch has moved meanwhile.
func (p *pulls) attempt(ctx context.Context, g pullGroup) (Report, error) {
	var report Report
	in, err := p.input(ctx, g, &report)
	if err != nil {
		return report, err
	}
	d, err := p.decide(ctx, in)
	if err != nil {
		return report, err
	}
	done := proposal.Done{HeadTip: in.HeadTip, Number: d.Number, URL: d.URL}
	if p.write {
		err = p.carryOut(ctx, d.Actions, d, in, &done, &report)
	} else {
		err = p.show(ctx, d, &report)
	}
	if err != nil {
		return report, err
	}
	for _, h := range d.Held {
		report.Held = append(report.Held, Held{Git: p.git.Name, Held: h})
	}
	if d.Outcome != proposal.NoPull {
		report.PullRequests = append(report.PullRequests, PullRequest{Git: p.git.Name, Branch: g.head(),
			Number: done.Number, URL: done.URL, Title: d.Title, State: d.Outcome, Detail: d.Detail})
	}
	if p.write && p.reconciler.Memory != nil {
		p.reconciler.Memory.Remember(p.git.URL, g.head(), d.Memory(in, done))
	}
	return report, nil
}

// input gathers what is known of a group at no cost but Git's. Edits that must not be made are reported, and left out.
func (p *pulls) input(ctx context.Context, g pullGroup, report *Report) (proposal.Input, error) {
	in := proposal.Input{
		Git: p.git.Name, Base: p.branch.Name(), BaseTip: p.at.tip, Group: plan.NewGroup(g.key, nil),
		Linked: !p.write, // what shows no words needs no links
		Sites:  p.at.found.Sites, Lists: p.at.lists, Limits: p.forge.Limits(), Now: p.observed.started,
		Settings: proposal.Settings{MaxOpen: g.write.MaxOpen, Settle: g.write.Settle, Labels: g.write.Labels,
			Reviewers: g.write.Reviewers, Assignees: g.write.Assignees, Draft: g.write.Draft, AutoMerge: g.write.AutoMerge},
	}
	if p.reconciler.Memory != nil {
		in.Memory = p.reconciler.Memory.Recall(p.git.URL, g.head())
		if p.reconciler.Fresh {
			in.Memory.Looked = time.Time{}
		}
	}
	var err error
	if in.HeadTip, err = p.branch.HeadTip(ctx, g.head()); err != nil {
		return in, err
	}
	p.narrow(&in, g)
	at := slices.IndexFunc(p.at.plan.Groups, func(wanted plan.Group) bool { return wanted.Key == g.key })
	if at < 0 {
		return in, nil
	}
	in.Group = p.at.plan.Groups[at]
	if err := p.keepStanding(ctx, &in); err != nil {
		return in, err
	}
	if err := p.word(&in, in.Group); err != nil {
		return in, err
	}
	if in.Memory.Base == in.BaseTip && in.Memory.Fingerprint == in.Fingerprint() {
		return in, nil // all of it could be made of the very same files, which need not be read again
	}
	return in, p.makeable(ctx, &in, report)
}

// keepStanding adds what the branch has of references about which nothing was decided, where it is to be made anew for
// something else: a registry that does not answer takes nothing back. What a gate stops is kept by package proposal.
func (p *pulls) keepStanding(ctx context.Context, in *proposal.Input) error {
	if in.HeadTip == "" {
		return nil
	}
	standing, err := p.standing(ctx, proposal.BranchPrefix+in.Group.Key, p.at.plan)
	if err != nil {
		return err
	}
	stands := func(c plan.Change) bool { return slices.Contains(standing, c.Trailer()) }
	if !slices.ContainsFunc(in.Group.Changes, func(c plan.Change) bool { return !stands(c) }) {
		return nil
	}
	left := p.at.plan
	left.Undecided = slices.DeleteFunc(slices.Clone(left.Undecided), func(u plan.Undecided) bool {
		return slices.ContainsFunc(in.Withheld, func(w plan.Withheld) bool { return w.Site == u.Site && stands(w.Change) })
	})
	in.Group = left.Keep(in.Group, p.git.Name, standing)
	return nil
}

// makeable leaves of the group the changes that can be made, and reports the others.
func (p *pulls) makeable(ctx context.Context, in *proposal.Input, report *Report) error {
	wanted := []plan.Group{in.Group}
	shown, err := p.branch.Preview(ctx, Commits(wanted, p.message))
	if err != nil {
		return err
	}
	p.refused(report, wanted, shown)
	if len(shown.Applied) == len(in.Group.Changes) {
		return nil
	}
	in.Group = in.Group.Only(shown.Applied)
	return p.word(in, in.Group)
}

// narrow keeps of the plan what it says of the group.
func (p *pulls) narrow(in *proposal.Input, g pullGroup) {
	of := func(name string) bool { return slices.Contains(in.Policies, name) }
	for _, policy := range g.policies {
		in.Policies = append(in.Policies, policy.Name)
	}
	for _, w := range p.at.plan.Withheld {
		if of(w.Policy) {
			in.Withheld = append(in.Withheld, w)
		}
	}
	for _, h := range p.at.plan.Held {
		if of(h.Policy) {
			in.Held = append(in.Held, h)
		}
	}
	in.Past = p.at.plan.Past
	in.Unsure = proposal.Unsure(p.at.plan, p.plannedOf(g.policies))
}

// word fills in what the templates make of a group.
func (p *pulls) word(in *proposal.Input, g plan.Group) error {
	t := p.git.Templates
	if t.Subject == nil && t.Body == nil || len(g.Changes) == 0 {
		return nil
	}
	text, err := t.Text(g.Commit(p.git.Name, proposal.BranchPrefix+g.Key))
	if err != nil {
		return err
	}
	if t.Subject != nil {
		in.Subject = text.Subject
	}
	if t.Body != nil {
		in.Body = text.Body
	}
	return nil
}

// decide answers what a decision asks for, until it stands.
func (p *pulls) decide(ctx context.Context, in proposal.Input) (proposal.Decision, error) {
	head := proposal.BranchPrefix + in.Group.Key
	worded := in.Group
	for {
		d := proposal.Decide(in)
		var err error
		switch d.Ask {
		case proposal.AskPulls:
			in.Pulls, err = p.forge.Find(ctx, head)
			in.Looked = true
		case proposal.AskCommits:
			p.readCommits(ctx, in.Pulls, d.Read)
		case proposal.AskBranch:
			in.Branch, err = p.lookAt(ctx, head, d.Group)
		case proposal.AskOpened:
			in.Opened, err = p.count(ctx)
			in.Counted = true
		case proposal.AskSame:
			in.Same, in.Compared = p.same(ctx, d.Group), true
		case proposal.AskLinks:
			in.Links, in.Linked = p.links(ctx, d.Group), true
		default:
			if len(d.Group.Changes) == 0 || slices.EqualFunc(d.Group.Changes, worded.Changes, samePlace) {
				return d, nil
			}
			worded = d.Group // less than was wanted: templates have to tell of that alone
			err = p.word(&in, worded)
		}
		if err != nil {
			return d, err
		}
	}
}

func samePlace(a, b plan.Change) bool { return a.Edit() == b.Edit() }

// readCommits fills in what the commits of closed pull requests tell. Many servers give a commit away that no branch has
// any more; where one does not, nobody knows what it held.
func (p *pulls) readCommits(ctx context.Context, pulls []proposal.Pull, numbers []int) {
	for i := range pulls {
		pull := &pulls[i]
		if !slices.Contains(numbers, pull.Number) {
			continue
		}
		messages, err := p.branch.Messages(ctx, pull.HeadTip)
		if err != nil {
			p.reconciler.log().DebugContext(ctx, "reading the commits of a closed pull request", "git", p.git.Name, "number", pull.Number, "err", err)
		}
		pull.Read, pull.Changes = true, changesOf(messages)
	}
}

// lookAt tells what is on the branch of a group.
func (p *pulls) lookAt(ctx context.Context, head string, g plan.Group) (*proposal.Branch, error) {
	found, err := p.branch.Head(ctx, head, Commits([]plan.Group{g}, p.message))
	if err != nil {
		return nil, err
	}
	b := &proposal.Branch{Changes: changesOf(found.Messages), Carries: found.Carries}
	if other := found.Other; other != nil {
		name, _, _ := strings.Cut(other.Committer, " <")
		b.Other = &proposal.Commit{ID: other.Commit, By: name}
	}
	return b, nil
}

func changesOf(messages []string) []plan.Trailer {
	var changes []plan.Trailer
	for _, message := range messages {
		_, of := plan.ParseTrailers(message)
		changes = append(changes, of...)
	}
	return changes
}

// count returns the open pull requests of this program, asked for once in a pass.
func (p *pulls) count(ctx context.Context) ([]proposal.Pull, error) {
	if p.counted {
		return p.opened, nil
	}
	opened, err := p.forge.Opened(ctx, proposal.BranchPrefix)
	if err != nil {
		return nil, err
	}
	p.opened, p.counted = opened, true
	return p.opened, nil
}
