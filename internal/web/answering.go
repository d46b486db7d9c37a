package web

import "github.com/image-updater/image-updater/internal/status"

// orEmpty is the list, never null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func reasonAnswerOf(r status.Reason) *reasonAnswer {
	if r == (status.Reason{}) {
		return nil
	}
	return &reasonAnswer{r.Rule, r.Detail, r.Until}
}

func linkAnswerOf(l status.Link) *linkAnswer {
	if l.Text == "" {
		return nil
	}
	return &linkAnswer{l.Text, linkOf(l).URL}
}

func (v view) statusAnswer() statusAnswer {
	h := healthOf(v)
	a := statusAnswer{
		At: v.At, Started: v.Started, Version: v.Version, Ready: v.Ready, Health: string(h.Level), Summary: h.Sentence,
		Config:   configAnswer{orEmpty(v.Config.Files), v.Config.Loaded, v.Config.Fault, v.Config.FaultAt, orEmpty(v.Config.Short)},
		LastPass: passAnswerOf(v.Last), Running: passAnswerOf(v.Running), States: make(map[string]int, len(h.Counts)),
		Git: make([]gitAnswer, len(v.Git)), Hooks: make([]hookAnswer, len(v.Hooks)), Channels: make([]channelAnswer, len(v.Channels)),
		Files: make([]fileAnswer, len(v.Files)),
	}
	for _, c := range h.Counts {
		a.States[string(c.State)] = c.N
	}
	for i := range v.Git {
		a.Git[i] = gitAnswerOf(&v.Git[i])
	}
	for i, h := range v.Hooks {
		a.Hooks[i] = hookAnswer{h.Name, h.Kind, h.Events, h.Refused, h.Unnamed, h.Last, h.Error, h.ErrorAt}
	}
	for i, f := range v.Files {
		a.Files[i] = fileAnswer{f.Flag, f.Error, f.Since}
	}
	for i, c := range v.Channels {
		a.Channels[i] = channelAnswer{c.Name, c.Kind, c.Sent, c.Failed, c.Queued, c.Last, c.Error, c.ErrorAt}
	}
	return a
}

func passAnswerOf(p status.Pass) *passAnswer {
	if p == (status.Pass{}) {
		return nil
	}
	return &passAnswer{
		p.Number, p.Began, p.Ended, p.Reason, p.Stage, p.Stuck, p.Changes, p.Commits, p.PullRequests, p.Held, p.Errors,
	}
}

func gitAnswerOf(g *status.Git) gitAnswer {
	a := gitAnswer{
		Name: g.Name, URL: g.URL, Branch: g.Branch, Mode: g.Mode, Tip: g.Tip, Read: g.Read, Written: g.Write, Queue: g.Queue,
		Retries: g.Retry, PullRequests: make([]pullRequestAnswer, len(g.Open)), Error: g.Error, ErrorSince: g.Since, Fault: g.Fault,
	}
	for i := range g.Open {
		p := &g.Open[i]
		a.PullRequests[i] = pullRequestAnswer{p.Branch, p.Title, p.Link.Text, linkOf(p.Link).URL, p.State, p.Detail, orEmpty(p.Policies)}
	}
	return a
}

func answerOf(p *status.Policy) policyAnswer {
	a := policyAnswer{
		Name: p.Name, Image: p.Image, Registry: p.Registry, Git: orEmpty(p.Git), Kind: p.Kind, Rule: p.Rule, Interval: lasting(p.Interval),
		State: string(p.State), Since: p.Since, Why: reasonAnswerOf(p.Why), Places: len(p.References), Looked: p.Looked,
		NextLook: p.NextLook, NewTags: p.NewTags, Written: p.Written, Commit: linkAnswerOf(p.Commit), Proposal: linkAnswerOf(p.Proposal),
		ProposalAt: p.ProposalAt,
	}
	if ref := telling(p); ref != nil {
		a.Current, a.Chosen, a.Coming = ref.Current, ref.Chosen, ref.Coming
	}
	return a
}

func (v view) policyDetail(p *status.Policy) policyDetail {
	d := policyDetail{policyAnswer: answerOf(p), References: make([]referenceAnswer, len(p.References)), History: []writtenAnswer{}}
	for i := range p.References {
		r := &p.References[i]
		d.References[i] = referenceAnswer{
			r.Git, r.File, r.Line, r.Current, r.Chosen, r.Coming, r.CurrentDigest, r.ChosenDigest, string(r.State), reasonAnswerOf(r.Why),
		}
	}
	for i := range v.History {
		if v.History[i].Policy == p.Name {
			d.History = append(d.History, writtenAnswerOf(&v.History[i]))
		}
	}
	return d
}

func decisionAnswerOf(at Place, d status.Decision) decisionAnswer {
	a := decisionAnswer{
		Policy: at.Policy, Git: at.Git, File: at.File, Line: at.Line, Current: d.Current, Chosen: d.Chosen, Changed: d.Changed,
		Unusable: d.Unusable, Asked: d.Asked, Verdicts: make([]verdictAnswer, len(d.Verdicts)),
	}
	for i, v := range d.Verdicts {
		a.Verdicts[i] = verdictAnswer{v.Tag, v.Verdict, v.Rule, v.Detail, v.Until, v.Pushed, v.Above}
	}
	return a
}

func registryAnswerOf(r *status.Registry) registryAnswer {
	a := registryAnswer{
		Host: r.Host, Account: r.Account, Images: r.Images, Oldest: r.Oldest, OldestImage: r.OldestOf, Requests: r.Requests, Pulls: r.Pulls,
		Hours: make([]hourAnswer, len(r.Day)), PausedUntil: r.PausedUntil, TagsPaused: r.TagsPaused, Parked: r.Parked, Error: r.Error, ErrorAt: r.ErrorAt,
		FailingFor: r.FailingFor,
	}
	for i, h := range r.Day {
		a.Hours[i] = hourAnswer{h.Begin, h.Requests, h.Pulls}
	}
	if r.Metered {
		a.Quota = &quotaAnswer{Allowance: r.Allowance, Window: lasting(r.Window), Reserve: r.Reserve, Spent: r.Spent, Left: r.Left, Until: r.Until}
		if r.Remaining >= 0 {
			a.Quota.Remaining = &r.Remaining
		}
	}
	return a
}

func writtenAnswerOf(w *status.Written) writtenAnswer {
	return writtenAnswer{
		w.When, w.Policy, w.Image, w.Git, w.Branch, w.File, w.From, w.To, w.FromDigest, w.ToDigest, linkAnswerOf(w.Commit), linkAnswerOf(w.Proposal),
	}
}
