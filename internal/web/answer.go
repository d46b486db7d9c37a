package web

import (
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// The answers of the API. Their fields are what scripts rely on, so they do not follow a Status by themselves. Times that
// are not known and texts that say nothing are left out; lists are never null.

type statusAnswer struct {
	At       time.Time       `json:"at"`
	Started  time.Time       `json:"started,omitzero"`
	Version  string          `json:"version"`
	Ready    bool            `json:"ready"`
	Health   string          `json:"health"`
	Summary  string          `json:"summary"`
	Config   configAnswer    `json:"config"`
	LastPass *passAnswer     `json:"lastPass,omitempty"`
	Running  *passAnswer     `json:"runningPass,omitempty"`
	States   map[string]int  `json:"states"`
	Git      []gitAnswer     `json:"git"`
	Hooks    []hookAnswer    `json:"hooks"`
	Channels []channelAnswer `json:"channels"`
}

type configAnswer struct {
	Files   []string  `json:"files"`
	Loaded  time.Time `json:"loaded,omitzero"`
	Fault   string    `json:"fault,omitempty"`
	FaultAt time.Time `json:"faultAt,omitzero"`
	Short   []string  `json:"short"`
}

type passAnswer struct {
	Number       int       `json:"number"`
	Began        time.Time `json:"began,omitzero"`
	Ended        time.Time `json:"ended,omitzero"`
	Reason       string    `json:"reason,omitempty"`
	Stage        string    `json:"stage,omitempty"`
	Stuck        bool      `json:"stuck"`
	Changes      int       `json:"changes"`
	Commits      int       `json:"commits"`
	PullRequests int       `json:"pullRequests"`
	Held         int       `json:"held"`
	Errors       int       `json:"errors"`
}

type gitAnswer struct {
	Name         string              `json:"name"`
	URL          string              `json:"url"`
	Branch       string              `json:"branch"`
	Mode         string              `json:"mode"`
	Tip          string              `json:"tip,omitempty"`
	Read         time.Time           `json:"read,omitzero"`
	Written      time.Time           `json:"written,omitzero"`
	Queue        int                 `json:"queue"`
	Retries      int                 `json:"retries"`
	PullRequests []pullRequestAnswer `json:"pullRequests"`
	Error        string              `json:"error,omitempty"`
	ErrorSince   time.Time           `json:"errorSince,omitzero"`
	Fault        string              `json:"fault,omitempty"`
}

type pullRequestAnswer struct {
	Branch   string   `json:"branch"`
	Title    string   `json:"title"`
	Text     string   `json:"text"`
	URL      string   `json:"url,omitempty"`
	State    string   `json:"state"`
	Detail   string   `json:"detail,omitempty"`
	Policies []string `json:"policies"`
}

type hookAnswer struct {
	Name    string    `json:"name"`
	Kind    string    `json:"kind"`
	Events  int       `json:"events"`
	Refused int       `json:"refused"`
	Unnamed int       `json:"unnamed"`
	Last    time.Time `json:"last,omitzero"`
	Error   string    `json:"error,omitempty"`
	ErrorAt time.Time `json:"errorAt,omitzero"`
}

type channelAnswer struct {
	Name    string    `json:"name"`
	Kind    string    `json:"kind"`
	Sent    int       `json:"sent"`
	Failed  int       `json:"failed"`
	Queued  int       `json:"queued"`
	Last    time.Time `json:"last,omitzero"`
	Error   string    `json:"error,omitempty"`
	ErrorAt time.Time `json:"errorAt,omitzero"`
}

type policiesAnswer struct {
	Policies []policyAnswer `json:"policies"`
	Total    int            `json:"total"`
	Next     string         `json:"next,omitempty"`
}

type policyAnswer struct {
	Name       string        `json:"name"`
	Image      string        `json:"image"`
	Registry   string        `json:"registry"`
	Git        []string      `json:"git"`
	Kind       string        `json:"kind"`
	Rule       string        `json:"rule"`
	Interval   string        `json:"interval"`
	State      string        `json:"state"`
	Since      time.Time     `json:"since,omitzero"`
	Why        *reasonAnswer `json:"why,omitempty"`
	Current    string        `json:"current"`
	Chosen     string        `json:"chosen"`
	Places     int           `json:"places"`
	Looked     time.Time     `json:"looked,omitzero"`
	NextLook   time.Time     `json:"nextLook,omitzero"`
	NewTags    time.Time     `json:"newTags,omitzero"`
	Written    time.Time     `json:"written,omitzero"`
	Commit     *linkAnswer   `json:"commit,omitempty"`
	Proposal   *linkAnswer   `json:"pullRequest,omitempty"`
	ProposalAt time.Time     `json:"pullRequestSince,omitzero"`
}

type policyDetail struct {
	policyAnswer
	References []referenceAnswer `json:"references"`
	History    []writtenAnswer   `json:"history"`
}

type referenceAnswer struct {
	Git           string        `json:"git"`
	File          string        `json:"file"`
	Line          int           `json:"line"`
	Current       string        `json:"current"`
	Chosen        string        `json:"chosen"`
	CurrentDigest string        `json:"currentDigest,omitempty"`
	ChosenDigest  string        `json:"chosenDigest,omitempty"`
	State         string        `json:"state"`
	Why           *reasonAnswer `json:"why,omitempty"`
}

type reasonAnswer struct {
	Rule   string    `json:"rule,omitempty"`
	Detail string    `json:"detail,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

type linkAnswer struct {
	Text string `json:"text"`
	URL  string `json:"url,omitempty"`
}

type decisionAnswer struct {
	Policy   string          `json:"policy"`
	Git      string          `json:"git,omitempty"`
	File     string          `json:"file,omitempty"`
	Line     int             `json:"line,omitempty"`
	Current  string          `json:"current"`
	Chosen   string          `json:"chosen"`
	Changed  bool            `json:"changed"`
	Unusable string          `json:"unusable,omitempty"`
	Asked    time.Time       `json:"asked,omitzero"`
	Verdicts []verdictAnswer `json:"verdicts"`
}

type verdictAnswer struct {
	Tag     string    `json:"tag"`
	Verdict string    `json:"verdict"`
	Rule    string    `json:"rule,omitempty"`
	Detail  string    `json:"detail,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Pushed  time.Time `json:"pushed,omitzero"`
	Above   bool      `json:"above,omitempty"`
}

type registriesAnswer struct {
	Registries []registryAnswer `json:"registries"`
}

type registryAnswer struct {
	Host        string       `json:"host"`
	Account     string       `json:"account"`
	Images      int          `json:"images"`
	Oldest      time.Time    `json:"oldest,omitzero"`
	OldestImage string       `json:"oldestImage,omitempty"`
	Requests    int          `json:"requests"`
	Pulls       int          `json:"pulls"`
	Hours       []hourAnswer `json:"hours"`
	Quota       *quotaAnswer `json:"quota,omitempty"`
	PausedUntil time.Time    `json:"pausedUntil,omitzero"`
	Parked      string       `json:"parked,omitempty"`
	Error       string       `json:"error,omitempty"`
	ErrorAt     time.Time    `json:"errorAt,omitzero"`
	FailingFor  int          `json:"failingFor"`
}

type hourAnswer struct {
	Begin    time.Time `json:"begin"`
	Requests int       `json:"requests"`
	Pulls    int       `json:"pulls"`
}

type quotaAnswer struct {
	Allowance int    `json:"allowance"`
	Window    string `json:"window"`
	Remaining *int   `json:"remaining,omitempty"`
	Reserve   int    `json:"reserve"`
	Spent     int    `json:"spent"`
	Left      int    `json:"left"`
}

type historyAnswer struct {
	History []writtenAnswer `json:"history"`
}

type writtenAnswer struct {
	Time       time.Time   `json:"time"`
	Policy     string      `json:"policy"`
	Image      string      `json:"image"`
	Git        string      `json:"git"`
	Branch     string      `json:"branch"`
	File       string      `json:"file"`
	From       string      `json:"from"`
	To         string      `json:"to"`
	FromDigest string      `json:"fromDigest,omitempty"`
	ToDigest   string      `json:"toDigest,omitempty"`
	Commit     *linkAnswer `json:"commit,omitempty"`
	Proposal   *linkAnswer `json:"pullRequest,omitempty"`
}

type scanBody struct {
	Image  string `json:"image"`
	Policy string `json:"policy"`
}

type scanned struct {
	Images []string `json:"images"`
}

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
		a.Current, a.Chosen = ref.Current, ref.Chosen
	}
	return a
}

func (v view) policyDetail(p *status.Policy) policyDetail {
	d := policyDetail{policyAnswer: answerOf(p), References: make([]referenceAnswer, len(p.References)), History: []writtenAnswer{}}
	for i := range p.References {
		r := &p.References[i]
		d.References[i] = referenceAnswer{
			r.Git, r.File, r.Line, r.Current, r.Chosen, r.CurrentDigest, r.ChosenDigest, string(r.State), reasonAnswerOf(r.Why),
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
		Hours: make([]hourAnswer, len(r.Day)), PausedUntil: r.PausedUntil, Parked: r.Parked, Error: r.Error, ErrorAt: r.ErrorAt,
		FailingFor: r.FailingFor,
	}
	for i, h := range r.Day {
		a.Hours[i] = hourAnswer{h.Begin, h.Requests, h.Pulls}
	}
	if r.Metered {
		a.Quota = &quotaAnswer{Allowance: r.Allowance, Window: lasting(r.Window), Reserve: r.Reserve, Spent: r.Spent, Left: r.Left}
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
