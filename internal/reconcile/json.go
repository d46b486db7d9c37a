package reconcile

import (
	"time"

	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/policy"
)

// Request counts what was asked of one registry.
type Request struct {
	Registry string `json:"registry"`
	Requests int    `json:"requests"` // on the wire: tokens and pings included
	Pulls    int    `json:"pulls"`    // counted against a pull quota
}

// PlanJSON returns the report in the stable form of plan -o json (DESIGN.md, section 4), with the subjects of the commits
// that run would push. Lists are never null.
func (r Report) PlanJSON(requests []Request) any {
	out := subjectsJSON{planJSON: r.planJSON(requests), Subjects: make([]subjectJSON, len(r.Planned))}
	for i, c := range r.Planned {
		out.Subjects[i] = subjectJSON{Git: c.Git, Branch: c.Branch, Subject: c.Subject, Policies: c.Policies}
	}
	return out
}

// RunJSON returns the report in the stable form of run -o json: that of plan, and the commits. Where anything is written
// by pull requests, both have these.
func (r Report) RunJSON(requests []Request) any { return r.runJSON(requests) }

func (r Report) runJSON(requests []Request) runJSON {
	out := runJSON{planJSON: r.planJSON(requests), Commits: make([]commitJSON, len(r.Commits))}
	for i, c := range r.Commits {
		out.Commits[i] = commitJSON{Git: c.Git, Branch: c.Branch, Commit: c.ID, Policies: c.Policies, URL: c.URL}
	}
	return out
}

// SetJSON returns the report in the stable form of set -o json: that of run, and the references that were as they are
// wanted already. It asks no registry and holds nothing back.
func (r Report) SetJSON(unchanged []plan.Change, dryRun bool) any {
	out := setJSON{runJSON: r.runJSON(nil), Unchanged: make([]unchangedJSON, len(unchanged)), DryRun: dryRun}
	for i, c := range unchanged {
		out.Unchanged[i] = unchangedJSON{
			Policy: c.Policy, Git: c.Git, File: c.Site.Path, Line: c.Site.Line, Image: c.Site.Image.String(),
			Tag: c.Site.Tag, Digest: c.Site.Digest.String()}
	}
	return out
}

func (r Report) planJSON(requests []Request) planJSON {
	out := planJSON{
		Changes:  make([]changeJSON, len(r.Changes)),
		Held:     make([]heldJSON, len(r.Held)),
		Errors:   make([]problemJSON, len(r.Errors)),
		Requests: append([]Request{}, requests...),
	}
	for i, c := range r.Changes {
		out.Changes[i] = changeJSON{
			Policy: c.Policy, Git: c.Git, File: c.Site.Path, Line: c.Site.Line, Image: c.Site.Image.String(),
			From: c.Site.Tag, To: c.To, FromDigest: c.Site.Digest.String(), ToDigest: c.ToDigest.String()}
	}
	if r.PullRequests != nil {
		out.PullRequests = make([]pullRequestJSON, len(r.PullRequests))
	}
	for i, p := range r.PullRequests {
		out.PullRequests[i] = pullRequestJSON{Git: p.Git, Branch: p.Branch, URL: p.URL, State: p.State, Number: p.Number,
			Title: p.Title, Detail: p.Detail}
	}
	for i, h := range r.Held {
		out.Held[i] = heldJSON{Policy: h.Policy, Rule: h.Rule, Detail: h.Detail, Until: h.Until.UTC()}
	}
	for i, p := range r.Errors {
		out.Errors[i] = problemJSON{Policy: p.Policy, Error: p.Err.Error(), Hint: p.Hint}
	}
	return out
}

type planJSON struct {
	Changes  []changeJSON  `json:"changes"`
	Held     []heldJSON    `json:"held"`
	Errors   []problemJSON `json:"errors"`
	Requests []Request     `json:"requests"`

	PullRequests []pullRequestJSON `json:"pullRequests,omitzero"`
}

type subjectsJSON struct {
	planJSON
	Subjects []subjectJSON `json:"subjects"`
}

type subjectJSON struct {
	Git      string   `json:"git"`
	Branch   string   `json:"branch"`
	Subject  string   `json:"subject"`
	Policies []string `json:"policies"`
}

type pullRequestJSON struct {
	Git    string           `json:"git"`
	Branch string           `json:"branch"`
	URL    string           `json:"url"`
	State  proposal.Outcome `json:"state"`
	Number int              `json:"number,omitempty"`
	Title  string           `json:"title,omitempty"`
	Detail string           `json:"detail,omitempty"`
}

type runJSON struct {
	planJSON
	Commits []commitJSON `json:"commits"`
}

type setJSON struct {
	runJSON
	Unchanged []unchangedJSON `json:"unchanged"`
	DryRun    bool            `json:"dryRun,omitempty"` // nothing was written
}

type unchangedJSON struct {
	Policy string `json:"policy"`
	Git    string `json:"git"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Image  string `json:"image"`
	Tag    string `json:"tag"`
	Digest string `json:"digest,omitempty"`
}

type changeJSON struct {
	Policy     string `json:"policy"`
	Git        string `json:"git"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Image      string `json:"image"`
	From       string `json:"from"`
	To         string `json:"to"`
	FromDigest string `json:"fromDigest,omitempty"`
	ToDigest   string `json:"toDigest,omitempty"`
}

type heldJSON struct {
	Policy string      `json:"policy"`
	Rule   policy.Rule `json:"rule"`
	Detail string      `json:"detail"`
	Until  time.Time   `json:"until,omitzero"`
}

type problemJSON struct {
	Policy string `json:"policy"`
	Error  string `json:"error"`
	Hint   string `json:"hint,omitempty"`
}

type commitJSON struct {
	Git      string   `json:"git"`
	Branch   string   `json:"branch"`
	Commit   string   `json:"commit"`
	Policies []string `json:"policies"`
	URL      string   `json:"url"`
}
