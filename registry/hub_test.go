package registry

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestHubLogin: a token serves all repositories until shortly before it expires; a refused credential is sent once, and
// public repositories are read without it; private ones are left to the registry.
func TestHubLogin(t *testing.T) {
	t.Parallel()
	type counts = registrytest.Counts
	private := image.Repository{Host: image.DockerHub, Path: "acme/api"}
	for _, test := range []struct {
		name     string
		password string
		fault    registrytest.Fault // of the login
		step     time.Duration      // between the looks
		private  image.Facts        // known of the private repository
		counts   counts             // of three looks at both
	}{
		{name: "good", password: "secret", step: time.Minute, private: hubFacts, counts: counts{Login: 1, Tell: 6}},
		{name: "token expires", password: "secret", step: 10 * time.Minute, private: hubFacts, counts: counts{Login: 3, Tell: 6}},
		{name: "too many failed logins", password: "secret", step: time.Minute, counts: counts{Login: 1, Tell: 6, List: 3},
			fault: registrytest.Fault{Status: 429, Body: `{"message":"toomanyrequests: too many failed login attempts for username or IP address"}`}},
		{name: "no login there", password: "secret", step: time.Minute, counts: counts{Login: 1, Tell: 6, List: 3},
			fault: registrytest.Fault{Status: 404}},
		{name: "refused", password: "wrong", step: time.Minute, counts: counts{Login: 1, Tell: 6, List: 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := registrytest.New(registrytest.Options{
					API:  registrytest.API{Hub: &registrytest.HubAPI{}},
					Auth: registrytest.Auth{Username: "robot", Password: "secret", Private: []string{private.Path}},
				})
				pushAll(r, nginx.Path, noon, "1.0")
				pushAll(r, private.Path, noon, "1.0")
				r.Break(registrytest.Login, test.fault)
				var shown []string // the secret, to whom
				o := withoutSockets(r, Host{Host: image.DockerHub, Auth: account(test.password)})
				o.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
					if req.Method == http.MethodPost {
						shown = append(shown, req.URL.String())
					}
					return r.Transport().RoundTrip(req)
				})
				c := newClient(t, o)
				for range 3 {
					for repository, want := range map[image.Repository]image.Facts{nginx: hubFacts, private: test.private} {
						list, err := c.Details(t.Context(), repository, hubFacts, 0)
						if err != nil || len(list.Tags) != 1 || list.Facts != want {
							t.Errorf("%s: %d tags, facts %v, %v; want facts %v", repository, len(list.Tags), list.Facts, err, want)
						}
					}
					time.Sleep(test.step)
				}
				if diff := cmp.Diff(test.counts, r.Counts()); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
				for _, url := range shown {
					if url != "https://hub.docker.com/v2/auth/token" {
						t.Errorf("the secret was sent to %s", url)
					}
				}
				if usage := c.Usage(); len(usage) != 1 || usage[0] != (Usage{Registry: image.DockerHub, Requests: r.Counts().Total()}) {
					t.Errorf("Usage() = %v, want %d requests", usage, r.Counts().Total())
				}
			})
		})
	}
}

// TestHubTokenWithdrawn: a token that is refused before its time is got anew, once.
func TestHubTokenWithdrawn(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{
		API:  registrytest.API{Hub: &registrytest.HubAPI{}},
		Auth: registrytest.Auth{Username: "robot", Password: "secret"},
	})
	pushAll(r, nginx.Path, noon, "1.0")
	c := newClient(t, withoutSockets(r, Host{Host: image.DockerHub, Auth: account("secret")}))
	for range 2 {
		if _, err := c.Details(t.Context(), nginx, hubFacts, 0); err != nil {
			t.Fatal(err)
		}
		r.ExpireTokens()
	}
	if diff := cmp.Diff(registrytest.Counts{Login: 2, Tell: 3}, r.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestHubLimit: what the API refuses stops it alone, and it is left alone before it refuses where it says when that is.
func TestHubLimit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		api   registrytest.HubAPI
		fault registrytest.Fault
		tell  int    // requests until it is left alone
		err   string // of the second look
	}{
		{name: "429", tell: 1, err: "https://hub.docker.com asked to be left alone: not asked again before 2000-01-01T00:02:01Z",
			fault: registrytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"120"}}, Body: `{"detail":"Rate limit exceeded","error":false}`}},
		{name: "the last of the minute", tell: 1, api: registrytest.HubAPI{Remaining: 1},
			err: "https://hub.docker.com asked to be left alone: not asked again before 2000-01-01T00:01:01Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &test.api}})
				pushAll(r, nginx.Path, noon, "1.0")
				r.Break(registrytest.Tell, test.fault)
				c := newClient(t, withoutSockets(r))
				c.Details(t.Context(), nginx, hubFacts, 0)
				_, err := c.Details(t.Context(), nginx, hubFacts, 0)
				e := asError(t, err, test.err)
				if e.Until.IsZero() || e.RetryAfter <= 0 {
					t.Errorf("Until %v, RetryAfter %v", e.Until, e.RetryAfter)
				}
				if _, err := c.Tags(t.Context(), nginx, 0); err != nil {
					t.Errorf("the registry is left alone, too: %v", err)
				}
				if got := r.Counts().Tell; got != test.tell {
					t.Errorf("%d requests to the API, want %d", got, test.tell)
				}
				r.Break(registrytest.Tell, registrytest.Fault{})
				time.Sleep(3 * time.Minute)
				if _, err := c.Details(t.Context(), nginx, hubFacts, 0); err != nil {
					t.Errorf("after the pause: %v", err)
				}
			})
		})
	}
}

// TestRegistryLimitStopsTheRegistryAlone is the other way round.
func TestRegistryLimitStopsTheRegistryAlone(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
	pushAll(r, nginx.Path, noon, "1.0")
	r.Break(registrytest.List, registrytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"3600"}}})
	c := newClient(t, withoutSockets(r))
	_, err := c.Tags(t.Context(), nginx, 0)
	asError(t, err, "not asked again before")
	if _, err := c.Details(t.Context(), nginx, hubFacts, 0); err != nil {
		t.Error(err)
	}
}

// TestHubEndpoint: the API is asked where the policy file says, and nowhere when the registry is asked at a mirror.
func TestHubEndpoint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		entry Host
		asked string
		facts image.Facts
	}{
		{"default", Host{}, "https://hub.docker.com/v2/namespaces/library/repositories/nginx/tags", hubFacts},
		{"mirror", Host{Endpoint: "https://mirror.example"}, "https://mirror.example/v2/library/nginx/tags/list", 0},
		{"mirror of both", Host{Endpoint: "https://mirror.example", HubEndpoint: "https://mirror.example/api/"},
			"https://mirror.example/api/v2/namespaces/library/repositories/nginx/tags", hubFacts},
		{"on the machine", Host{HubEndpoint: "http://127.0.0.1:8080"}, "http://127.0.0.1:8080/v2/namespaces/library/repositories/nginx/tags", hubFacts},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{API: registrytest.API{Hub: &registrytest.HubAPI{}}})
			pushAll(r, nginx.Path, noon, "1.0")
			test.entry.Host = image.DockerHub
			asked := ""
			c := newClient(t, Options{Hosts: []Host{test.entry}, Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				asked = origin(req.URL) + req.URL.Path
				req = req.Clone(req.Context())
				req.URL.Path = strings.TrimPrefix(req.URL.Path, "/api")
				return r.Transport().RoundTrip(req)
			})})
			list, err := c.Details(t.Context(), nginx, hubFacts, 0)
			if err != nil || list.Facts != test.facts || asked != test.asked {
				t.Errorf("facts %v, %v, asked %s; want %v, asked %s", list.Facts, err, asked, test.facts, test.asked)
			}
		})
	}
}

// TestHubEndpointChecked: what cannot be an endpoint is refused when the client is made.
func TestHubEndpointChecked(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ host, endpoint, want string }{
		{"ghcr.io", "https://hub.example", "hubEndpoint is for docker.io alone"},
		{image.DockerHub, "http://hub.example", "hubEndpoint http://hub.example is not https"},
		{image.DockerHub, "https://robot:secret@hub.example", "hubEndpoint has more than scheme, host and path"},
	} {
		_, err := New(Options{Hosts: []Host{{Host: test.host, HubEndpoint: test.endpoint}}})
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("New(%v): %v, want it to say %q", test.endpoint, err, test.want)
		}
	}
}

// TestSteadyState is a figure of issue 4 on a smaller scale: repositories by time of push, looked at 20 times by one
// process after the other, cost a request each time, and no pull.
func TestSteadyState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{
			API:  registrytest.API{Hub: &registrytest.HubAPI{}},
			Auth: registrytest.Auth{Scheme: registrytest.Bearer, Username: "robot", Password: "secret"},
		})
		r.Meter(registrytest.Metering{Limit: 100})
		var repositories []image.Repository
		for i := range 40 {
			repositories = append(repositories, image.Repository{Host: image.DockerHub, Path: fmt.Sprintf("acme/service-%03d", i)})
			pushAll(r, repositories[i].Path, noon, numbered(250)...)
		}
		state := openCache(t, "")
		for pass := range 21 {
			o := withoutSockets(r, Host{Host: image.DockerHub, Auth: account("secret")})
			o.Cache = state
			c := newClient(t, o)
			var group sync.WaitGroup
			for _, repository := range repositories {
				group.Go(func() {
					if list, err := c.Details(t.Context(), repository, hubFacts, time.Minute); err != nil || len(list.Tags) != 250 {
						t.Errorf("%s: %d tags, %v", repository, len(list.Tags), err)
					}
				})
			}
			group.Wait()
			want := registrytest.Counts{Login: 1, Tell: 40}
			if pass == 0 {
				want.Tell = 120
			}
			if diff := cmp.Diff(want, r.Counts()); diff != "" {
				t.Fatalf("pass %d: requests (-want +got):\n%s", pass, diff)
			}
			r.Reset()
			c.Close()
			time.Sleep(15 * time.Minute)
		}
		if pulls := r.Pulls("robot") + r.Pulls(registrytest.Address); pulls != 0 {
			t.Errorf("%d pulls were counted", pulls)
		}
	})
}
