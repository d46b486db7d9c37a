package forge

import (
	"net/http"
	"net/url"
	"testing"
)

func TestNextByLink(t *testing.T) {
	t.Parallel()
	asked := url.Values{"state": {"open"}, "per_page": {"100"}}
	for _, test := range []struct {
		name string
		link []string
		want string // "" = there is none
	}{
		{name: "none"},
		{name: "next", link: []string{`<https://api.github.com/repositories/1/pulls?page=2&per_page=100&state=open>; rel="next", <https://x/?page=9>; rel="last"`}, want: "page=2&per_page=100&state=open"},
		{name: "in the second place", link: []string{`<https://x/?page=1>; rel="first",<https://x/?page=3>; rel="next"`}, want: "page=3&per_page=100&state=open"},
		{name: "in the second header", link: []string{`<https://x/?page=1>; rel="first"`, `<https://x/?page=3>; rel=next`}, want: "page=3&per_page=100&state=open"},
		{name: "with more parameters", link: []string{`<https://x/?cursor=a%3D%3D>; title="x"; REL="next"`}, want: "cursor=a%3D%3D&per_page=100&state=open"},
		{name: "the last", link: []string{`<https://x/?page=1>; rel="prev"`}},
		{name: "on the spot", link: []string{`<https://x/?state=open>; rel="next"`}},
		{name: "without a query", link: []string{`<https://x/>; rel="next"`}},
		{name: "no URL", link: []string{`<https://%zz/>; rel="next"`}},
		{name: "nonsense", link: []string{`rel="next"`, `<`, `>; rel="next"`, ``, `<;rel="next"`}},
	} {
		got := nextByLink(http.Header{"Link": test.link}, asked)
		if encoded := got.Encode(); encoded != test.want || (got == nil) != (test.want == "") {
			t.Errorf("%s: %q, want %q", test.name, encoded, test.want)
		}
	}
	if asked.Encode() != "per_page=100&state=open" {
		t.Errorf("what was asked for has become %q", asked.Encode())
	}
}

func FuzzNextByLink(f *testing.F) {
	f.Add(`<https://x/?page=2>; rel="next"`, "page=1")
	f.Fuzz(func(t *testing.T, link, asked string) {
		query, err := url.ParseQuery(asked)
		if err != nil {
			return
		}
		if next := nextByLink(http.Header{"Link": {link}}, query); next != nil && next.Encode() == query.Encode() {
			t.Error("the same page again")
		}
	})
}
