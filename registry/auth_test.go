package registry

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/internal/registrytest"
)

// unlimited is an entry for the registry of the tests that does not slow them down.
var unlimited = Host{Host: testHost, PerSecond: 1e6, Burst: 1e6}

func withAuth(a authn.Authenticator) Host {
	h := unlimited
	h.Auth = a
	return h
}

// TestAuthorization lists repositories one after the other, all of them announced, and counts what was asked.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	type counts = registrytest.Counts
	robot := registrytest.Auth{Scheme: registrytest.Bearer, Username: "robot", Password: "secret", Private: []string{"a", "b", "c", "d"}}
	with := func(change func(*registrytest.Auth)) registrytest.Auth {
		a := robot
		change(&a)
		return a
	}
	for _, test := range []struct {
		name   string
		auth   registrytest.Auth
		host   Host
		lists  string // the repositories, by letters
		err    string // of the last
		counts counts
		scopes int // in the largest token request
	}{
		{name: "open", host: withAuth(account("secret")), lists: "abc", counts: counts{List: 3}},
		{name: "anonymous token", auth: registrytest.Auth{Scheme: registrytest.Bearer}, host: unlimited,
			lists: "abc", counts: counts{Token: 1, List: 4}, scopes: 3},
		{name: "token for an account", auth: robot, host: withAuth(account("secret")),
			lists: "abc", counts: counts{Token: 1, List: 4}, scopes: 3},
		{name: "identity token", auth: with(func(a *registrytest.Auth) { a.IdentityToken = "refresh" }),
			host: withAuth(authn.FromConfig(authn.AuthConfig{IdentityToken: "refresh"})), lists: "abc", counts: counts{Token: 1, List: 4}, scopes: 3},
		{name: "identity token to a server without POST", auth: robot,
			host:  withAuth(authn.FromConfig(authn.AuthConfig{IdentityToken: "refresh", Username: "robot", Password: "secret"})),
			lists: "a", counts: counts{Token: 2, List: 2}, scopes: 1},
		{name: "basic", auth: registrytest.Auth{Scheme: registrytest.Basic, Username: "robot", Password: "secret"},
			host: withAuth(account("secret")), lists: "abc", counts: counts{List: 4}},
		{name: "basic from the auth field", auth: registrytest.Auth{Scheme: registrytest.Basic, Username: "robot", Password: "secret"},
			host: withAuth(authn.FromConfig(authn.AuthConfig{Auth: "cm9ib3Q6c2VjcmV0"})), lists: "a", counts: counts{List: 2}},
		{name: "opaque tokens", auth: with(func(a *registrytest.Auth) { a.Opaque = true }), host: withAuth(account("secret")),
			lists: "abc", counts: counts{Token: 4, List: 4}, scopes: 3},
		{name: "first scope alone", auth: with(func(a *registrytest.Auth) { a.Scopes = registrytest.FirstScope }), host: withAuth(account("secret")),
			lists: "abc", counts: counts{Token: 3, List: 4}, scopes: 3},
		{name: "one scope alone", auth: with(func(a *registrytest.Auth) { a.Scopes = registrytest.RefuseScope }), host: withAuth(account("secret")),
			lists: "abc", counts: counts{Token: 4, List: 4}, scopes: 3},
		{name: "a list needs more than pull", auth: with(func(a *registrytest.Auth) { a.Actions = "metadata_read" }), host: withAuth(account("secret")),
			lists: "abc", counts: counts{Token: 2, List: 5}, scopes: 3},
		{name: "a private one among public ones", auth: registrytest.Auth{Scheme: registrytest.Bearer, Private: []string{"c"}}, host: unlimited,
			lists: "abc", err: "401 Unauthorized: UNAUTHORIZED: authentication required: no credentials for registry.acme.example were found",
			counts: counts{Token: 2, List: 4}, scopes: 3},
		{name: "a private one before public ones", auth: registrytest.Auth{Scheme: registrytest.Bearer, Private: []string{"a"}}, host: unlimited,
			lists: "aba", err: "no credentials for registry.acme.example were found", counts: counts{Token: 3, List: 5}, scopes: 2},
		{name: "a private one, denied with all", auth: registrytest.Auth{Scheme: registrytest.Bearer, Private: []string{"c"}, Deny: 403}, host: unlimited,
			lists: "abc", err: "asking registry.acme.example for a token: 403 Forbidden: DENIED", counts: counts{Token: 4, List: 3}, scopes: 3},
		{name: "token server refuses the password", auth: robot, host: withAuth(account("wrong")),
			lists: "abcdabcd", err: "the credential was refused too often", counts: counts{Token: 5, List: 1}, scopes: 4},
		{name: "registry refuses the password", auth: registrytest.Auth{Scheme: registrytest.Basic, Username: "robot", Password: "secret"},
			host: withAuth(account("wrong")), lists: "abcdabcd", err: "the credential was refused too often", counts: counts{List: 6}},
		{name: "registry refuses the token it is given", auth: robot, host: withAuth(&authn.Bearer{Token: "wrong"}),
			lists: "abcdabcd", err: "the credential was refused too often", counts: counts{List: 6}},
		{name: "wrong password", auth: registrytest.Auth{Scheme: registrytest.Basic, Username: "robot", Password: "secret"},
			host: withAuth(account("wrong")), lists: "a",
			err:    "authentication required: the credentials for registry.acme.example are refused, or give no right to it",
			counts: counts{List: 2}},
		{name: "basic without a password", auth: registrytest.Auth{Scheme: registrytest.Basic}, host: unlimited,
			lists: "aa", err: "no credentials for registry.acme.example were found", counts: counts{List: 3}},
		{name: "realm elsewhere", auth: registrytest.Auth{Scheme: registrytest.Bearer, Realm: "https://evil.example/token"}, host: withAuth(account("secret")),
			lists: "a", err: "realm https://evil.example of the challenge is neither on the registry's domain nor in its tokenHosts", counts: counts{List: 1}},
		{name: "realm elsewhere, allowed", auth: registrytest.Auth{Scheme: registrytest.Bearer, Realm: "https://token.example/token"},
			host:  Host{Host: testHost, PerSecond: 1e6, Burst: 1e6, TokenHosts: []string{"token.example"}},
			lists: "a", counts: counts{Token: 1, List: 2}, scopes: 1},
		{name: "realm on the same domain", auth: registrytest.Auth{Scheme: registrytest.Bearer, Realm: "https://auth.acme.example/token"}, host: unlimited,
			lists: "a", counts: counts{Token: 1, List: 2}, scopes: 1},
		{name: "realm on http", auth: registrytest.Auth{Scheme: registrytest.Bearer, Realm: "http://" + testHost + "/token"}, host: unlimited,
			lists: "a", err: "is not https", counts: counts{List: 1}},
		{name: "realm of an address", auth: registrytest.Auth{Scheme: registrytest.Bearer, Realm: "https://169.254.169.254/token"}, host: unlimited,
			lists: "a", err: "realm https://169.254.169.254 of the challenge is neither", counts: counts{List: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{Auth: test.auth})
			c := newClient(t, withoutSockets(r, test.host))
			for path := range strings.SplitSeq(test.lists, "") {
				r.Add(path, "1.0")
				c.Expect(repository(path))
			}
			var err error
			for path := range strings.SplitSeq(test.lists, "") {
				_, err = c.Tags(t.Context(), repository(path), 0)
				if err != nil && test.err == "" {
					t.Errorf("listing %s: %v", path, err)
				}
			}
			if test.err != "" {
				asError(t, err, test.err)
			}
			if diff := cmp.Diff(test.counts, r.Counts()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			most := 0
			for _, scopes := range r.Scopes() {
				most = max(most, len(scopes))
			}
			if most != test.scopes {
				t.Errorf("the largest token request has %d scopes, want %d", most, test.scopes)
			}
		})
	}
}

// TestChallengeOfAnEarlierProcess: what the cache holds may have become wrong.
func TestChallengeOfAnEarlierProcess(t *testing.T) {
	t.Parallel()
	bearer := registrytest.Auth{Scheme: registrytest.Bearer, Realm: "https://old.acme.example/token", Service: "old"}
	for _, test := range []struct {
		name   string
		now    registrytest.Auth
		broken string // host of a token server that is gone
		want   registrytest.Counts
	}{
		{name: "the same", now: bearer, want: registrytest.Counts{Token: 1, List: 1}},
		{name: "another realm", now: registrytest.Auth{Scheme: registrytest.Bearer, Realm: "https://new.acme.example/token", Service: "new"},
			broken: "old.acme.example", want: registrytest.Counts{Token: 1, List: 2}},
		{name: "open now", now: registrytest.Auth{}, want: registrytest.Counts{Token: 1, List: 1}},
		{name: "basic now", now: registrytest.Auth{Scheme: registrytest.Basic, Username: "robot", Password: "secret"},
			want: registrytest.Counts{Token: 1, List: 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			state := openCache(t, "")
			bearer := bearer
			bearer.Username, bearer.Password = "robot", "secret"
			before := registrytest.New(registrytest.Options{Auth: bearer})
			before.Add("a", "1.0")
			o := withoutSockets(before, withAuth(account("secret")))
			o.Cache = state
			if _, err := newClient(t, o).Tags(t.Context(), repository("a"), 0); err != nil {
				t.Fatal(err)
			}

			test.now.Username, test.now.Password = "robot", "secret"
			after := registrytest.New(registrytest.Options{Auth: test.now})
			after.Add("a", "1.0")
			o.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
				if req.URL.Host == test.broken {
					return nil, &net.DNSError{Err: "no such host", Name: req.URL.Host, IsNotFound: true}
				}
				return after.Transport().RoundTrip(req)
			})
			c := newClient(t, o)
			if _, err := c.Tags(t.Context(), repository("a"), 0); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(test.want, after.Counts()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// TestManyAtOnce: sixty lists at the same time learn the challenge by one request, share a token, and one repository is
// listed once.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer}})
	c := newClient(t, withoutSockets(r, unlimited))
	var group sync.WaitGroup
	for i := range 60 {
		path := fmt.Sprint("app/", i%20)
		r.Add(path, "1.0")
		c.Expect(repository(path))
		group.Go(func() {
			if list, err := c.Tags(t.Context(), repository(path), time.Hour); err != nil || !slices.Equal(list.Tags, []string{"1.0"}) {
				t.Errorf("Tags(%s) = %v, %v", path, list.Tags, err)
			}
		})
	}
	group.Wait()
	if diff := cmp.Diff(registrytest.Counts{Token: 1, List: 21}, r.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestRefusedAtOnce: a wrong password is sent five times at most, however many ask at the same time.
func TestRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for _, scheme := range []registrytest.Scheme{registrytest.Bearer, registrytest.Basic} {
		var sent atomic.Int64
		r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: scheme, Username: "robot", Password: "secret"}})
		c := newClient(t, Options{Hosts: []Host{withAuth(account("wrong"))}, Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			if _, _, ok := req.BasicAuth(); ok {
				sent.Add(1)
			}
			return r.Transport().RoundTrip(req)
		})})
		var group sync.WaitGroup
		for i := range 60 {
			path := fmt.Sprint("app/", i)
			r.Add(path, "1.0")
			group.Go(func() {
				if _, err := c.Tags(t.Context(), repository(path), 0); err == nil {
					t.Errorf("%s: listed with a wrong password", scheme)
				}
			})
		}
		group.Wait()
		if got := sent.Load(); got != maxRefusals {
			t.Errorf("%s: the password was sent %d times, want %d", scheme, got, maxRefusals)
		}
	}
}
