package registry

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestStateHoldsNoSecret: after a run that had everything to do with secrets, none is in the file of the cache, in no
// spelling: accepted and refused credentials, and tokens of registries and of the tag API.
func TestStateHoldsNoSecret(t *testing.T) {
	t.Parallel()
	const right, wrong = "right-horse-&-battery", "wrong-horse-&-battery"
	auth := registrytest.Auth{Scheme: registrytest.Bearer, Username: "robot", Password: right, Private: []string{"acme/api"}}
	bearer := registrytest.New(registrytest.Options{Auth: auth, API: registrytest.API{Hub: &registrytest.HubAPI{}}})
	bearer.Meter(registrytest.Metering{Limit: 100})
	auth.Scheme = registrytest.Basic
	basic := registrytest.New(registrytest.Options{Auth: auth})
	for _, r := range []*registrytest.Registry{bearer, basic} {
		r.Push("acme/api", "1.0", registrytest.Image{})
	}

	var mu sync.Mutex
	shown := map[string]bool{right: true, wrong: true, strings.ReplaceAll(right, "&", "%26"): true,
		base64.StdEncoding.EncodeToString([]byte("robot:" + right)): true}
	path := filepath.Join(t.TempDir(), "state", "cache.db")
	state := openCache(t, path)
	c := newClient(t, Options{
		Cache: state,
		Hosts: []Host{
			{Host: image.DockerHub, Auth: account(right)}, {Host: "basic.example", Auth: account(right)},
			{Host: "refused.example", Auth: account(wrong)},
		},
		Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			if _, token, found := strings.Cut(req.Header.Get("Authorization"), " "); found {
				mu.Lock()
				shown[token] = true
				mu.Unlock()
			}
			if req.URL.Host == "basic.example" {
				return basic.Transport().RoundTrip(req)
			}
			return bearer.Transport().RoundTrip(req)
		}),
	})
	for _, host := range []string{image.DockerHub, "basic.example", "refused.example"} {
		r := image.Repository{Host: host, Path: "acme/api"}
		_, listed := c.Details(t.Context(), r, image.PushedFact, 0)
		_, looked := c.Look(t.Context(), r, "1.0", image.PlatformsFact|image.CreatedFact, time.Time{})
		if host == "refused.example" {
			asError(t, listed, "401 Unauthorized")
		} else if listed != nil || looked != nil {
			t.Errorf("%s: %v, %v", host, listed, looked)
		}
	}
	bearer.Break(registrytest.Head, registrytest.Fault{Status: 429, Echo: true})
	_, err := c.Look(t.Context(), image.Repository{Host: image.DockerHub, Path: "acme/api"}, "1.0", image.DigestFact, time.Time{})
	asError(t, err, "429")
	state.Close()

	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(shown) < 6 {
		t.Errorf("%d secrets were shown, want those of the registry and the tag API, too", len(shown))
	}
	for secret := range shown {
		if bytes.Contains(file, []byte(secret)) {
			t.Errorf("the cache holds %q", secret)
		}
	}
	for _, bucket := range []string{listBucket, detailBucket, headBucket, manifestBucket, pauseBucket, ledgerBucket, refusedBucket, challengeBucket} {
		if !bytes.Contains(file, []byte(bucket+"\x00")) {
			t.Errorf("the cache holds nothing of %q, so the test has not done all it should", bucket)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the cache: %v, %v", info.Mode(), err)
	}
}

// TestStateDeleted: the folder of the state may go between passes and in the middle of one. What it costs is what the
// first pass cost.
func TestStateDeleted(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer}})
	paths := appPaths(20)
	for _, path := range paths {
		r.Push(path, "1.0", registrytest.Image{})
	}
	folder := filepath.Join(t.TempDir(), "state")
	pass := func(during func(request int)) registrytest.Counts {
		t.Helper()
		r.Reset()
		state, err := cache.Open(t.Context(), cache.Options{Path: filepath.Join(folder, "cache.db"), Precious: Precious()})
		if err != nil || state.Notice() != "" {
			t.Fatal(err, state.Notice())
		}
		requests := 0
		o := withoutSockets(r, unlimited)
		o.Cache = state
		o.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
			requests++
			during(requests)
			return r.Transport().RoundTrip(req)
		})
		c := newClient(t, o)
		var all []image.Repository
		for _, path := range paths {
			all = append(all, repository(path))
		}
		c.Expect(all...)
		for _, one := range all { // one by one, so that requests are counted by one
			if _, err := c.Tags(t.Context(), one, 0); err != nil {
				t.Error(err)
			}
			if _, err := c.Look(t.Context(), one, "1.0", image.PlatformsFact, time.Time{}); err != nil {
				t.Error(err)
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := state.Close(); err != nil {
			t.Error(err)
		}
		return r.Counts()
	}
	nothing := func(int) {}
	remove := func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	}
	first, later := pass(nothing), pass(nothing)
	if first.Get != len(paths) || later.Get != 0 || later.Total() >= first.Total() {
		t.Errorf("first pass %+v, second %+v", first, later)
	}
	remove()
	if diff := cmp.Diff(first, pass(nothing)); diff != "" {
		t.Errorf("after the state was deleted (-first +now):\n%s", diff)
	}
	if diff := cmp.Diff(later, pass(func(request int) {
		if request == 15 {
			remove()
		}
	})); diff != "" {
		t.Errorf("while the state was deleted (-second +now):\n%s", diff)
	}
	if diff := cmp.Diff(first, pass(nothing)); diff != "" {
		t.Errorf("after the state was deleted in a pass (-first +now):\n%s", diff)
	}
}
