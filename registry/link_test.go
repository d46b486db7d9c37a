package registry

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestNextLink(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"none", nil, ""},
		{"distribution", []string{`</v2/x/tags/list?last=b&n=2>; rel="next"`}, "/v2/x/tags/list?last=b&n=2"},
		{"without rel", []string{`</a>`}, "/a"},
		{"rel without quotes", []string{`</a>;rel=next`}, "/a"},
		{"rel in capitals", []string{`</a>; REL="NEXT"`}, "/a"},
		{"several words", []string{`</a>; rel="last next"`}, "/a"},
		{"another rel", []string{`</a>; rel="prev"`}, ""},
		{"a word that begins so", []string{`</a>; rel="nextish"`}, ""},
		{"second of two", []string{`</a>; rel="prev", </b>; rel="next"`}, "/b"},
		{"second header", []string{`</a>; rel="prev"`, `</b>; rel="next"`}, "/b"},
		{"other parameters", []string{`</a>; title="x, y; rel=\"prev\""; rel="next"; foo`}, "/a"},
		{"first rel counts", []string{`</a>; rel="prev"; rel="next"`}, ""},
		{"commas in the target", []string{`</a?last=1,2;3>; rel="next"`}, "/a?last=1,2;3"},
		{"no brackets", []string{`/a; rel="next"`}, ""},
		{"not closed", []string{`</a; rel="next"`}, ""},
		{"garbage first", []string{`garbage, </a>; rel="next"`}, "/a"},
		{"quote not closed", []string{`</a>; rel="next`}, "/a"},
		{"empty target", []string{`<>; rel="next"`}, ""},
	} {
		if got := nextLink(http.Header{"Link": test.headers}); got != test.want {
			t.Errorf("%s: nextLink = %q, want %q", test.name, got, test.want)
		}
	}
}

func TestNextPage(t *testing.T) {
	t.Parallel()
	at, err := url.Parse("https://r.example/v2/x/tags/list?n=2")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ target, want string }{
		{"/v2/x/tags/list?last=b&n=2", "https://r.example/v2/x/tags/list?last=b&n=2"},
		{"?last=b", "https://r.example/v2/x/tags/list?last=b"},
		{"https://r.example/v2/x/tags/list?last=b", "https://r.example/v2/x/tags/list?last=b"},
		{"https://R.example:443/v2/x/tags/list?last=b", "https://r.example/v2/x/tags/list?last=b"},
		{"/v2/other/tags/list?last=b", "https://r.example/v2/x/tags/list?last=b"},
		{"/repository/docker/v2/x/tags/list?last=b", "https://r.example/v2/x/tags/list?last=b"},
		{"http://r.example/v2/x/tags/list?last=b", ""},
		{"https://r.example:444/v2/x/tags/list?last=b", ""},
		{"https://u@r.example/v2/x/tags/list?last=b", ""},
		{"//evil.example/v2/x/tags/list?last=b", ""},
		{"https://169.254.169.254/", ""},
		{"javascript:alert(1)", ""},
		{"%zz", ""},
	} {
		got := ""
		if next := nextPage(at, test.target); next != nil {
			got = next.String()
		}
		if got != test.want {
			t.Errorf("nextPage(%q) = %q, want %q", test.target, got, test.want)
		}
	}
}

// FuzzLink: nothing panics or runs for ever, and the next page is always the same list on the same origin.
func FuzzLink(f *testing.F) {
	for _, seed := range []string{`</v2/x/tags/list?last=b&n=2>; rel="next"`, `<a>;b="\"";rel=prev, <?x>`, `<`, `<>;;;=`, `<//e>;rel="a next"`} {
		f.Add(seed)
	}
	at, err := url.Parse("https://r.example/v2/x/tags/list?n=2")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header string) {
		target := nextLink(http.Header{"Link": {header}})
		if !strings.Contains(header, "<"+target+">") && target != "" {
			t.Errorf("nextLink(%q) = %q, which is not in it", header, target)
		}
		if next := nextPage(at, target); next != nil {
			if next.Scheme != at.Scheme || next.Host != at.Host || next.Path != at.Path || next.User != nil {
				t.Errorf("nextPage(%q) = %q", target, next)
			}
		}
	})
}
