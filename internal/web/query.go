package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/image-updater/image-updater/internal/status"
)

// query is which policies somebody wants to see, as it stands in a URL.
type query struct {
	Text     string         // words that must all occur
	States   []status.State // any of them; none = all
	Git      string
	Registry string
	Sort     string // one of orders, "" = the first
	Page     int    // from 1
	Limit    int    // policies a page
}

// Bounds of a query.
const (
	mostText  = 200  // bytes of the words
	mostLimit = 1000 // policies a page
)

// orders are the ways to sort, by the word for it.
var orders = []string{"state", "name", "image", "looked", "next", "written"}

// parseQuery reads a query of a URL. What it cannot read is left out, and the error tells the first of it.
func parseQuery(values url.Values, limit int) (query, error) {
	q := query{
		Text: strings.Join(strings.Fields(strings.ToValidUTF8(values.Get("q"), "")), " "), Git: values.Get("git"),
		Registry: values.Get("registry"), Page: 1, Limit: limit,
	}
	var wrong error
	note := func(err error) { wrong = cmp.Or(wrong, err) }
	if len(q.Text) > mostText {
		q.Text = ""
		note(fmt.Errorf("q: longer than %d bytes", mostText))
	}
	for _, name := range values["state"] {
		state := status.State(strings.ReplaceAll(name, "-", " "))
		switch {
		case name == "":
		case !slices.Contains(status.States, state):
			note(fmt.Errorf("state: there is no state %q", name))
		case !slices.Contains(q.States, state):
			q.States = append(q.States, state)
		}
	}
	if name := values.Get("sort"); slices.Contains(orders, name) {
		q.Sort = name
	} else if name != "" {
		note(fmt.Errorf("sort: there is no order %q", name))
	}
	note(number(values, "page", &q.Page, 1<<30))
	note(number(values, "limit", &q.Limit, mostLimit))
	return q, wrong
}

// number reads a number from 1 on.
func number(values url.Values, key string, into *int, most int) error {
	text := values.Get(key)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return fmt.Errorf("%s: %q is no number from 1 to %d", key, text, most)
	}
	*into = n
	return nil
}

// Values is the query as a URL has it, without what is as it would be anyway.
func (q query) values() url.Values {
	v := url.Values{}
	set := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	set("q", q.Text)
	for _, state := range q.States {
		v.Add("state", slug(state))
	}
	set("git", q.Git)
	set("registry", q.Registry)
	set("sort", q.Sort)
	if q.Page > 1 {
		set("page", strconv.Itoa(q.Page))
	}
	return v
}

// empty reports whether it names all policies.
func (q query) empty() bool {
	return q.Text == "" && len(q.States) == 0 && q.Git == "" && q.Registry == ""
}

// find returns the policies of one page of the query, and how many there are on all.
func (q query) find(policies []status.Policy) (page []*status.Policy, total int) {
	words := strings.Fields(strings.ToLower(q.Text))
	found := make([]*status.Policy, 0, len(policies))
	for i := range policies {
		if q.matches(&policies[i], words) {
			found = append(found, &policies[i])
		}
	}
	slices.SortStableFunc(found, q.order())
	from := min((q.Page-1)*q.Limit, len(found))
	return found[from:min(from+q.Limit, len(found))], len(found)
}

func (q query) matches(p *status.Policy, words []string) bool {
	if len(q.States) > 0 && !slices.Contains(q.States, p.State) {
		return false
	}
	if q.Git != "" && !slices.Contains(p.Git, q.Git) || q.Registry != "" && p.Registry != q.Registry {
		return false
	}
	for _, word := range words {
		if !mentions(p, word) {
			return false
		}
	}
	return true
}

// mentions reports whether the word, in small letters, stands in what a table or page tells of the policy.
func mentions(p *status.Policy, word string) bool {
	in := func(text string) bool { return strings.Contains(strings.ToLower(text), word) }
	if in(p.Name) || in(p.Image) || in(p.Registry) || in(p.Rule) || in(p.Why.Detail) || slices.ContainsFunc(p.Git, in) {
		return true
	}
	return slices.ContainsFunc(p.References, func(r status.Reference) bool {
		return in(r.File) || in(r.Current) || in(r.Chosen) || in(r.Coming)
	})
}

// ranks tells how much a state asks for a person, the most first.
var ranks = func() map[status.State]int {
	r := make(map[status.State]int, len(status.States))
	for i, state := range status.States {
		r[state] = i
	}
	return r
}()

func byRank(a, b *status.Policy) int { return cmp.Compare(ranks[a.State], ranks[b.State]) }

// order compares two policies: first what the query sorts by, then the names.
func (q query) order() func(a, b *status.Policy) int {
	byName := func(a, b *status.Policy) int { return strings.Compare(a.Name, b.Name) }
	var first func(a, b *status.Policy) int
	switch q.Sort {
	case "name":
		return byName
	case "image":
		first = func(a, b *status.Policy) int { return strings.Compare(a.Image, b.Image) }
	case "looked":
		first = func(a, b *status.Policy) int { return a.Looked.Compare(b.Looked) }
	case "next":
		first = func(a, b *status.Policy) int { return a.NextLook.Compare(b.NextLook) }
	case "written":
		first = func(a, b *status.Policy) int { return b.Written.Compare(a.Written) }
	default:
		first = byRank
	}
	return func(a, b *status.Policy) int { return cmp.Or(first(a, b), byName(a, b)) }
}
