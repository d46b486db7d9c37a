package status

import (
	"cmp"
	"slices"
	"time"
)

// Loaded is what was read from the policy files.
type Loaded struct {
	At       time.Time
	Config   Config
	Policies []Policy // what the files say of them; the rest is taken from before
	Git      []Git    // the same
}

// Load returns the status with other policies. What is known of a policy of the same name and image stays.
func (s Status) Load(l Loaded) Status {
	before := indexOf(s.Policies, func(p Policy) string { return p.Name })
	s.At, s.Config = l.At, l.Config
	policies := slices.Clone(l.Policies)
	for i := range policies {
		p := &policies[i]
		if at, known := before[p.Name]; known && s.Policies[at].Image == p.Image && s.Policies[at].Registry == p.Registry {
			p.take(s.Policies[at])
		}
		p.settle(l.At)
	}
	was := indexOf(s.Git, func(g Git) string { return g.Name })
	git := slices.Clone(l.Git)
	for i := range git {
		if at, known := was[git[i].Name]; known && s.Git[at].URL == git[i].URL {
			old := s.Git[at]
			old.URL, old.Branch, old.Mode = git[i].URL, cmp.Or(git[i].Branch, old.Branch), git[i].Mode
			git[i] = old
		}
	}
	s.Policies, s.Git = policies, git
	s.Ready = s.Ready || s.readAll()
	return s
}

// readAll reports whether each Git repository was read, with or without success.
func (s Status) readAll() bool {
	return !slices.ContainsFunc(s.Git, func(g Git) bool { return g.Read.IsZero() && g.Error == "" })
}

// Silent returns the status where a Git repository that was never read does not answer, as why says: nobody waits for it any
// longer.
func (s Status) Silent(git, why string, at time.Time) Status {
	s.At, s.Git = at, slices.Clone(s.Git)
	for i := range s.Git {
		if s.Git[i].Name == git {
			s.Git[i].Error, s.Git[i].Since = why, at
		}
	}
	s.Ready = s.Ready || s.readAll()
	return s
}

// take takes over what was learned of a policy, as far as it still writes to the same Git repositories. What only the files
// say of it, such as that it is suspended, they say anew.
func (p *Policy) take(old Policy) {
	for _, r := range old.References {
		if slices.Contains(p.Git, r.Git) {
			p.References = append(p.References, r)
		}
	}
	for _, n := range old.Notes {
		ofRegistry := n.Git == "" && n.State == Failed
		if ofRegistry || slices.Contains(p.Git, n.Git) {
			p.Notes = append(p.Notes, n)
		}
	}
	p.State, p.Since, p.Why = old.State, old.Since, old.Why
	p.Looked, p.NextLook, p.NewTags = old.Looked, old.NextLook, old.NewTags
	p.Written, p.Commit = old.Written, old.Commit
	if slices.Contains(p.Git, old.ProposalIn) {
		p.Proposal, p.ProposalIn, p.ProposalAt = old.Proposal, old.ProposalIn, old.ProposalAt
	}
}

// Fault returns the status after policy files were read that do not hold. One that was told before is as old as it was.
func (s Status) Fault(text string, at time.Time) Status {
	if s.Config.Fault != text {
		s.Config.Fault, s.Config.FaultAt = text, at
	}
	s.At = at
	return s
}

// Look is what came of asking a registry about one image.
type Look struct {
	Image, Registry string // as in [Policy]
	At              time.Time
	New             bool   // something was new
	Error           string // why it is not known, told to the policies; "" = it is
	Quiet           bool   // it was not asked: only Next is news
	Next            time.Time
}

// Looks returns the status after registries were asked.
func (s Status) Looks(at time.Time, looks []Look) Status {
	type key struct{ registry, image string }
	by := make(map[key]Look, len(looks))
	for _, l := range looks {
		by[key{l.Registry, l.Image}] = l
	}
	s.At, s.Policies = at, slices.Clone(s.Policies)
	for i := range s.Policies {
		p := &s.Policies[i]
		l, looked := by[key{p.Registry, p.Image}]
		if !looked {
			continue
		}
		p.NextLook = l.Next
		if l.Quiet {
			continue
		}
		if l.Error != "" {
			p.note(Note{State: Failed, Why: Reason{Rule: RuleError, Detail: l.Error}})
			p.settle(at)
			continue
		}
		p.Looked = l.At
		if l.New {
			p.NewTags = l.At
		}
		p.unnote("", Failed)
		p.settle(at)
	}
	return s
}

// Rules that no decision has, for a [Reason].
const (
	RuleError       = "error"        // it has failed
	RuleNew         = "new"          // it was not looked at yet
	RuleBranch      = "branch"       // it is on a branch of its own
	RulePullRequest = "pull-request" // it has a pull request, or is to have one
)

// Findings are what a pass has found.
type Findings struct {
	Pass    Pass // that has ended
	Git     []Git
	Found   []Finding
	Written []Written // the latest last
}

// Finding is what a pass has found of one policy in one Git repository.
type Finding struct {
	Policy, Git string
	References  []Reference
	Notes       []Note // of that Git repository
	Unread      bool   // the Git repository could not be read: the references are those of before
	Proposal    Link   // the open pull request; zero = none
	Commit      Link   // that was made
}

// Pass returns the status after a pass. Policies that it did not decide stay as they are.
func (s Status) Pass(f Findings) Status {
	at := f.Pass.Ended
	s.At, s.Last, s.Running, s.Totals = at, f.Pass, Pass{}, s.Totals.with(f.Pass)
	s.Policies = slices.Clone(s.Policies)
	index := indexOf(s.Policies, func(p Policy) string { return p.Name })
	decided := map[int]bool{}
	for _, found := range f.Found {
		if i, known := index[found.Policy]; known {
			s.Policies[i].found(found, at)
			decided[i] = true
		}
	}
	for i := range decided {
		s.Policies[i].settle(at)
	}
	s.Git = slices.Clone(s.Git)
	for _, g := range f.Git {
		if i := slices.IndexFunc(s.Git, func(other Git) bool { return other.Name == g.Name }); i >= 0 {
			s.Git[i] = s.Git[i].read(g)
		}
	}
	s.Ready = s.Ready || s.readAll()
	return s.Wrote(f.Written)
}

// found takes over what was found. Both lists are made anew: the old ones belong to the status of before.
func (p *Policy) found(f Finding, at time.Time) {
	if !f.Unread {
		var references []Reference
		for _, r := range p.References {
			if r.Git != f.Git {
				references = append(references, r)
			}
		}
		p.References = append(references, f.References...)
	}
	var notes []Note
	for _, n := range p.Notes {
		if n.Git != f.Git {
			notes = append(notes, n)
		}
	}
	p.Notes = append(notes, f.Notes...)
	if f.Commit != (Link{}) {
		p.Written, p.Commit = at, f.Commit
	}
	if !f.Unread {
		p.proposed(f, at)
	}
}

// proposed takes over the open pull request in one Git repository. Of those in several, one stays until it is closed.
func (p *Policy) proposed(f Finding, at time.Time) {
	switch {
	case p.Proposal != (Link{}) && p.ProposalIn != f.Git:
	case f.Proposal == (Link{}):
		p.Proposal, p.ProposalIn, p.ProposalAt = Link{}, "", time.Time{}
	case f.Proposal != p.Proposal:
		p.Proposal, p.ProposalIn, p.ProposalAt = f.Proposal, f.Git, at
	}
}

// read returns what is known of a Git repository after a pass.
func (g Git) read(now Git) Git {
	now.URL, now.Mode = g.URL, g.Mode
	now.Retry += g.Retry
	if now.Write.IsZero() {
		now.Write = g.Write
	}
	if now.Error != "" {
		now.Branch, now.Tip, now.Read, now.Open, now.Queue, now.Fault = g.Branch, g.Tip, g.Read, g.Open, g.Queue, g.Fault
		if g.Error != "" {
			now.Since = g.Since
		}
	}
	return now
}

// note puts a note in the place of one about the same Git repository and state.
func (p *Policy) note(n Note) {
	p.unnote(n.Git, n.State)
	p.Notes = append(p.Notes, n)
}

func (p *Policy) unnote(git string, state State) {
	var notes []Note
	for _, n := range p.Notes {
		if n.Git != git || n.State != state {
			notes = append(notes, n)
		}
	}
	p.Notes = notes
}

// settle works out the state: the first in the order of [States] that a note or reference has.
func (p *Policy) settle(at time.Time) {
	state, why := New, Reason{}
	first := true
	consider := func(s State, w Reason) {
		if first || slices.Index(States, s) < slices.Index(States, state) {
			state, why, first = s, w, false
		}
	}
	for _, n := range p.Notes {
		consider(n.State, n.Why)
	}
	for _, r := range p.References {
		consider(r.State, r.Why)
	}
	if state == UpToDate {
		why = Reason{}
	}
	if state != p.State || p.Since.IsZero() {
		p.Since = at
	}
	p.State, p.Why = state, why
}

// indexOf returns where in a list each name is.
func indexOf[E any](list []E, name func(E) string) map[string]int {
	index := make(map[string]int, len(list))
	for i, e := range list {
		index[name(e)] = i
	}
	return index
}
