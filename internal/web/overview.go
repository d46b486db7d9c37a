package web

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"

	"github.com/image-updater/image-updater/internal/status"
)

// How much the first page tells.
const (
	fewAsking  = 6
	fewWaiting = 6
	fewWritten = 8
	fewRows    = 10
)

// overview is the first page.
type overview struct {
	Asking     list // what needs a person
	Waiting    list // what will go on by itself, or by a review
	Written    []written
	MoreWrites bool
	Bar        template.HTML // how many policies are in which state
	Table      table
	Registries []registryCard
	Short      []string
	Git        []gitCard
	Hooks      []hookRow
	Channels   []channelRow
	Last       pass
	Running    *pass
	Next       moment // the next look at a registry
	Images     int
	Oldest     moment
}

// list is some policies and how many more there are.
type list struct {
	Rows []row
	More int
	All  string // where all of them are
}

// Count is how many there are, shown or not.
func (l list) Count() int { return len(l.Rows) + l.More }

func (s *site) overview(_ *http.Request, v view) (document, error) {
	h := healthOf(v)
	q := query{Page: 1, Limit: fewRows}
	o := overview{
		Asking:  v.list(fewAsking, byState, status.Failed, status.Held, status.NotFound),
		Waiting: v.list(fewWaiting, byTime, status.Proposed, status.Waiting),
		Bar:     stateBar(h.Counts), Table: v.table(q, nil), Short: v.Config.Short,
		Last: v.pass(v.Last), Hooks: v.hooks(), Channels: v.channels(),
	}
	if o.Table.After != "" {
		// The pages of the whole table are longer, so its second does not begin where this one ends.
		o.Table.After, o.Table.More = "", policiesURL(query{})
	}
	o.Written, o.MoreWrites = v.latest(fewWritten)
	if v.Running.Number != 0 || !v.Running.Began.IsZero() {
		running := v.pass(v.Running)
		o.Running = &running
	}
	for i := range v.Registries {
		o.Registries = append(o.Registries, v.registryCard(&v.Registries[i]))
		o.Images += v.Registries[i].Images
	}
	for i := range v.Git {
		o.Git = append(o.Git, v.gitCard(&v.Git[i]))
	}
	o.Next = v.nextLook()
	return document{Template: "overview", Title: h.Sentence, Area: "overview", Body: o}, nil
}

// byState has what asks most for a person first, and of that the latest.
func byState(a, b *status.Policy) int {
	return cmp.Or(byRank(a, b), b.Since.Compare(a.Since), cmp.Compare(a.Name, b.Name))
}

// byTime has what ends first in front, and what has no end behind, the longest first.
func byTime(a, b *status.Policy) int {
	if a.Why.Until.IsZero() != b.Why.Until.IsZero() {
		if a.Why.Until.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.Why.Until.Compare(b.Why.Until), a.Since.Compare(b.Since), cmp.Compare(a.Name, b.Name))
}

func (v view) list(most int, order func(a, b *status.Policy) int, states ...status.State) list {
	var found []*status.Policy
	for i := range v.Policies {
		if slices.Contains(states, v.Policies[i].State) {
			found = append(found, &v.Policies[i])
		}
	}
	slices.SortFunc(found, order)
	l := list{All: "/policies?" + query{States: states}.values().Encode(), More: max(0, len(found)-most)}
	for _, p := range found[:len(found)-l.More] {
		l.Rows = append(l.Rows, v.row(p))
	}
	return l
}

// nextLook is when the next registry is asked.
func (v view) nextLook() moment {
	var next moment
	first := v.now.AddDate(100, 0, 0)
	for i := range v.Policies {
		if at := v.Policies[i].NextLook; !at.IsZero() && at.Before(first) {
			first, next = at, v.next(at)
		}
	}
	return next
}

// pass is one turn of deciding and writing.
type pass struct {
	Number       int
	Began, Ended moment
	Took         string
	Reason       string
	Stage        string
	Stuck        bool
	Outcome      string
	Errors       int
}

func (v view) pass(p status.Pass) pass {
	q := pass{
		Number: p.Number, Began: v.at(p.Began), Ended: v.at(p.Ended), Reason: p.Reason, Stage: p.Stage, Stuck: p.Stuck, Errors: p.Errors,
	}
	if !p.Ended.IsZero() {
		q.Took = lasting(p.Ended.Sub(p.Began))
	}
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{p.Changes, "change", "changes"},
		{p.Commits, "commit", "commits"},
		{p.PullRequests, "pull request", "pull requests"},
		{p.Held, "held back", "held back"},
		{p.Errors, "error", "errors"},
	} {
		if part.n > 0 {
			parts = append(parts, counted(part.n, part.one, part.many))
		}
	}
	if q.Outcome = enumerated(parts); q.Outcome == "" {
		q.Outcome = "nothing to write"
	}
	return q
}
