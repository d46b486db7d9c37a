package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// manyRows is how many policies a page of the table has.
const manyRows = 100

// table is the table of policies with its search.
type table struct {
	Query      query
	Rows       []row
	Total      int // that match
	From, To   int // of them that are shown
	All        int // policies
	Wrong      string
	Filtered   bool
	States     []choice
	Git        []choice
	Registries []choice
	Columns    []column
	Before     string // the URL of the page before, "" = this is the first
	After      string
	More       string // of the beginning of a table: where the whole one is
}

// choice is one entry of a filter.
type choice struct {
	Value, Text string
	N           int
	Chosen      bool
}

// column is a head of the table.
type column struct {
	Text, Class string
	URL         string // sorts by it, "" = it cannot be sorted by
	Sorted      string // ascending, descending, or ""
}

func (s *site) policies(r *http.Request, v view) (document, error) {
	q, wrong := parseQuery(r.URL.Query(), manyRows)
	q.Limit = manyRows
	t := v.table(q, wrong)
	return document{Template: "policies", Title: "Policies", Area: "policies", Body: t}, nil
}

func (v view) table(q query, wrong error) table {
	if _, total := q.find(v.Policies); (q.Page-1)*q.Limit >= total {
		q.Page = 1
	}
	found, total := q.find(v.Policies)
	t := table{Query: q, Total: total, All: len(v.Policies), Filtered: !q.empty()}
	if wrong != nil {
		t.Wrong = wrong.Error()
	}
	for _, p := range found {
		t.Rows = append(t.Rows, v.row(p))
	}
	if len(found) > 0 {
		t.From = (q.Page-1)*q.Limit + 1
		t.To = t.From + len(found) - 1
	}
	if q.Page > 1 {
		t.Before = q.turned(-1)
	}
	if t.To < total {
		t.After = q.turned(1)
	}
	t.choices(v)
	t.columns()
	return t
}

// turned is the URL of the page so many behind.
func (q query) turned(pages int) string {
	q.Page += pages
	return policiesURL(q)
}

func policiesURL(q query) string {
	u := url.URL{Path: "/policies", RawQuery: q.values().Encode()}
	return u.String()
}

// choices fills in what can be filtered by. The counts are of all policies.
func (t *table) choices(v view) {
	for _, c := range countStates(v.Policies) {
		chosen := slices.Contains(t.Query.States, c.State)
		if c.N > 0 || chosen {
			t.States = append(t.States, choice{slug(c.State), string(c.State), c.N, chosen})
		}
	}
	for i := range v.Git {
		name := v.Git[i].Name
		t.Git = append(t.Git, choice{Value: name, Text: name, Chosen: name == t.Query.Git})
	}
	for i := range v.Registries {
		host := v.Registries[i].Host
		t.Registries = append(t.Registries, choice{Value: host, Text: host, Chosen: host == t.Query.Registry})
	}
}

// columns fills in the heads, each with a link that sorts by it.
func (t *table) columns() {
	for _, c := range []struct{ text, class, sort string }{
		{"State", "c-state", "state"}, {"Policy", "c-policy", "name"}, {"Tag", "c-tag", ""}, {"Why", "c-why", ""},
		{"Looked", "c-looked", "looked"}, {"Written", "c-written", "written"},
	} {
		q := t.Query
		head := column{Text: c.text, Class: c.class}
		if c.sort != "" {
			sorted := c.sort == q.Sort || c.sort == orders[0] && q.Sort == ""
			q.Sort, q.Page = c.sort, 1
			head.URL = policiesURL(q)
			if sorted {
				head.Sorted = "ascending"
				if c.sort == "written" {
					head.Sorted = "descending"
				}
			}
		}
		t.Columns = append(t.Columns, head)
	}
}

// Pages is how many pages the table has.
func (t table) Pages() string {
	pages := (t.Total + t.Query.Limit - 1) / t.Query.Limit
	return "Page " + strconv.Itoa(t.Query.Page) + " of " + strconv.Itoa(max(pages, 1))
}
