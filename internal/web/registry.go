package web

import (
	"fmt"
	"html/template"
	"net/http"

	"github.com/image-updater/image-updater/internal/status"
)

// registryCard is a registry as the first page shows it.
type registryCard struct {
	Host, Page string
	Account    string
	Word       string // how it is: ok, failing, paused, credentials refused
	Class      string
	Images     int
	Requests   int
	Pulls      int
	Oldest     moment
	OldestOf   string
	Quota      *quota
	Spark      template.HTML
	Paused     moment
	TagsPaused moment
	Parked     string
	Error      string
	ErrorAt    moment
	FailingFor int
}

// quota is the allowance of pulls of a registry that counts them.
type quota struct {
	Allowance int
	Window    string
	Remaining string // "not known", or a number
	Reserve   int
	Spent     int
	Others    int // what others have spent, where it is known
	Left      int
	Until     moment // empty = pulls may be spent
	Meter     template.HTML
}

func (v view) registryCard(r *status.Registry) registryCard {
	c := registryCard{
		Host: r.Host, Page: registryPage(r.Host), Account: accountOf(r), Images: r.Images, Requests: r.Requests, Pulls: r.Pulls,
		Oldest: v.at(r.Oldest), OldestOf: r.OldestOf, Parked: cut(r.Parked), Error: cut(r.Error), ErrorAt: v.at(r.ErrorAt),
		FailingFor: r.FailingFor, Spark: sparkline(lastDay(r.Day, v.now)), Word: "fine", Class: "good",
	}
	if r.TagsPaused.After(v.now) {
		c.TagsPaused, c.Word, c.Class = v.at(r.TagsPaused), "paused", "notice"
	}
	if r.PausedUntil.After(v.now) {
		c.Paused, c.Word, c.Class = v.at(r.PausedUntil), "paused", "notice"
	}
	if r.FailingFor > 0 {
		c.Word, c.Class = "failing", "bad"
	}
	if r.Parked != "" {
		c.Word, c.Class = "credentials refused", "bad"
	}
	if r.Metered {
		c.Quota = v.quotaOf(r)
	}
	if c.Class == "good" && r.Metered && r.Left <= 0 {
		c.Word, c.Class = "no pulls left", "notice"
	}
	return c
}

// accountOf is by whom a registry is asked, as a sentence ends with it.
func accountOf(r *status.Registry) string {
	if r.Account == "" || r.Account == "anonymous" {
		return "without an account"
	}
	return "as " + r.Account
}

func (v view) quotaOf(r *status.Registry) *quota {
	q := &quota{
		Allowance: r.Allowance, Window: lasting(r.Window), Remaining: "not known", Reserve: r.Reserve, Spent: r.Spent, Others: spentByOthers(r), Left: r.Left,
		Meter: quotaMeter(r),
	}
	if r.Until.After(v.now) {
		q.Until = v.at(r.Until)
	}
	if r.Remaining >= 0 {
		q.Remaining = grouped(r.Remaining)
	}
	return q
}

// spentByOthers is what is gone of the allowance and was not spent here, 0 when the registry does not tell.
func spentByOthers(r *status.Registry) int {
	if r.Remaining < 0 {
		return 0
	}
	return max(0, r.Allowance-r.Remaining-r.Spent)
}

// mostFailing is how many of its failing policies the page of a registry shows.
const mostFailing = 25

// registryBody is the page of one registry.
type registryBody struct {
	Card     registryCard
	Chart    template.HTML
	Hours    []hour
	Asking   list // policies of it that fail
	Policies int
	All      string
}

// hour is a row of the table below the chart.
type hour struct {
	Begin           moment
	Requests, Pulls int
}

func (s *site) registry(r *http.Request, v view) (document, error) {
	host := r.PathValue("host")
	for i := range v.Registries {
		if v.Registries[i].Host == host {
			return document{Template: "registry", Title: host, Area: "registries", Body: v.registryBody(&v.Registries[i])}, nil
		}
	}
	return document{}, fmt.Errorf("no policy looks at a registry %q", host)
}

func (v view) registryBody(r *status.Registry) registryBody {
	day := lastDay(r.Day, v.now)
	b := registryBody{Card: v.registryCard(r), Chart: chart(day), All: policiesURL(query{Registry: r.Host})}
	for _, h := range day {
		b.Hours = append(b.Hours, hour{v.at(h.Begin), h.Requests, h.Pulls})
	}
	own := view{clock: v.clock}
	for i := range v.Policies {
		if v.Policies[i].Registry == r.Host {
			own.Policies = append(own.Policies, v.Policies[i])
		}
	}
	b.Policies = len(own.Policies)
	b.Asking = own.list(mostFailing, byState, status.Failed)
	b.Asking.All = policiesURL(query{Registry: r.Host, States: []status.State{status.Failed}})
	return b
}
