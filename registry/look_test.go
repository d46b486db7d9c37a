package registry

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

const everything = image.DigestFact | image.PlatformsFact | image.CreatedFact

// hub is Docker Hub as it is asked in tests.
var hub = Host{Host: image.DockerHub, PerSecond: 1e6}

func hubImage(path string) image.Repository {
	return image.Repository{Host: image.DockerHub, Path: path}
}

// platforms reads many platforms.
func platforms(t testing.TB, texts ...string) []image.Platform {
	t.Helper()
	all := []image.Platform{}
	for _, text := range texts {
		p, err := image.ParsePlatform(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// TestBlobHostPausesItselfAlone: where blobs are kept is no part of the registry, and its limits are its own.
func TestBlobHostPausesItselfAlone(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Push("app", "1.0", registrytest.Image{})
	r.Break(registrytest.Blob, registrytest.Fault{Redirect: "https://blobs.example/config"})
	o := withoutSockets(r, unlimited)
	o.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.URL.Host == "blobs.example" {
			header := http.Header{"Retry-After": {"3600"}}
			return &http.Response{StatusCode: http.StatusTooManyRequests, Header: header, Body: http.NoBody}, nil
		}
		return r.Transport().RoundTrip(req)
	})
	c := newClient(t, o)
	_, err := c.Look(t.Context(), repository("app"), "1.0", image.CreatedFact, time.Time{})
	if e := asError(t, err, "429"); !e.Until.IsZero() {
		t.Errorf("the registry is paused until %v", e.Until)
	}
	if _, err := c.Tags(t.Context(), repository("app"), 0); err != nil {
		t.Errorf("the registry itself: %v", err)
	}
}

// TestUnreadManifestCostsOnce: a manifest that cannot be read costs one pull a day, not one in each pass, and is an error
// of the tag, which is there.
func TestUnreadManifestCostsOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		status int
		body   string
		err    string
		gets   int // a day, of ten looks
	}{
		{name: "another digest", status: 200, body: "{}", err: "with what has the digest", gets: 1},
		{name: "not there", status: 404, err: "it points to", gets: 1},
		{name: "too large", status: 200, body: strings.Repeat(" ", maxManifest+1), err: "longer than", gets: 1},
		{name: "the registry fails", status: 500, err: "500", gets: 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now := noon
			r := registrytest.New(registrytest.Options{})
			r.Meter(registrytest.Metering{Limit: 1000})
			r.Push("app", "1.0", registrytest.Image{Index: true})
			r.Break(registrytest.Get, registrytest.Fault{Status: test.status, Body: test.body})
			o := withoutSockets(r, hub)
			o.Now = func() time.Time { return now }
			c := newClient(t, o)
			for day := 1; day <= 2; day++ {
				for range 10 {
					_, err := c.Look(t.Context(), hubImage("app"), "1.0", image.PlatformsFact, time.Time{})
					asError(t, err, test.err)
					if errors.Is(err, ErrNoTag) {
						t.Error("the tag is taken for lost")
					}
				}
				if got := r.Counts().Get; got != day*test.gets {
					t.Errorf("%d GETs by day %d, want %d a day", got, day, test.gets)
				}
				now = now.Add(24 * time.Hour)
			}
		})
	}
}

// TestLookCosts is what each question about one tag costs, the first time and again.
func TestLookCosts(t *testing.T) {
	t.Parallel()
	built := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	index := registrytest.Image{Platforms: []string{"linux/arm64/v8", "linux/amd64", "windows/amd64"}, Attestation: true, Created: built}
	for _, test := range []struct {
		name         string
		image        registrytest.Image
		want         image.Facts
		first, again registrytest.Counts
		platforms    []image.Platform
		created      time.Time
	}{
		{name: "digest", image: index, want: image.DigestFact, first: registrytest.Counts{Head: 1}, again: registrytest.Counts{Head: 1}},
		{name: "platforms of an index", image: index, want: image.PlatformsFact,
			first: registrytest.Counts{Head: 1, Get: 1}, again: registrytest.Counts{Head: 1},
			platforms: platforms(t, index.Platforms...)},
		{name: "all of an index", image: index, want: everything,
			first: registrytest.Counts{Head: 1, Get: 2, Blob: 1}, again: registrytest.Counts{Head: 1},
			platforms: platforms(t, index.Platforms...), created: built},
		{name: "all of a manifest", image: registrytest.Image{Platforms: []string{"linux/s390x"}, Created: built, Docker: true}, want: everything,
			first: registrytest.Counts{Head: 1, Get: 1, Blob: 1}, again: registrytest.Counts{Head: 1},
			platforms: platforms(t, "linux/s390x"), created: built},
		{name: "platforms of an index of one", image: registrytest.Image{Index: true, Docker: true}, want: image.PlatformsFact,
			first: registrytest.Counts{Head: 1, Get: 1}, again: registrytest.Counts{Head: 1},
			platforms: platforms(t, "linux/amd64")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{})
			digest := r.Push("app", "1.0", test.image)
			r.Push("app", "1", test.image)
			o := withoutSockets(r, unlimited)
			o.Now = func() time.Time { return noon }
			c := newClient(t, o)
			for i, counts := range []registrytest.Counts{test.first, test.again, {}} {
				since := []time.Time{{}, {}, noon.Add(-time.Minute)}[i]
				got, err := c.Look(t.Context(), repository("app"), "1.0", test.want, since)
				want := Tag{Name: "1.0", Digest: image.Digest(digest), FirstSeen: noon, Platforms: test.platforms}
				if test.want.Has(image.CreatedFact) {
					want.Created = test.created
				}
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("look %d: %v (-want +got):\n%s", i, err, diff)
				}
				if diff := cmp.Diff(counts, r.Counts()); diff != "" {
					t.Errorf("look %d: requests (-want +got):\n%s", i, diff)
				}
				r.Reset()
			}
			if usage := c.Usage()[0]; usage.Pulls != test.first.Get || usage.Requests != test.first.Total()+test.again.Total() {
				t.Errorf("usage: %+v, want that of %+v and %+v", usage, test.first, test.again)
			}
		})
	}
}

// TestNothingIsReadTwice: what was read for one tag, one want or one process serves the others.
func TestNothingIsReadTwice(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	i := registrytest.Image{Platforms: []string{"linux/amd64", "linux/arm64"}}
	body := r.Push("app", "1.27", i)
	path := filepath.Join(t.TempDir(), "cache.db")
	for _, step := range []struct {
		want   image.Facts
		counts registrytest.Counts
	}{
		{image.PlatformsFact, registrytest.Counts{Head: 1, Get: 1}},
		{everything, registrytest.Counts{Head: 1, Get: 1, Blob: 1}}, // the index was read
		{everything, registrytest.Counts{Head: 1}},
	} {
		state := openCache(t, path)
		o := withoutSockets(r, unlimited)
		o.Cache = state
		got, err := newClient(t, o).Look(t.Context(), repository("app"), "1.27", step.want, time.Time{})
		if err != nil || len(got.Platforms) != 2 || string(got.Digest) != body {
			t.Errorf("%v: %+v, %v", step.want, got, err)
		}
		// What the challenge costs is no matter here: this registry has none.
		if diff := cmp.Diff(step.counts, r.Counts()); diff != "" {
			t.Errorf("%v: requests (-want +got):\n%s", step.want, diff)
		}
		r.Reset()
		state.Close()
	}
}

// TestTogether: forty who look at one tag make the requests of one.
func TestTogether(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Push("app", "1.0", registrytest.Image{Platforms: []string{"linux/amd64", "linux/arm64"}})
	release := make(chan struct{})
	c := newClient(t, Options{Hosts: []Host{unlimited}, Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		<-release
		return r.Transport().RoundTrip(req)
	})})
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			want := []image.Facts{image.DigestFact, image.PlatformsFact, everything}[i%3]
			if _, err := c.Look(t.Context(), repository("app"), "1.0", want, time.Now().Add(-time.Hour)); err != nil {
				t.Error(err)
			}
		})
	}
	close(release)
	group.Wait()
	if diff := cmp.Diff(registrytest.Counts{Head: 1, Get: 2, Blob: 1}, r.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestFollowedDigests is the figure of issue 4 for select.digest: 20 passes over many repositories on Docker Hub, a HEAD
// each, and not one pull.
func TestFollowedDigests(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Meter(registrytest.Metering{Limit: 100})
	const repositories, passes = 25, 20
	path := filepath.Join(t.TempDir(), "cache.db")
	for i := range repositories {
		r.Push(fmt.Sprint("acme/app-", i), "latest", registrytest.Image{Platforms: []string{"linux/amd64", "linux/arm64"}})
	}
	now := noon
	for pass := range passes {
		state := openCache(t, path)
		o := withoutSockets(r, hub)
		o.Cache, o.Now = state, func() time.Time { return now }
		c := newClient(t, o)
		for i := range repositories {
			name := fmt.Sprint("acme/app-", i)
			var digest string
			if pass == i%passes {
				digest = r.Push(name, "latest", registrytest.Image{Platforms: []string{"linux/amd64", "linux/arm64"}, Build: pass + 1})
			}
			got, err := c.Look(t.Context(), hubImage(name), "latest", image.DigestFact, time.Time{})
			if err != nil || digest != "" && (string(got.Digest) != digest || !got.FirstSeen.Equal(now)) {
				t.Errorf("pass %d: %+v, %v, want the digest %s", pass, got, err, digest)
			}
		}
		now = now.Add(15 * time.Minute)
		state.Close()
	}
	if diff := cmp.Diff(registrytest.Counts{Head: repositories * passes}, r.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestLookErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		tag     string
		options registrytest.Options
		kind    registrytest.Kind
		fault   registrytest.Fault
		host    string
		want    string
		noTag   bool
		counts  registrytest.Counts
	}{
		{name: "no tag", tag: "2.0", want: "looking up tag 2.0 of registry.acme.example/app: 404 Not Found: the registry has no such tag", noTag: true,
			counts: registrytest.Counts{Head: 1}},
		{name: "illegal tag", tag: "a b", want: "illegal character"},
		{name: "no right", tag: "1.0", kind: registrytest.Head, fault: registrytest.Fault{Status: 403}, want: "403 Forbidden: no credentials for",
			counts: registrytest.Counts{Head: 1}},
		{name: "no digest on Docker Hub", tag: "1.0", host: image.DockerHub, options: registrytest.Options{NoDigest: true},
			want: "has no Docker-Content-Digest", counts: registrytest.Counts{Head: 1}},
		{name: "no HEAD on Docker Hub", tag: "1.0", host: image.DockerHub, kind: registrytest.Head, fault: registrytest.Fault{Status: 405},
			want: "405 Method Not Allowed: the answer to HEAD has no Docker-Content-Digest", counts: registrytest.Counts{Head: 1}},
		{name: "digest that is none", tag: "1.0", kind: registrytest.Head,
			fault: registrytest.Fault{Status: 200, Header: http.Header{"Docker-Content-Digest": {"sha256:1"}}},
			want:  "Docker-Content-Digest that is none: sha256:1", counts: registrytest.Counts{Head: 1}},
		{name: "another manifest", tag: "1.0", kind: registrytest.Get, fault: registrytest.Fault{Status: 200, Body: "{}"},
			want: "the registry answers for sha256:", counts: registrytest.Counts{Head: 1, Get: 1}},
		{name: "manifest too long", tag: "1.0", kind: registrytest.Get, fault: registrytest.Fault{Status: 200, Body: strings.Repeat(" ", maxManifest+1)},
			want: "the answer is longer than 4194304 bytes", counts: registrytest.Counts{Head: 1, Get: 1}},
		{name: "manifest lost", tag: "1.0", kind: registrytest.Get, fault: registrytest.Fault{Status: 404},
			want: "the registry has the tag, but not the sha256:", counts: registrytest.Counts{Head: 1, Get: 1}},
		{name: "another config", tag: "1.0", kind: registrytest.Blob, fault: registrytest.Fault{Status: 200, Body: "{}"},
			want: "the registry answers for sha256:", counts: registrytest.Counts{Head: 1, Get: 1, Blob: 1}},
		{name: "config lost", tag: "1.0", kind: registrytest.Blob, fault: registrytest.Fault{Status: 404},
			want: "reading the config sha256:", counts: registrytest.Counts{Head: 1, Get: 1, Blob: 1}},
		{name: "HEAD leads elsewhere", tag: "1.0", kind: registrytest.Head, fault: registrytest.Fault{Redirect: "https://evil.example/"},
			want: "a redirect from https://registry.acme.example to https://evil.example is not followed", counts: registrytest.Counts{Head: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(test.options)
			r.Push("app", "1.0", registrytest.Image{})
			if test.kind != "" {
				r.Break(test.kind, test.fault)
			}
			at := repository("app")
			if test.host != "" {
				at.Host = test.host
			}
			c := newClient(t, withoutSockets(r, unlimited, hub))
			_, err := c.Look(t.Context(), at, test.tag, everything, time.Time{})
			asError(t, err, test.want)
			if errors.Is(err, ErrNoTag) != test.noTag {
				t.Errorf("errors.Is(%v, ErrNoTag) = %v", err, !test.noTag)
			}
			if diff := cmp.Diff(test.counts, r.Counts()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLookSince: an answer counts from the moment it was given on, also for another process.
func TestLookSince(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Push("app", "1.0", registrytest.Image{})
	path := filepath.Join(t.TempDir(), "cache.db")
	now := noon
	look := func(since time.Time, heads int) {
		t.Helper()
		state := openCache(t, path)
		defer state.Close()
		o := withoutSockets(r, unlimited)
		o.Cache, o.Now = state, func() time.Time { return now }
		if _, err := newClient(t, o).Look(t.Context(), repository("app"), "1.0", image.DigestFact, since); err != nil {
			t.Fatal(err)
		}
		if got := r.Counts().Head; got != heads {
			t.Errorf("%d HEAD requests, want %d", got, heads)
		}
	}
	look(time.Time{}, 1)
	now = noon.Add(time.Second)
	look(noon, 1)
	look(noon.Add(time.Nanosecond), 1) // the cache keeps microseconds
	look(noon.Add(time.Microsecond), 2)
	look(time.Time{}, 3)
	now = noon
	look(noon.Add(-time.Hour), 4) // the clock was set back
}

// TestWithoutHead: a registry that answers HEAD with no digest, and counts no pulls, is asked for the manifest.
func TestWithoutHead(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{NoDigest: true})
	digest := r.Push("app", "1.0", registrytest.Image{Platforms: []string{"linux/amd64", "linux/arm64"}})
	c := newClient(t, withoutSockets(r, unlimited))
	for range 2 {
		got, err := c.Look(t.Context(), repository("app"), "1.0", image.PlatformsFact, time.Now().Add(-time.Hour))
		if err != nil || string(got.Digest) != digest || len(got.Platforms) != 2 {
			t.Errorf("%+v, %v, want %s", got, err, digest)
		}
	}
	if diff := cmp.Diff(registrytest.Counts{Head: 1, Get: 1}, r.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestBlobStore: a config lies with another host, which must not be shown the credential.
func TestBlobStore(t *testing.T) {
	t.Parallel()
	for _, scheme := range []registrytest.Scheme{registrytest.Basic, registrytest.Bearer} {
		r := registrytest.New(registrytest.Options{
			Auth:      registrytest.Auth{Scheme: scheme, Username: "robot", Password: "secret"},
			BlobStore: "https://store.example",
		})
		r.Push("app", "1.0", registrytest.Image{})
		host := unlimited
		host.Auth = account("secret")
		c := newClient(t, withoutSockets(r, host))
		if got, err := c.Look(t.Context(), repository("app"), "1.0", everything, time.Time{}); err != nil || got.Created.IsZero() {
			t.Errorf("%s: %+v, %v", scheme, got, err)
		}
	}
	// Nobody listens in on a config by leading to plain HTTP.
	r := registrytest.New(registrytest.Options{BlobStore: "http://store.example"})
	r.Push("app", "1.0", registrytest.Image{})
	_, err := newClient(t, withoutSockets(r, unlimited)).Look(t.Context(), repository("app"), "1.0", everything, time.Time{})
	asError(t, err, "a redirect from https://registry.acme.example to http://store.example is not followed")
}

// TestNoImage: what is no image has a digest and offers nothing, and is not read again and again.
func TestNoImage(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a chart":              `{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"` + string(digestOf(nil)) + `"}}`,
		"a manifest and index": `{"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"` + string(digestOf(nil)) + `"},"manifests":[]}`,
		"an empty index":       `{"manifests":[]}`,
		"no JSON":              `<html>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{})
			r.PushDocument("app", "1.0", "application/vnd.oci.image.manifest.v1+json", body)
			c := newClient(t, withoutSockets(r, unlimited))
			for range 2 {
				got, err := c.Look(t.Context(), repository("app"), "1.0", everything, time.Time{})
				if err != nil || got.Digest == "" || got.Platforms == nil || len(got.Platforms) > 0 || !got.Created.IsZero() {
					t.Errorf("%+v, %v", got, err)
				}
			}
			if diff := cmp.Diff(registrytest.Counts{Head: 2, Get: 1}, r.Counts()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTagThatMoved: what a remembered digest led to was deleted, as registries do when a tag moves.
func TestTagThatMoved(t *testing.T) {
	t.Parallel()
	old, moved := registrytest.New(registrytest.Options{}), registrytest.New(registrytest.Options{})
	old.Push("app", "latest", registrytest.Image{})
	digest := moved.Push("app", "latest", registrytest.Image{Build: 2})
	current := old
	c := newClient(t, Options{Hosts: []Host{unlimited}, Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		return current.Transport().RoundTrip(req)
	})})
	if _, err := c.Look(t.Context(), repository("app"), "latest", image.DigestFact, time.Time{}); err != nil {
		t.Fatal(err)
	}
	current = moved
	got, err := c.Look(t.Context(), repository("app"), "latest", everything, time.Now().Add(-time.Hour))
	if err != nil || string(got.Digest) != digest || len(got.Platforms) != 1 {
		t.Errorf("%+v, %v, want %s", got, err, digest)
	}
	if diff := cmp.Diff(registrytest.Counts{Head: 1, Get: 2, Blob: 1}, moved.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}
