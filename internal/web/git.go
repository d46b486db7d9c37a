package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/image-updater/image-updater/internal/status"
)

// gitCard is a Git repository as the first page shows it.
type gitCard struct {
	Name, Page  string
	URL, Branch string
	How         string // changes are written
	Tip         string
	Word, Class string
	Read, Write moment
	Queue       int
	Retry       int
	Open        int
	Error       string
	Since       moment
	Fault       string
}

func (v view) gitCard(g *status.Git) gitCard {
	c := gitCard{
		Name: g.Name, Page: gitPage(g.Name), URL: g.URL, Branch: g.Branch, How: howWritten(g.Mode), Tip: g.Tip[:min(7, len(g.Tip))],
		Read: v.at(g.Read), Write: v.at(g.Write), Queue: g.Queue, Retry: g.Retry, Open: len(g.Open), Error: cut(g.Error), Since: v.since(g.Since),
		Fault: cut(g.Fault), Word: "fine", Class: "good",
	}
	switch {
	case g.Error != "":
		c.Word, c.Class = "failing", "bad"
	case g.Fault != "":
		c.Word, c.Class = "policy files not valid", "bad"
	case g.Read.IsZero():
		c.Word, c.Class = "not read yet", "notice"
	}
	return c
}

// howWritten is a mode in words.
func howWritten(mode string) string {
	switch mode {
	case "commit":
		return "changes are committed to it"
	case "branch":
		return "changes are pushed to branches beside it"
	case "pull-request":
		return "changes are proposed as pull requests"
	default:
		return mode
	}
}

// gitBody is the page of one Git repository.
type gitBody struct {
	Card     gitCard
	Open     []proposal
	MoreOpen int
	Written  []written
	Policies int
	All      string
}

// proposal is an open pull request.
type proposal struct {
	Link     link
	Title    string
	Branch   string
	State    string
	Detail   string
	Policies []string
	More     int // policies
}

// How much the page of a Git repository tells.
const (
	mostOpen     = 100
	mostProposed = 20 // policies of a pull request
)

func (s *site) git(r *http.Request, v view) (document, error) {
	name := r.PathValue("name")
	for i := range v.Git {
		if v.Git[i].Name == name {
			return document{Template: "git", Title: name, Area: "git", Body: v.gitBody(&v.Git[i])}, nil
		}
	}
	return document{}, fmt.Errorf("there is no Git repository %q", name)
}

func (v view) gitBody(g *status.Git) gitBody {
	b := gitBody{
		Card: v.gitCard(g), All: policiesURL(query{Git: g.Name}),
		Written: v.writtenBy(mostHistory, func(w *status.Written) bool { return w.Git == g.Name }),
	}
	b.MoreOpen = max(0, len(g.Open)-mostOpen)
	for i := range g.Open[:len(g.Open)-b.MoreOpen] {
		p := &g.Open[i]
		more := max(0, len(p.Policies)-mostProposed)
		b.Open = append(b.Open, proposal{
			linkOf(p.Link), p.Title, p.Branch, p.State, cut(p.Detail), p.Policies[:len(p.Policies)-more], more,
		})
	}
	for i := range v.Policies {
		if slices.Contains(v.Policies[i].Git, g.Name) {
			b.Policies++
		}
	}
	return b
}
