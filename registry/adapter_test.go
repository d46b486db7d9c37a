package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestAdapters lists a repository of each kind of registry: what it tells, and for how many requests, the first time and
// when nothing has changed.
func TestAdapters(t *testing.T) {
	t.Parallel()
	type counts = registrytest.Counts
	const two = image.DigestFact | image.PushedFact
	bearer := registrytest.Auth{Scheme: registrytest.Bearer}
	harborAuth := registrytest.Auth{Scheme: registrytest.Bearer, Service: "harbor-registry", Username: "robot", Password: "secret"}
	azureAuth := registrytest.Auth{Scheme: registrytest.Bearer, Actions: "metadata_read"}
	quayAuth := registrytest.Auth{Scheme: registrytest.Bearer, Realm: "https://quay.acme.example/v2/auth"}
	private := func(a registrytest.Auth) registrytest.Auth {
		a.Username, a.Password, a.Private = "robot", "secret", []string{"acme/api/web"}
		return a
	}
	for _, test := range []struct {
		name      string
		host      string
		auth      registrytest.Auth
		api       registrytest.API
		tags      int
		want      image.Facts // 0 = all
		facts     image.Facts
		platforms bool
		first     counts
		second    counts
	}{
		{name: "Google", host: "europe-docker.pkg.dev", auth: bearer, api: registrytest.API{Google: &registrytest.GoogleLists{}}, tags: 1500, facts: two,
			first: counts{Token: 1, List: 2}, second: counts{List: 1}},
		{name: "Container Registry", host: "eu.gcr.io", auth: bearer, api: registrytest.API{Google: &registrytest.GoogleLists{Created: true}}, tags: 3,
			facts: two | image.CreatedFact, first: counts{Token: 1, List: 2}, second: counts{List: 1}},
		{name: "behind Google's name", host: "gcr.io", auth: bearer, tags: 3, first: counts{Token: 1, List: 3}, second: counts{List: 2}},
		{name: "Quay", host: "quay.io", auth: bearer, api: registrytest.API{Quay: &registrytest.QuayAPI{}}, tags: 50, facts: two,
			first: counts{Tell: 1}, second: counts{Tell: 1}},
		{name: "Quay, many tags", host: "quay.io", auth: bearer, api: registrytest.API{Quay: &registrytest.QuayAPI{}}, tags: 250, facts: two,
			first: counts{Tell: 3, Token: 1, List: 4}, second: counts{Tell: 1, List: 3}},
		{name: "Quay, private", host: "quay.io", auth: private(bearer), api: registrytest.API{Quay: &registrytest.QuayAPI{}}, tags: 50,
			first: counts{Tell: 1, Token: 1, List: 2}, second: counts{Tell: 1, List: 1}},
		{name: "Quay of one's own", host: "quay.acme.example", auth: quayAuth, api: registrytest.API{Quay: &registrytest.QuayAPI{}}, tags: 50, facts: two,
			first: counts{Token: 1, List: 2, Tell: 1}, second: counts{Tell: 1}},
		{name: "Azure", host: "acme.azurecr.io", auth: azureAuth, api: registrytest.API{Azure: &registrytest.AzureAPI{}}, tags: 500, facts: two,
			first: counts{Token: 2, Tell: 3}, second: counts{Tell: 1}},
		{name: "Azure, many tags", host: "acme.azurecr.io", auth: azureAuth, api: registrytest.API{Azure: &registrytest.AzureAPI{PageSize: 100}}, tags: 250, facts: two,
			first: counts{Token: 2, Tell: 5, List: 1}, second: counts{Tell: 1, List: 1}},
		{name: "Harbor", host: "harbor.acme.example", auth: harborAuth, api: registrytest.API{Harbor: &registrytest.HarborAPI{}}, tags: 150, facts: hubFacts, platforms: true,
			first: counts{Token: 1, List: 3, Tell: 2}, second: counts{List: 1, Tell: 2}},
		{name: "Harbor, private", host: "harbor.acme.example", auth: private(harborAuth), api: registrytest.API{Harbor: &registrytest.HarborAPI{}}, tags: 3, facts: hubFacts, platforms: true,
			first: counts{Token: 1, List: 3, Tell: 1}, second: counts{List: 1, Tell: 1}},
		{name: "Harbor that does not take the account", host: "harbor.acme.example", auth: private(harborAuth),
			api: registrytest.API{Harbor: &registrytest.HarborAPI{NoAccount: true}}, tags: 3,
			first: counts{Token: 1, List: 3, Tell: 1}, second: counts{List: 2, Tell: 1}},
		{name: "any other", host: testHost, auth: bearer, tags: 3, first: counts{Token: 1, List: 2}, second: counts{List: 1}},
		{name: "nothing that Quay tells", host: "quay.io", auth: bearer, api: registrytest.API{Quay: &registrytest.QuayAPI{}}, tags: 3, want: image.CreatedFact,
			first: counts{Token: 1, List: 2}, second: counts{List: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := registrytest.New(registrytest.Options{Auth: test.auth, API: test.api})
				at := image.Repository{Host: test.host, Path: "acme/api/web"}
				digests := make(map[string]string)
				for i, tag := range numbered(test.tags) {
					digests[tag] = r.Push(at.Path, tag, registrytest.Image{Pushed: noon.Add(time.Duration(i) * time.Second), Created: noon})
				}
				entry := Host{Host: test.host}
				if test.auth.Username != "" {
					entry.Auth = account("secret")
				}
				c := newClient(t, Options{Hosts: []Host{entry}, Transport: realmAt(r, "/v2/auth")})
				want := test.want
				if want == 0 {
					want = hubFacts | image.CreatedFact
				}
				for i, counts := range []registrytest.Counts{test.first, test.second} {
					list, err := c.Details(t.Context(), at, want, 0)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(counts, r.Counts()); diff != "" {
						t.Errorf("look %d: requests (-want +got):\n%s", i+1, diff)
					}
					r.Reset()
					if !slices.Equal(numbered(test.tags), tagNames(list)) || list.Facts != test.facts || list.SecondHand {
						t.Errorf("look %d: %d tags, facts %v, second hand %v", i+1, len(list.Tags), list.Facts, list.SecondHand)
					}
					for i, tag := range list.Tags {
						wantTag := Tag{Name: tag.Name}
						if test.facts.Has(two) {
							wantTag.Digest, wantTag.Pushed = image.Digest(digests[tag.Name]), noon.Add(time.Duration(i)*time.Second)
						}
						if test.facts.Has(image.CreatedFact) {
							wantTag.Created = noon
						}
						if test.platforms {
							wantTag.Platforms = amd64
						}
						if diff := cmp.Diff(wantTag, tag); diff != "" {
							t.Fatalf("tag (-want +got):\n%s", diff)
						}
					}
				}
			})
		})
	}
}

// realmAt has the token server answer on a path of its own, too.
func realmAt(r *registrytest.Registry, path string) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path == path {
			req = req.Clone(req.Context())
			req.URL.Path = "/token"
		}
		return r.Transport().RoundTrip(req)
	})
}

// TestHarborSeesNoWrongPassword: a password that the registry does not take is not tried at its API, where nobody counts
// how often it was refused.
func TestHarborSeesNoWrongPassword(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{
		Auth: registrytest.Auth{Scheme: registrytest.Bearer, Service: "harbor-registry", Username: "robot", Password: "secret"},
		API:  registrytest.API{Harbor: &registrytest.HarborAPI{}},
	})
	r.Add("acme/api", "1.0")
	path := filepath.Join(t.TempDir(), "cache.db")
	tokens := 0
	for i, password := range []string{"secret", "wrong", "wrong", "wrong", "wrong", "wrong", "wrong"} {
		state := openCache(t, path)
		o := withoutSockets(r, withAuth(account(password)))
		o.Cache = state
		c := newClient(t, o)
		r.Reset()
		_, err := c.Details(t.Context(), repository("acme/api"), hubFacts, 0)
		if right := password == "secret"; right != (err == nil) || right != (r.Counts().Tell == 1) {
			t.Errorf("process %d: %d requests to the API, %v", i, r.Counts().Tell, err)
		} else if !right {
			tokens += r.Counts().Token
		}
		c.Close()
		state.Close()
	}
	if tokens != maxRefusals {
		t.Errorf("the wrong password was sent %d times, want %d", tokens, maxRefusals)
	}
}

// TestHarborParksWhatItsAPIRefuses: a credential that the registry takes and its API does not is shown to the API a few
// times, and no more, however many repositories and processes there are.
func TestHarborParksWhatItsAPIRefuses(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{
		Auth: registrytest.Auth{Scheme: registrytest.Bearer, Service: "harbor-registry", Username: "robot", Password: "secret"},
		API:  registrytest.API{Harbor: &registrytest.HarborAPI{NoAccount: true}},
	})
	var shown atomic.Int64
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		if strings.HasPrefix(req.URL.Path, "/api/") && req.Header.Get("Authorization") != "" {
			shown.Add(1)
		}
		return r.Transport().RoundTrip(req)
	})
	path := filepath.Join(t.TempDir(), "cache.db")
	for process := range 7 {
		state := openCache(t, path)
		c := newClient(t, Options{Transport: transport, Hosts: []Host{withAuth(account("secret"))}, Cache: state})
		var group sync.WaitGroup
		for i := range 5 {
			repository := repository(fmt.Sprintf("acme/app%d-%d", process, i))
			r.Add(repository.Path, "1.0")
			group.Go(func() {
				if list, err := c.Details(t.Context(), repository, hubFacts, 0); err != nil || len(list.Tags) != 1 {
					t.Errorf("%v, %v", list, err)
				}
			})
		}
		group.Wait()
		c.Close()
		state.Close()
	}
	if got := shown.Load(); got != maxRefusals {
		t.Errorf("the API was shown the credential %d times, want %d", got, maxRefusals)
	}
}

// TestGoogleNamesTwice: of a tag that two manifests name nothing is known, and of the others of these manifests all.
func TestGoogleNamesTwice(t *testing.T) {
	t.Parallel()
	digest := func(c string) string { return "sha256:" + strings.Repeat(c, 64) }
	for range 20 { // the order of a map is another each time
		l := (&googleTags{}).listing([]string{"1.0", "2.0", "3.0"}, map[string]googleManifest{
			digest("a"): {Tags: []string{"3.0", "1.0"}},
			digest("b"): {Tags: []string{"1.0", "2.0"}},
		})
		got := make(map[string]image.Digest)
		for _, tag := range l.tags {
			got[tag.Name] = tag.Digest
		}
		if diff := cmp.Diff(map[string]image.Digest{"1.0": "", "2.0": image.Digest(digest("b")), "3.0": image.Digest(digest("a"))}, got); diff != "" {
			t.Fatalf("digests (-want +got):\n%s", diff)
		}
	}
}

// TestNamesOnlyRemembered: an API that tells nothing of a repository is not asked at each look, by no process, but
// anew after some hours, and when somebody wants it fresh.
func TestNamesOnlyRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
		pushAll(r, nginx.Path, noon, "1.0")
		r.Break(registrytest.Tell, registrytest.Fault{Status: 404})
		c := newClient(t, withoutSockets(r))
		for _, step := range []struct {
			after, fresh time.Duration
			counts       registrytest.Counts
			facts        image.Facts
		}{
			{0, time.Minute, registrytest.Counts{Tell: 1, List: 1}, 0},
			{time.Second, time.Minute, registrytest.Counts{}, 0},
			{time.Hour, time.Minute, registrytest.Counts{List: 1}, 0},
			{0, 0, registrytest.Counts{Tell: 1, List: 1}, 0},
			{5 * time.Hour, time.Minute, registrytest.Counts{Tell: 1}, hubFacts},
		} {
			time.Sleep(step.after)
			if step.facts != 0 {
				r.Break(registrytest.Tell, registrytest.Fault{})
			}
			list, err := c.Details(t.Context(), nginx, hubFacts, step.fresh)
			if err != nil || len(list.Tags) != 1 || list.Facts != step.facts {
				t.Errorf("after %v: %d tags, facts %v, %v", step.after, len(list.Tags), list.Facts, err)
			}
			if diff := cmp.Diff(step.counts, r.Counts()); diff != "" {
				t.Errorf("after %v: requests (-want +got):\n%s", step.after, diff)
			}
			r.Reset()
		}
	})
}

// TestNoListNoMemory: a repository that neither tells of is an error, and is asked for again.
func TestNoListNoMemory(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
	c := newClient(t, withoutSockets(r))
	_, err := c.Details(t.Context(), nginx, hubFacts, time.Hour)
	asError(t, err, "listing tags of docker.io/library/nginx: 404 Not Found: NAME_UNKNOWN")
	pushAll(r, nginx.Path, noon, "1.0")
	if list, err := c.Details(t.Context(), nginx, hubFacts, time.Hour); err != nil || list.Facts != hubFacts {
		t.Errorf("once it is there: facts %v, %v", list.Facts, err)
	}
}

// TestOldDetailsAreNoNews: when the API is down what it told before is not passed off as what it tells now.
func TestOldDetailsAreNoNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
		pushAll(r, nginx.Path, noon, "1.0")
		c := newClient(t, withoutSockets(r))
		if _, err := c.Details(t.Context(), nginx, hubFacts, time.Hour); err != nil {
			t.Fatal(err)
		}
		r.Break(registrytest.Tell, registrytest.Fault{Status: 503})
		time.Sleep(30 * time.Minute)
		if list, err := c.Details(t.Context(), nginx, hubFacts, time.Hour); err != nil || !list.Cached || !list.SecondHand {
			t.Errorf("within the interval: cached %v, second hand %v, %v", list.Cached, list.SecondHand, err)
		}
		time.Sleep(31 * time.Minute)
		list, err := c.Details(t.Context(), nginx, hubFacts, time.Hour)
		asError(t, err, "listing tags of docker.io/library/nginx: asking hub.docker.com for tags: 503")
		if list.Tags != nil {
			t.Errorf("there is a list of %d tags with the error", len(list.Tags))
		}
	})
}

// TestDetailsForMany: however many ask for one repository at a time it is read once, and each gets what he wants.
func TestDetailsForMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
		pushAll(r, nginx.Path, noon, numbered(250)...)
		c := newClient(t, Options{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			time.Sleep(time.Second) // so that all have come before the first answer
			return r.Transport().RoundTrip(req)
		})})
		var group sync.WaitGroup
		for i := range 5 {
			want := []image.Facts{0, hubFacts, image.CreatedFact}[i%3]
			group.Go(func() {
				list, err := c.Details(t.Context(), nginx, want, time.Hour)
				if err != nil || !slices.Equal(numbered(250), tagNames(list)) || list.Facts != want&hubFacts {
					t.Errorf("want %v: %d tags, facts %v, %v", want, len(list.Tags), list.Facts, err)
				}
				slices.Reverse(list.Tags) // must not be seen by the others
			})
		}
		group.Wait()
		if diff := cmp.Diff(registrytest.Counts{Tell: 3, List: 1}, r.Counts()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

// TestDetailsEndWithTheContext: whoever goes away while pages are read gets his own reason, and takes nobody with him.
func TestDetailsEndWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
		pushAll(r, nginx.Path, noon, "1.0")
		r.Break(registrytest.Tell, registrytest.Fault{Stall: true, Times: 1})
		c := newClient(t, withoutSockets(r))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() {
			_, err := c.Details(ctx, nginx, hubFacts, 0)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the one who goes away: %v", err)
			}
		})
		synctest.Wait()
		group.Go(func() {
			if list, err := c.Details(t.Context(), nginx, hubFacts, 0); err != nil || len(list.Tags) != 1 {
				t.Errorf("the other: %d tags, %v", len(list.Tags), err)
			}
		})
		group.Wait()
	})
}

// TestSightings: what was looked up before is in the list without a request, and has to be confirmed.
func TestSightings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{})
		digest := r.Push("a", "1.0", registrytest.Image{})
		r.Push("a", "1.1", registrytest.Image{})
		c := newClient(t, withoutSockets(r, unlimited))
		first := time.Now().UTC()
		if _, err := c.Look(t.Context(), repository("a"), "1.0", 0, time.Time{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		r.Reset()
		list, err := c.Details(t.Context(), repository("a"), hubFacts, 0)
		if err != nil || !list.SecondHand {
			t.Fatalf("second hand %v, %v", list.SecondHand, err)
		}
		want := []Tag{{Name: "1.0", Digest: image.Digest(digest), FirstSeen: first}, {Name: "1.1"}}
		if diff := cmp.Diff(want, list.Tags); diff != "" {
			t.Errorf("tags (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(registrytest.Counts{List: 1}, r.Counts()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

// TestAdaptersMisled: whatever a registry answers instead of what is expected of it, there is a whole list or an error.
func TestAdaptersMisled(t *testing.T) {
	t.Parallel()
	hosts := map[string]registrytest.API{
		image.DockerHub:   {Hub: &registrytest.HubAPI{}},
		"quay.io":         {Quay: &registrytest.QuayAPI{PageSize: 2}},
		"acme.azurecr.io": {Azure: &registrytest.AzureAPI{PageSize: 2}},
		"gcr.io":          {Google: &registrytest.GoogleLists{}},
	}
	for name, fault := range map[string]registrytest.Fault{
		"html":             {Body: "<html>log in"},
		"nothing":          {Body: ""},
		"an empty object":  {Body: "{}"},
		"a list":           {Body: "[]"},
		"a number":         {Body: "1"},
		"null":             {Body: "null"},
		"no tags":          {Body: `{"results":null,"count":0,"manifest":null}`},
		"endless":          {Endless: true},
		"cut":              {Cut: true},
		"dripping":         {Drip: time.Minute},
		"silent":           {Stall: true},
		"refusing":         {Status: 403},
		"gone":             {Status: 410},
		"failing":          {Status: 500},
		"busy":             {Status: 429, Header: http.Header{"Retry-After": {"100"}}},
		"leading away":     {Redirect: "https://evil.example/"},
		"leading to http":  {Redirect: "http://gcr.io/v2/"},
		"leading in loops": {Redirect: "/v2/"},
	} {
		if fault.Body != "" || name == "nothing" {
			fault.Status = http.StatusOK
		}
		for host, api := range hosts {
			t.Run(name+"/"+host, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := registrytest.New(registrytest.Options{API: api})
					at := image.Repository{Host: host, Path: "acme/api"}
					pushAll(r, at.Path, noon, numbered(5)...)
					kind := registrytest.Tell
					if api.Google != nil {
						kind = registrytest.List
					}
					r.Break(kind, fault)
					c := newClient(t, withoutSockets(r))
					began := time.Now()
					list, err := c.Details(t.Context(), at, hubFacts, 0)
					if took := time.Since(began); took > 3*time.Minute {
						t.Errorf("it took %v", took)
					}
					if requests := r.Counts().Total(); requests > 12 {
						t.Errorf("it took %d requests", requests)
					}
					if err == nil && !slices.Equal(numbered(5), tagNames(list)) || err != nil && list.Tags != nil {
						t.Errorf("tags %v, %v", tagNames(list), err)
					}
					if err != nil {
						asError(t, err, "listing tags of "+at.String())
					}
				})
			})
		}
	}
}
