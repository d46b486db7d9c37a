package registry

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestCutLists lists from registries that send no Link, and so cut lists without a word. However they do it the list is
// whole or an error, after few requests.
func TestCutLists(t *testing.T) {
	t.Parallel()
	type paging = registrytest.Paging
	for _, test := range []struct {
		name     string
		paging   paging
		tags     int
		cut      int // where the error says the list is cut; 0 = it is whole
		requests int
	}{
		{name: "all without n", tags: 1500, requests: 2},
		{name: "all without n, many", tags: 12_345, requests: 2},
		{name: "all without n, a round number", tags: 2000, requests: 4},
		{name: "all without n, as many as are asked for last", tags: 10_000, requests: 4},
		{name: "100 without n", paging: paging{Default: 100}, tags: 1500, requests: 3},
		{name: "100 without n, many", paging: paging{Default: 100}, tags: 12_345, cut: 10_000, requests: 4},
		{name: "100 without n, as many as are asked for last", paging: paging{Default: 100}, tags: 10_000, requests: 4},
		{name: "1000 without n", paging: paging{Default: 1000}, tags: 1500, requests: 3},
		{name: "1000 without n, many", paging: paging{Default: 1000}, tags: 12_345, cut: 10_000, requests: 4},
		{name: "5000 without n", paging: paging{Default: 5000}, tags: 7000, requests: 3},
		{name: "5000 without n, many", paging: paging{Default: 5000}, tags: 12_345, cut: 10_000, requests: 4},
		{name: "10000 without n, many", paging: paging{Default: 10_000}, tags: 12_345, cut: 10_000, requests: 4},
		{name: "1000 at most", paging: paging{Size: 1000}, tags: 1500, cut: 1000, requests: 4},
		{name: "1000 at most, 100 without n", paging: paging{Size: 1000, Default: 100}, tags: 1500, cut: 1000, requests: 4},
		{name: "1000 at most, all without n", paging: paging{Size: 1000, Default: 1 << 30}, tags: 1500, requests: 2},
		{name: "1000 at most, 100 without n, last is ignored", paging: paging{Size: 1000, Default: 100, IgnoreLast: true},
			tags: 1500, cut: 1000, requests: 4},
		{name: "5000 at most", paging: paging{Size: 5000}, tags: 12_345, cut: 5000, requests: 4},
		{name: "100 without n, last is ignored", paging: paging{Default: 100, IgnoreLast: true}, tags: 12_345, cut: 10_000, requests: 4},
		{name: "more than 1000 is refused", paging: paging{MaxN: 1000, Default: 100}, tags: 1500, cut: 1000, requests: 4},
		{name: "more than 1000 is refused, last is ignored", paging: paging{MaxN: 1000, Default: 1000, IgnoreLast: true},
			tags: 1500, cut: 1000, requests: 4},
		{name: "n is refused, 1000 without", paging: paging{RefuseN: true, Default: 1000}, tags: 1500, cut: 1000, requests: 4},
		{name: "n is refused, all without", paging: paging{RefuseN: true}, tags: 1500, requests: 2},
		{name: "n is refused, nothing without", paging: paging{RefuseN: true}, requests: 2},
		{name: "n is ignored", paging: paging{IgnoreN: true}, tags: 12_345, requests: 1},

		// Nothing tells a list of exactly one page from one that is cut there but what comes after it.
		{name: "exactly 1000", tags: 1000, requests: 4},
		{name: "exactly 1000, 100 without n", paging: paging{Default: 100}, tags: 1000, requests: 4},
		{name: "exactly 1000, 1000 at most", paging: paging{Size: 1000}, tags: 1000, requests: 4},
		{name: "exactly 1000, n and last are ignored", paging: paging{IgnoreN: true}, tags: 1000, requests: 4},
		{name: "exactly 1000, more is refused", paging: paging{MaxN: 1000}, tags: 1000, requests: 4},
		{name: "exactly 1000, n is refused", paging: paging{RefuseN: true}, tags: 1000, requests: 4},
		{name: "exactly 1000, more and last are refused", paging: paging{MaxN: 1000, RefuseLast: true}, tags: 1000, cut: 1000, requests: 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.paging.NoLink = true
			r := registrytest.New(registrytest.Options{Paging: test.paging})
			want := slices.Sorted(slices.Values(numbered(test.tags)))
			r.Add("library/nginx", want...)
			c := newClient(t, withoutSockets(r))
			list, err := c.Tags(t.Context(), repository("library/nginx"), 0)
			if test.cut > 0 {
				asError(t, err, fmt.Sprintf("the list seems cut at %d tags and has no Link to the rest", test.cut))
			} else if err != nil {
				t.Error(err)
			} else if !slices.Equal(want, list.Tags) {
				t.Errorf("got %d of %d tags", len(list.Tags), len(want))
			}
			if got := r.Counts().List; got != test.requests {
				t.Errorf("%d requests, want %d", got, test.requests)
			}
		})
	}
}

// TestDroppedOnce: what is read again is not counted again.
func TestDroppedOnce(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Paging: registrytest.Paging{NoLink: true}})
	r.Add("library/nginx", numbered(1500)...)
	r.Add("library/nginx", "-x")
	c := newClient(t, withoutSockets(r))
	list, err := c.Tags(t.Context(), repository("library/nginx"), 0)
	if err != nil || len(list.Tags) != 1500 || list.Dropped != 1 || r.Counts().List != 2 {
		t.Errorf("%d tags, %d dropped, %v, after %v; want 1500, 1 dropped, after 2 lists", len(list.Tags), list.Dropped, err, r.Counts())
	}
}

// TestIllegalLastTag: what is no tag is not sent back, whatever its length, not even to ask what comes after it.
func TestIllegalLastTag(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Paging: registrytest.Paging{NoLink: true}})
	r.Add("library/nginx", numbered(999)...)
	r.Add("library/nginx", "~")
	c := newClient(t, withoutSockets(r))
	_, err := c.Tags(t.Context(), repository("library/nginx"), 0)
	asError(t, err, "seems cut at 1000 tags")
	if got := r.Counts().List; got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
}

// TestLinkRefused: what a registry has linked to it must send, too; a shorter list in one page is no replacement.
func TestLinkRefused(t *testing.T) {
	t.Parallel()
	registry := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		query := req.URL.Query()
		switch {
		case query.Has("last"):
			w.WriteHeader(http.StatusBadRequest)
		case query.Has("n"):
			w.Header().Set("Link", "</v2/library/nginx/tags/list?n=1000&last=1.1>; rel=next")
			fmt.Fprint(w, `{"tags":["1.0","1.1"]}`)
		default:
			fmt.Fprint(w, `{"tags":["1.0"]}`)
		}
	})
	c := newClient(t, Options{Transport: registrytest.Transport(registry)})
	list, err := c.Tags(t.Context(), repository("library/nginx"), 0)
	if err == nil {
		t.Fatalf("got %q", list.Tags)
	}
	asError(t, err, "400 Bad Request")
}
