package registry

import (
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestRate: no second sees more requests than the rate and, at the beginning, the burst; token requests count.
func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer, Scopes: registrytest.RefuseScope}})
		var mu sync.Mutex
		var sent []time.Duration
		began := time.Now()
		c := newClient(t, Options{Hosts: []Host{{Host: testHost, PerSecond: 5, Burst: 10}},
			Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				mu.Lock()
				sent = append(sent, time.Since(began))
				mu.Unlock()
				return r.Transport().RoundTrip(req)
			})})
		var group sync.WaitGroup
		for i := range 40 {
			path := fmt.Sprint("app/", i)
			r.Add(path, "1.0")
			group.Go(func() {
				if _, err := c.Tags(t.Context(), repository(path), 0); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for i, at := range sent {
			// Times are compared in milliseconds: the limiter computes in floating point.
			if due := time.Duration(max(0, i-9)) * 200 * time.Millisecond; at.Round(time.Millisecond) != due {
				t.Errorf("request %d was sent after %v, want %v", i, at, due)
			}
		}
		if len(sent) < 80 {
			t.Errorf("%d requests were sent, want a token and a list for each of 40 repositories", len(sent))
		}
	})
}

// TestOthersWaitToo: while one request obeys a short Retry-After, the others to that registry do.
func TestOthersWaitToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{})
		r.Add("a", "1.0")
		r.Add("b", "1.0")
		r.Add("c", "1.0")
		c := newClient(t, withoutSockets(r, unlimited))
		if _, err := c.Tags(t.Context(), repository("c"), 0); err != nil { // so that it is known to be open
			t.Fatal(err)
		}
		r.Break(registrytest.List, registrytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"8"}}, Times: 1})
		began := time.Now()
		var group sync.WaitGroup
		list := func(path string) {
			if _, err := c.Tags(t.Context(), repository(path), 0); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took != 8*time.Second {
				t.Errorf("%s was listed after %v, want 8s", path, took)
			}
		}
		group.Go(func() { list("a") })
		synctest.Wait()
		group.Go(func() { list("b") })
		group.Wait()
	})
}

// TestRefusedTogether: requests that were under way when the registry asked for a short pause do not make it a long one,
// but one that goes on refusing gets it.
func TestRefusedTogether(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		refused  int // of 20 requests sent at once, and then of all
		requests int
		took     time.Duration
		listed   int
	}{
		{"once", 20, 40, 7 * time.Second, 20},
		{"twice", 40, 60, 13 * time.Second, 20},
		{"always", 1000, 60, 13 * time.Second, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := registrytest.New(registrytest.Options{})
				c := newClient(t, Options{Hosts: []Host{unlimited}, Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
					<-time.After(time.Second) // so that all are under way at once
					return r.Transport().RoundTrip(req)
				})})
				h, err := c.host(testHost)
				if err != nil {
					t.Fatal(err)
				}
				h.challenges.set(challenge{}) // known to be open
				r.Break(registrytest.List, registrytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"5"}}, Times: test.refused})
				began := time.Now()
				var listed atomic.Int64
				var group sync.WaitGroup
				for i := range 20 {
					path := fmt.Sprint("app/", i)
					r.Add(path, "1.0")
					group.Go(func() {
						if _, err := c.Tags(t.Context(), repository(path), 0); err == nil {
							listed.Add(1)
						}
					})
				}
				group.Wait()
				if took := time.Since(began); took != test.took || int(listed.Load()) != test.listed || r.Counts().Total() != test.requests {
					t.Errorf("took %v, %d listed by %d requests; want %v, %d by %d",
						took, listed.Load(), r.Counts().Total(), test.took, test.listed, test.requests)
				}
			})
		})
	}
}

// TestPauseEndsWaiting: those in the queue are turned away when the registry asks to be left alone.
func TestPauseEndsWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{})
		r.Break(registrytest.List, registrytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"3600"}}})
		c := newClient(t, withoutSockets(r, Host{Host: testHost, PerSecond: 0.01, Burst: 1}))
		h, err := c.host(testHost)
		if err != nil {
			t.Fatal(err)
		}
		h.challenges.set(challenge{}) // known to be open
		began := time.Now()
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				_, err := c.Tags(t.Context(), repository(fmt.Sprint("app/", i)), 0)
				e := asError(t, err, "not asked again before 2000-01-01T01:00:01Z")
				if e.Status != http.StatusTooManyRequests || e.RetryAfter <= 0 {
					t.Errorf("Status %d, RetryAfter %v", e.Status, e.RetryAfter)
				}
			})
		}
		group.Wait()
		if took := time.Since(began); took != 0 || r.Counts().Total() != 1 {
			t.Errorf("took %v and %d requests, want 1 request", took, r.Counts().Total())
		}
	})
}

// TestPauseOutlivesTheProcess: the next one asks nothing until the pause is over, and then asks again.
func TestPauseOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Add("a", "1.0")
	r.Break(registrytest.List, registrytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"3600"}}, Times: 1})
	path := filepath.Join(t.TempDir(), "cache.db")
	for _, step := range []struct {
		after    time.Duration
		err      string
		requests int
	}{
		{after: 0, err: "429 Too Many Requests: not asked again before 2026-11-21T13:00:01Z", requests: 1},
		{after: 59 * time.Minute, err: "429 Too Many Requests: https://registry.acme.example asked to be left alone: " +
			"not asked again before 2026-11-21T13:00:01Z", requests: 0},
		{after: -48 * time.Hour, requests: 1}, // the clock was set back: a pause of three days is none
		{after: time.Hour + 2*time.Second, requests: 1},
	} {
		state := openCache(t, path)
		o := withoutSockets(r, unlimited)
		o.Cache = state
		o.Now = func() time.Time { return noon.Add(step.after) }
		c := newClient(t, o)
		r.Reset()
		_, err := c.Tags(t.Context(), repository("a"), 0)
		if step.err != "" {
			asError(t, err, step.err)
		} else if err != nil {
			t.Errorf("after %v: %v", step.after, err)
		}
		if got := r.Counts().Total(); got != step.requests {
			t.Errorf("after %v: %d requests, want %d", step.after, got, step.requests)
		}
		c.Close()
		state.Close()
	}
}

func TestRatesOfRegistries(t *testing.T) {
	t.Parallel()
	c := newClient(t, Options{Hosts: []Host{{Host: "quay.io", PerSecond: 2.5}, {Host: "ghcr.io", Burst: 7}}})
	for _, test := range []struct {
		host  string
		rate  float64 // 0 = none
		burst int
		base  string
	}{
		{"docker.io", 5, 10, "https://registry-1.docker.io"},
		{"quay.io", 2.5, 2, "https://quay.io"},
		{"ghcr.io", 20, 7, "https://ghcr.io"},
		{"acme.azurecr.io", 10, 20, "https://acme.azurecr.io"},
		{"azurecr.io", 20, 40, "https://azurecr.io"},
		{"1234.dkr.ecr.eu-west-1.amazonaws.com", 10, 20, "https://1234.dkr.ecr.eu-west-1.amazonaws.com"},
		{"registry.acme.example:5000", 20, 40, "https://registry.acme.example:5000"},
		{"localhost:5000", 0, 0, "http://localhost:5000"},
		{"127.0.0.1:5000", 0, 0, "http://127.0.0.1:5000"},
		{"[::1]:5000", 0, 0, "http://[::1]:5000"},
		{"10.0.0.1:5000", 20, 40, "https://10.0.0.1:5000"},
	} {
		h, err := c.host(test.host)
		if err != nil {
			t.Error(err)
			continue
		}
		rate, burst := float64(h.limit.bucket.Limit()), h.limit.bucket.Burst()
		if test.rate == 0 && rate > 1e300 {
			rate = 0
		}
		if rate != test.rate || burst != test.burst || h.base.String() != test.base {
			t.Errorf("%s: %v/s, burst %d, at %s; want %v/s, %d, %s", test.host, rate, burst, h.base, test.rate, test.burst, test.base)
		}
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer, Realm: "https://auth.docker.io/token"}})
	r.Add("hub/library/nginx", "1.27")
	var hosts []string
	c := newClient(t, Options{Hosts: []Host{{Host: "docker.io", Endpoint: "https://mirror.example/hub/"}},
		Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			hosts = append(hosts, req.URL.Host)
			return r.Transport().RoundTrip(req)
		})})
	nginx := image.Repository{Host: "docker.io", Path: "library/nginx"}
	list, err := c.Tags(t.Context(), nginx, 0)
	if err != nil || list.Repository != nginx || len(list.Tags) != 1 {
		t.Errorf("Tags = %+v, %v", list, err)
	}
	if want := []string{"mirror.example", "auth.docker.io", "mirror.example"}; fmt.Sprint(hosts) != fmt.Sprint(want) {
		t.Errorf("asked %v, want %v", hosts, want)
	}
	if got := r.Scopes(); len(got) != 1 || got[0][0] != "repository:hub/library/nginx:pull" {
		t.Errorf("scopes %v", got)
	}
	if usage := c.Usage(); len(usage) != 1 || usage[0] != (Usage{Registry: "docker.io", Requests: 3}) {
		t.Errorf("Usage() = %v", usage)
	}
}
