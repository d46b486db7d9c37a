package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/internal/status"
)

func TestParseQuery(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		want query
		err  string
	}{
		{in: "", want: query{Page: 1, Limit: 100}},
		{in: "q=+a++b+&state=up-to-date&state=held&git=fleet&registry=docker.io&sort=name&page=3&limit=7", want: query{
			Text: "a b", States: []status.State{status.UpToDate, status.Held}, Git: "fleet", Registry: "docker.io", Sort: "name", Page: 3, Limit: 7,
		}},
		{in: "state=&state=held&state=held", want: query{States: []status.State{status.Held}, Page: 1, Limit: 100}},
		{in: "state=fine&page=2", want: query{Page: 2, Limit: 100}, err: `state: there is no state "fine"`},
		{in: "sort=up", want: query{Page: 1, Limit: 100}, err: `sort: there is no order "up"`},
		{in: "page=0", want: query{Page: 1, Limit: 100}, err: `page: "0" is no number from 1 to 1073741824`},
		{in: "limit=1001", want: query{Page: 1, Limit: 100}, err: `limit: "1001" is no number from 1 to 1000`},
		{in: "q=" + strings.Repeat("x", 201), want: query{Page: 1, Limit: 100}, err: "q: longer than 200 bytes"},
	} {
		t.Run(test.in, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(test.in)
			if err != nil {
				t.Fatal(err)
			}
			got, wrong := parseQuery(values, manyRows)
			text := ""
			if wrong != nil {
				text = wrong.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" || text != test.err {
				t.Errorf("error %q, want %q\n%s", text, test.err, diff)
			}
		})
	}
}

// The pages of a query together are all that it finds, each once and in order, and there is nothing else that matches.
func TestPagesAreAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		policies := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) status.Policy {
			return status.Policy{
				Name: rapid.StringMatching(`[a-c]{1,3}`).Draw(t, "name"), Image: rapid.StringMatching(`[a-c]{1,2}`).Draw(t, "image"),
				State: rapid.SampledFrom(status.States).Draw(t, "state"), Git: []string{rapid.SampledFrom([]string{"x", "y"}).Draw(t, "git")},
			}
		}), 0, 30).Draw(t, "policies")
		q := query{
			Text: rapid.StringMatching(`[a-c]{0,2}`).Draw(t, "text"), Git: rapid.SampledFrom([]string{"", "x"}).Draw(t, "git"),
			States: rapid.SliceOfNDistinct(rapid.SampledFrom(status.States), 0, 2, rapid.ID).Draw(t, "states"),
			Sort:   rapid.SampledFrom(orders).Draw(t, "sort"), Limit: rapid.IntRange(1, 7).Draw(t, "limit"),
		}
		var all []*status.Policy
		for q.Page = 1; ; q.Page++ {
			page, total := q.find(policies)
			all = append(all, page...)
			if len(all) >= total || len(page) == 0 {
				if len(all) != total {
					t.Fatalf("%d of %d on all pages", len(all), total)
				}
				break
			}
		}
		if !slices.IsSortedFunc(all, q.order()) {
			t.Fatal("they are not in order")
		}
		for i := range policies {
			if found := slices.Contains(all, &policies[i]); found != q.matches(&policies[i], strings.Fields(q.Text)) {
				t.Fatalf("%v is found: %v", policies[i], found)
			}
		}
	})
}

// No query fails, and what a query says of itself is read as the same.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "q=a+b&state=held&page=2", "state=up-to-date&sort=name&limit=5", "q=%ff%00&git=%3Cscript%3E", "page=-1&limit=99999999999999999999"} {
		f.Add(seed)
	}
	policies := []status.Policy{{Name: "a", State: status.Held}, {Name: "b", State: status.UpToDate}}
	f.Fuzz(func(t *testing.T, in string) {
		values, err := url.ParseQuery(in)
		if err != nil {
			return
		}
		q, _ := parseQuery(values, manyRows)
		if q.Page < 1 || q.Limit < 1 || q.Limit > mostLimit || len(q.Text) > mostText {
			t.Fatalf("out of bounds: %+v", q)
		}
		if page, total := q.find(policies); len(page) > total || total > len(policies) {
			t.Fatalf("%d of %d", len(page), total)
		}
		again, wrong := parseQuery(q.values(), q.Limit)
		if diff := cmp.Diff(q, again); diff != "" || wrong != nil {
			t.Fatalf("read again: %v\n%s", wrong, diff)
		}
	})
}
