package registry

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestHabits lists a repository of registries with each habit that is known, and counts what was asked.
func TestHabits(t *testing.T) {
	t.Parallel()
	type counts = registrytest.Counts
	page := func(change func(*registrytest.Paging)) registrytest.Paging {
		p := registrytest.Paging{Size: 100}
		change(&p)
		return p
	}
	for _, test := range []struct {
		name    string
		paging  registrytest.Paging
		fault   registrytest.Fault
		tags    []string
		want    []string // nil = the tags
		dropped int
		err     string
		counts  counts
	}{
		{name: "one page", tags: numbered(3), counts: counts{List: 1}},
		{name: "no tags", tags: []string{}, counts: counts{List: 1}},
		{name: "null tags", paging: registrytest.Paging{NullTags: true}, tags: []string{}, counts: counts{List: 1}},
		{name: "pages", paging: registrytest.Paging{Size: 100}, tags: numbered(250), counts: counts{List: 3}},
		{name: "more than asked for", tags: numbered(2500), counts: counts{List: 3}},
		{name: "ends with a full page", paging: registrytest.Paging{Size: 100}, tags: numbered(200), counts: counts{List: 2}},
		{name: "empty last page", paging: page(func(p *registrytest.Paging) { p.EmptyLastPage = true }),
			tags: numbered(200), counts: counts{List: 3}},
		{name: "absolute link", paging: page(func(p *registrytest.Paging) { p.AbsoluteLink = true }),
			tags: numbered(250), counts: counts{List: 3}},
		{name: "tags come twice", paging: page(func(p *registrytest.Paging) { p.Repeat = true }),
			tags: numbered(150), counts: counts{List: 2}},
		{name: "n is ignored", paging: registrytest.Paging{IgnoreN: true}, tags: numbered(1500), counts: counts{List: 1}},
		{name: "n is refused", paging: registrytest.Paging{RefuseN: true}, tags: numbered(50), counts: counts{List: 2}},
		{name: "n is refused, pages", paging: page(func(p *registrytest.Paging) { p.RefuseN = true }),
			tags: numbered(50), counts: counts{List: 2}},
		{name: "next in the body", paging: registrytest.Paging{JSONNext: "http://169.254.169.254/"},
			tags: numbered(3), counts: counts{List: 1}},
		{name: "link to another path", paging: page(func(p *registrytest.Paging) { p.LinkPath = "/v2/other/tags/list" }),
			tags: numbered(250), counts: counts{List: 3}},
		{name: "link to another host", paging: page(func(p *registrytest.Paging) { p.LinkOrigin = "https://evil.example" }),
			tags: numbered(250), err: "leads to another host on its page 1", counts: counts{List: 1}},
		{name: "link to http", paging: page(func(p *registrytest.Paging) { p.LinkOrigin = "http://" + testHost }),
			tags: numbered(250), err: "leads to another host on its page 1", counts: counts{List: 1}},
		{name: "link to itself", paging: page(func(p *registrytest.Paging) { p.Loop = true }),
			tags: numbered(250), err: "leads back to a page that was read, on its page 1", counts: counts{List: 1}},
		{name: "pages without end", paging: registrytest.Paging{Size: 1, Endless: true},
			tags: numbered(10), err: "more than 1000 pages", counts: counts{List: 1000}},
		{name: "tags without end", paging: registrytest.Paging{Endless: true},
			tags: numbered(1000), err: "more than 200000 tags", counts: counts{List: 201}},
		{name: "illegal tags", tags: []string{"1.0", "", "-x", "a b", "x\n", strings.Repeat("x", 129), "\x1b[31m"},
			want: []string{"1.0"}, dropped: 6, counts: counts{List: 1}},
		{name: "no repository", err: "listing tags of registry.acme.example/library/nginx: 404 Not Found: " +
			"NAME_UNKNOWN: repository name not known to registry", counts: counts{List: 1}},
		{name: "html", fault: registrytest.Fault{Status: 200, Body: "<html>log in"}, err: "no tag list: not JSON from byte 1", counts: counts{List: 1}},
		{name: "other json", fault: registrytest.Fault{Status: 200, Body: `{"status":"up"}`}, err: "neither name nor tags", counts: counts{List: 1}},
		{name: "error with status 200", fault: registrytest.Fault{Status: 200, Body: `{"errors":[{"code":"X"}]}`}, err: "it is an error", counts: counts{List: 1}},
		{name: "tags are a map", fault: registrytest.Fault{Status: 200, Body: `{"tags":{"1.0":1}}`}, err: `"tags" has the wrong type, object`, counts: counts{List: 1}},
		{name: "tags that are no strings", fault: registrytest.Fault{Status: 200, Body: `{"tags":["1.0",2,null,{},"1.0"]}`},
			tags: []string{}, want: []string{"1.0"}, dropped: 3, counts: counts{List: 1}},
		{name: "text after the list", fault: registrytest.Fault{Status: 200, Body: `{"tags":["1.0"]}{"tags":["1.1"]}`},
			err: "not JSON", counts: counts{List: 1}},
		{name: "forbidden", fault: registrytest.Fault{Status: http.StatusForbidden},
			err: "403 Forbidden: no credentials for registry.acme.example were found", counts: counts{List: 1}},
		{name: "redirect to another host", fault: registrytest.Fault{Redirect: "https://login.example/"},
			err: "redirect from https://registry.acme.example to https://login.example is not followed", counts: counts{List: 1}},
		{name: "redirect to http", fault: registrytest.Fault{Redirect: "http://" + testHost + "/v2/library/nginx/tags/list"},
			err: "is not followed", counts: counts{List: 1}},
		{name: "redirect on the host", fault: registrytest.Fault{Redirect: "/v2/library/nginx/tags/list?n=5", Times: 1},
			tags: numbered(3), counts: counts{List: 2}},
		{name: "redirects without end", fault: registrytest.Fault{Redirect: "/v2/library/nginx/tags/list"},
			tags: numbered(3), err: "too many redirects", counts: counts{List: 3}},
		{name: "body without end", fault: registrytest.Fault{Endless: true}, err: "longer than 16777216 bytes", counts: counts{List: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{Paging: test.paging})
			if test.tags != nil {
				r.Add("library/nginx", test.tags...)
			}
			r.Break(registrytest.List, test.fault)
			c := newClient(t, withoutSockets(r, Host{Host: testHost, PerSecond: 1e6, Burst: 1e6}))
			list, err := c.Tags(t.Context(), repository("library/nginx"), 0)
			if diff := cmp.Diff(test.counts, r.Counts()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if test.err != "" {
				asError(t, err, test.err)
				if list.Tags != nil {
					t.Errorf("there is a list of %d tags with the error", len(list.Tags))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := test.want
			if want == nil {
				want = test.tags
			}
			if !slices.Equal(want, list.Tags) || list.Dropped != test.dropped || list.Cached {
				t.Errorf("got %d tags, %d dropped, cached %v; want %d tags, %d dropped",
					len(list.Tags), list.Dropped, list.Cached, len(want), test.dropped)
			}
		})
	}
}

// TestExactlyFullOnDockerHub: the page size there is the largest of all.
func TestExactlyFullOnDockerHub(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Paging: registrytest.Paging{NoLink: true}})
	r.Add("library/nginx", numbered(10_000)...)
	c := newClient(t, withoutSockets(r))
	list, err := c.Tags(t.Context(), image.Repository{Host: image.DockerHub, Path: "library/nginx"}, 0)
	if err != nil || len(list.Tags) != 10_000 || r.Counts().List != 4 {
		t.Errorf("%d tags, %v, after %v", len(list.Tags), err, r.Counts())
	}
}
