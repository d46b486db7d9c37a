package registry

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/time/rate"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

var (
	nginx    = image.Repository{Host: image.DockerHub, Path: "library/nginx"}
	hubFacts = image.DigestFact | image.PushedFact | image.PlatformsFact
)

// pushAll pushes tags one second after the other, in their order.
func pushAll(r *registrytest.Registry, path string, from time.Time, tags ...string) {
	for i, tag := range tags {
		r.Push(path, tag, registrytest.Image{Pushed: from.Add(time.Duration(i) * time.Second)})
	}
}

func tagNames(list DetailList) []string {
	names := make([]string, len(list.Tags))
	for i, tag := range list.Tags {
		names[i] = tag.Name
	}
	return names
}

// find returns the tag of that name, or the zero one.
func find(list DetailList, name string) Tag {
	i := slices.IndexFunc(list.Tags, func(t Tag) bool { return t.Name == name })
	if i < 0 {
		return Tag{}
	}
	return list.Tags[i]
}

// TestHubSteps follows one repository over time and counts what each look costs: never a manifest, and one request where
// little has changed.
func TestHubSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
		pushAll(r, nginx.Path, noon.Add(-100*time.Hour), numbered(500)...)
		c := newClient(t, withoutSockets(r))
		want := numbered(500)
		for _, step := range []struct {
			name   string
			change func()
			want   func()
			counts registrytest.Counts
		}{
			{name: "first", counts: registrytest.Counts{Tell: 5}},
			{name: "nothing changed", counts: registrytest.Counts{Tell: 1}},
			{name: "a push", counts: registrytest.Counts{Tell: 1},
				change: func() { pushAll(r, nginx.Path, noon, "1.0") },
				want:   func() { want = append(want, "1.0") }},
			{name: "an old tag is pushed again", counts: registrytest.Counts{Tell: 1},
				change: func() { r.Push(nginx.Path, "0003", registrytest.Image{Pushed: noon.Add(time.Hour), Build: 1}) }},
			{name: "250 pushes", counts: registrytest.Counts{Tell: 3},
				change: func() { pushAll(r, nginx.Path, noon.Add(2*time.Hour), prefixed("2.", 250)...) },
				want:   func() { want = append(want, prefixed("2.", 250)...) }},
			{name: "a new tag is deleted", counts: registrytest.Counts{Tell: 1},
				change: func() { r.Remove(nginx.Path, "2.250") },
				want:   func() { want = slices.DeleteFunc(want, func(s string) bool { return s == "2.250" }) }},
			{name: "an old tag is deleted", counts: registrytest.Counts{Tell: 8}, // 750 tags, of which it was the second
				change: func() { r.Remove(nginx.Path, "0002") },
				want:   func() { want = slices.DeleteFunc(want, func(s string) bool { return s == "0002" }) }},
			{name: "a push and a deletion", counts: registrytest.Counts{Tell: 4}, // the count is what it was
				change: func() { r.Remove(nginx.Path, "0450"); pushAll(r, nginx.Path, noon.Add(3*time.Hour), "3.0") },
				want: func() {
					want = slices.DeleteFunc(append(want, "3.0"), func(s string) bool { return s == "0450" })
				}},
			{name: "nothing changed after that", counts: registrytest.Counts{Tell: 1}},
		} {
			if step.change != nil {
				step.change()
			}
			if step.want != nil {
				step.want()
			}
			r.Reset()
			list, err := c.Details(t.Context(), nginx, hubFacts, 0)
			if err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, tagNames(list)); diff != "" {
				t.Errorf("%s: tags (-want +got):\n%s", step.name, diff)
			}
			if diff := cmp.Diff(step.counts, r.Counts()); diff != "" {
				t.Errorf("%s: requests (-want +got):\n%s", step.name, diff)
			}
			if !list.SecondHand || list.Cached || list.Facts != hubFacts {
				t.Errorf("%s: second hand %v, cached %v, facts %v", step.name, list.SecondHand, list.Cached, list.Facts)
			}
		}
		list, err := c.Details(t.Context(), nginx, image.PushedFact, time.Hour)
		if err != nil || !list.Cached {
			t.Fatalf("within the hour: cached %v, %v", list.Cached, err)
		}
		moved := find(list, "0003")
		digest := r.Push("elsewhere", "0003", registrytest.Image{}) // another name, another digest
		if moved.Digest == "" || moved.Digest == image.Digest(digest) || !moved.Pushed.Equal(noon.Add(time.Hour)) {
			t.Errorf("the tag that was pushed again: %+v", moved)
		}
		if diff := cmp.Diff(amd64, moved.Platforms); diff != "" {
			t.Errorf("platforms (-want +got):\n%s", diff)
		}
	})
}

// prefixed returns the tags prefix001, prefix002 and so on.
func prefixed(prefix string, n int) []string {
	tags := make([]string, n)
	for i := range tags {
		tags[i] = fmt.Sprintf("%s%03d", prefix, i+1)
	}
	return tags
}

// TestHubLaw: whatever is pushed, pushed again and deleted between two looks, the second one finds all that is there and
// no more. What it tells of a tag is true, and where the API shows everything it tells all.
func TestHubLaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		api := &registrytest.HubAPI{
			PageSize:  rapid.IntRange(1, 6).Draw(t, "page size"),
			MaxOffset: rapid.SampledFrom([]int{0, 0, 4, 9}).Draw(t, "max offset"),
			CountOff:  rapid.SampledFrom([]int{0, 0, 1}).Draw(t, "count off"),
		}
		r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: api}})
		r.Add(nginx.Path)
		c := unlimitedHub(t, withoutSockets(r, Host{Host: image.DockerHub, PerSecond: 1e6}))
		defer c.Close()
		there, now := make(map[string]Tag), noon
		for range rapid.IntRange(1, 6).Draw(t, "looks") {
			for range rapid.IntRange(0, 12).Draw(t, "changes") {
				now = now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "pause")) * time.Second)
				name := fmt.Sprintf("%02d", rapid.IntRange(1, 25).Draw(t, "tag"))
				if rapid.Bool().Draw(t, "delete") {
					r.Remove(nginx.Path, name)
					delete(there, name)
					continue
				}
				digest := r.Push(nginx.Path, name, registrytest.Image{Pushed: now, Build: rapid.IntRange(0, 3).Draw(t, "build")})
				there[name] = Tag{Name: name, Digest: image.Digest(digest), Pushed: now, Platforms: amd64}
			}
			got, err := c.Details(t.Context(), nginx, hubFacts, 0)
			if err != nil {
				t.Fatal(err)
			}
			if names := slices.Sorted(maps.Keys(there)); !slices.Equal(names, tagNames(got)) {
				t.Fatalf("tags %v, want %v", tagNames(got), names)
			}
			for _, tag := range got.Tags {
				untold := api.MaxOffset > 0 && cmp.Equal(tag, Tag{Name: tag.Name, PushedBefore: tag.PushedBefore})
				if untold && !tag.PushedBefore.IsZero() && there[tag.Name].Pushed.After(tag.PushedBefore) {
					t.Fatalf("tag %s was pushed at %v, not before %v", tag.Name, there[tag.Name].Pushed, tag.PushedBefore)
				}
				if diff := cmp.Diff(there[tag.Name], tag); diff != "" && !untold {
					t.Fatalf("tag %s (-want +got):\n%s", tag.Name, diff)
				}
			}
		}
	})
}

var amd64 = []image.Platform{{OS: "linux", Architecture: "amd64"}}

// unlimitedHub returns a client that asks Docker Hub's API as often as it likes.
func unlimitedHub(t interface {
	Helper()
	Fatal(...any)
}, o Options,
) *Client {
	t.Helper()
	o.Keychain = anonymous
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	h, err := c.host(image.DockerHub)
	if err != nil {
		t.Fatal(err)
	}
	h.adapters.hub.limit.bucket.SetLimit(rate.Inf)
	return c
}

// TestHubHabits lists a repository of 250 tags from the API with each habit that is known. However it misbehaves the
// list is whole, or an error, after few requests.
func TestHubHabits(t *testing.T) {
	t.Parallel()
	type counts = registrytest.Counts
	for _, test := range []struct {
		name   string
		api    registrytest.HubAPI
		fault  registrytest.Fault
		facts  image.Facts // 0 = all that the API gives
		dated  int         // tags with a time of push; 0 = all
		err    string
		first  counts
		second counts // nothing has changed
	}{
		{name: "well-behaved", first: counts{Tell: 3}, second: counts{Tell: 1}},
		{name: "page size is ignored", api: registrytest.HubAPI{PageSize: 10}, first: counts{Tell: 25}, second: counts{Tell: 1}},
		{name: "not all is shown", api: registrytest.HubAPI{MaxOffset: 100}, dated: 100,
			first: counts{Tell: 2, List: 1}, second: counts{Tell: 1}},
		{name: "not in order", api: registrytest.HubAPI{Unordered: true}, first: counts{Tell: 3}, second: counts{Tell: 3}},
		{name: "miscounted", api: registrytest.HubAPI{CountOff: 7}, first: counts{Tell: 3, List: 1}, second: counts{Tell: 1}},
		{name: "next leads elsewhere", api: registrytest.HubAPI{Next: "http://169.254.169.254/"}, first: counts{Tell: 3}, second: counts{Tell: 1}},
		{name: "next is no text", fault: registrytest.Fault{Status: 200, Body: `{"count":1,"next":{},"results":[{"name":"0001"}]}`},
			dated: -1, first: counts{Tell: 6, List: 1}, second: counts{Tell: 6, List: 1}},
		{name: "the first page again and again", api: registrytest.HubAPI{Loop: true}, dated: 100,
			first: counts{Tell: 6, List: 1}, second: counts{Tell: 1}},
		{name: "no count", api: registrytest.HubAPI{NoCount: true}, err: "the answer has no count", first: counts{Tell: 1}, second: counts{Tell: 1}},
		{name: "html", fault: registrytest.Fault{Status: 200, Body: "<html>"}, err: "not JSON", first: counts{Tell: 1}, second: counts{Tell: 1}},
		{name: "cut", fault: registrytest.Fault{Cut: true}, err: "unexpected EOF", first: counts{Tell: 3}, second: counts{Tell: 3}},
		{name: "down", fault: registrytest.Fault{Status: 502}, err: "502", first: counts{Tell: 3}, second: counts{Tell: 3}},
		{name: "redirect to another host", fault: registrytest.Fault{Redirect: "https://login.example/"},
			err: "is not followed", first: counts{Tell: 1}, second: counts{Tell: 1}},
		{name: "without end", fault: registrytest.Fault{Endless: true}, err: "longer than", first: counts{Tell: 1}, second: counts{Tell: 1}},
		{name: "no answer", fault: registrytest.Fault{Stall: true}, err: "no answer within 30s", first: counts{Tell: 2}},
		{name: "dripping", fault: registrytest.Fault{Drip: time.Second}, err: "did not end within 1m0s", first: counts{Tell: 1}},
		{name: "not for us", fault: registrytest.Fault{Status: 404, Body: `{"message":"object not found"}`}, facts: names,
			first: counts{Tell: 1, List: 1}, second: counts{Tell: 1, List: 1}},
		{name: "not for this address", fault: registrytest.Fault{Status: 403}, facts: names, first: counts{Tell: 1, List: 1}, second: counts{Tell: 1, List: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &test.api}})
				pushAll(r, nginx.Path, noon, numbered(250)...)
				r.Break(registrytest.Tell, test.fault)
				c := newClient(t, withoutSockets(r))
				for i, want := range []counts{test.first, test.second} {
					list, err := c.Details(t.Context(), nginx, hubFacts, 0)
					if diff := cmp.Diff(want, r.Counts()); diff != "" {
						t.Errorf("look %d: requests (-want +got):\n%s", i+1, diff)
					}
					r.Reset()
					if test.err != "" {
						asError(t, err, test.err)
						if list.Tags != nil {
							t.Errorf("there is a list of %d tags with the error", len(list.Tags))
						}
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					dated := 0
					for _, tag := range list.Tags {
						if !tag.Pushed.IsZero() {
							dated++
						} else if test.api.MaxOffset > 0 && !tag.PushedBefore.Equal(noon.Add(150*time.Second)) {
							t.Errorf("tag %s was pushed before %v", tag.Name, tag.PushedBefore)
						}
					}
					wantDated := map[bool]int{true: 250, false: max(0, test.dated)}[test.dated == 0 && test.facts != names]
					wantFacts := map[bool]image.Facts{true: 0, false: hubFacts}[test.facts == names]
					if !slices.Equal(numbered(250), tagNames(list)) || dated != wantDated || list.Facts != wantFacts {
						t.Errorf("look %d: %d tags, %d dated, facts %v; want 250, %d, %v", i+1, len(list.Tags), dated, list.Facts, wantDated, wantFacts)
					}
				}
			})
		})
	}
}

// TestHubMoves: a tag that is deleted while the pages are read makes those behind it move up, one of them to a page that
// was read already. It is not missed.
func TestHubMoves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
		pushAll(r, nginx.Path, noon, numbered(250)...)
		c := newClient(t, Options{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			if req.URL.Query().Get("page") == "2" {
				r.Remove(nginx.Path, "0250")
			}
			return r.Transport().RoundTrip(req)
		})})
		list, err := c.Details(t.Context(), nginx, hubFacts, 0)
		if err != nil || !slices.Equal(numbered(249), tagNames(list)) {
			t.Errorf("%d tags, %v", len(list.Tags), err)
		}
		if diff := cmp.Diff(registrytest.Counts{Tell: 5}, r.Counts()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

// TestHubTies: of two tags of one time, the one behind may have come after the look at the one before.
func TestHubTies(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{PageSize: 1}}})
	pushAll(r, nginx.Path, noon, "b", "c", "a")
	c := newClient(t, withoutSockets(r))
	last := noon.Add(2 * time.Second) // when a was pushed
	for build := range 2 {
		list, err := c.Details(t.Context(), nginx, hubFacts, 0)
		if err != nil {
			t.Fatal(err)
		}
		if pushed := find(list, "b").Pushed; (build == 1) != pushed.Equal(last) {
			t.Errorf("look %d: b was pushed at %v", build+1, pushed)
		}
		r.Push(nginx.Path, "b", registrytest.Image{Pushed: last, Build: 1})
	}
}

// TestHubIllegalTags: what is counted and not taken does not make a list look incomplete each time.
func TestHubIllegalTags(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
		pushAll(r, nginx.Path, noon, append([]string{"-", "a b"}, numbered(250)...)...)
		c := newClient(t, withoutSockets(r))
		for _, want := range []int{3, 1} {
			list, err := c.Details(t.Context(), nginx, hubFacts, 0)
			if err != nil || len(list.Tags) != 250 || list.Dropped != 2 {
				t.Errorf("%d tags, %d dropped, %v", len(list.Tags), list.Dropped, err)
			}
			if diff := cmp.Diff(registrytest.Counts{Tell: want}, r.Counts()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			r.Reset()
		}
	})
}

// TestHubPage reads what the API tells of single tags, and all it leaves out or gets wrong.
func TestHubPage(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
	digest := "sha256:" + strings.Repeat("0a", 32)
	r.Break(registrytest.Tell, registrytest.Fault{Status: 200, Body: `{"count":7,"next":null,"results":[
		{"name":"1.6","digest":"` + digest + `","last_updated":"2026-11-21T12:00:00.123456Z","tag_last_pushed":"2026-11-20T12:00:00.5Z","images":[
			{"os":"linux","architecture":"arm","variant":"v7"},{"os":"linux","architecture":"amd64","variant":null},
			{"os":"linux","architecture":"amd64","variant":""},{"os":"unknown","architecture":"unknown"},{"os":"windows\u001b","architecture":"amd64"},{}]},
		{"name":"1.5","digest":null,"last_updated":"2026-11-19T12:00:00Z","tag_last_pushed":null,"images":[]},
		{"name":"1.4","digest":"sha256:XX","last_updated":"2026-11-18T12:00:00Z","images":null},
		{"name":"1.3","last_updated":"yesterday","tag_last_pushed":"0001-01-01T00:00:00Z"},
		{"name":"1.2","last_updated":1700000000,"images":{"os":"linux"}},
		{"name":"-1"},
		{"name":7}]}`})
	c := newClient(t, withoutSockets(r))
	list, err := c.Details(t.Context(), nginx, hubFacts, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []Tag{
		{Name: "1.2"},
		{Name: "1.3"},
		{Name: "1.4", Pushed: time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)},
		{Name: "1.5", Pushed: time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC)},
		{Name: "1.6", Digest: image.Digest(digest), Pushed: time.Date(2026, 11, 20, 12, 0, 0, 5e8, time.UTC),
			Platforms: []image.Platform{{OS: "linux", Architecture: "arm", Variant: "v7"}, {OS: "linux", Architecture: "amd64"}}},
	}
	if diff := cmp.Diff(want, list.Tags); diff != "" || list.Dropped != 2 {
		t.Errorf("%d dropped, tags (-want +got):\n%s", list.Dropped, diff)
	}
}

// names stands for no facts at all in tables whose zero value means all.
const names = image.Facts(1 << 7)
