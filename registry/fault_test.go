package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestFaults meets every fault with lists and with tokens: the verdict, how many requests it costs and how long it
// takes, in simulated time. Jitter is nought, so pauses between tries are 0.5 and 1 seconds.
func TestFaults(t *testing.T) {
	t.Parallel()
	type counts = registrytest.Counts
	after := func(value string) http.Header { return http.Header{"Retry-After": {value}} }
	inBubble := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // where the clock of a bubble begins
	for _, test := range []struct {
		name  string
		on    registrytest.Kind
		fault registrytest.Fault
		err   string
		list  int // requests; one more is the refused one that tells the challenge
		token int
		took  time.Duration
		until time.Duration // from the beginning; 0 = no pause
	}{
		{name: "no fault", on: registrytest.List, list: 1, token: 1},
		{name: "503 twice", on: registrytest.List, fault: registrytest.Fault{Status: 503, Times: 2}, list: 3, token: 1, took: 1500 * time.Millisecond},
		{name: "503", on: registrytest.List, fault: registrytest.Fault{Status: 503}, err: "503 Service Unavailable", list: 3, took: 1500 * time.Millisecond},
		{name: "500 with a text", on: registrytest.List, fault: registrytest.Fault{Status: 500, Body: `{"errors":[{"code":"UNKNOWN","message":"disk\nfull"}]}`},
			err: "500 Internal Server Error: UNKNOWN: disk full", list: 3, took: 1500 * time.Millisecond},
		{name: "501", on: registrytest.List, fault: registrytest.Fault{Status: 501}, err: "501 Not Implemented", list: 1},
		{name: "404", on: registrytest.List, fault: registrytest.Fault{Status: 404}, err: "404 Not Found", list: 1},
		{name: "cut once", on: registrytest.List, fault: registrytest.Fault{Cut: true, Times: 1}, list: 2, token: 1, took: 500 * time.Millisecond},
		{name: "cut", on: registrytest.List, fault: registrytest.Fault{Cut: true}, err: "reading the answer: unexpected EOF", list: 3, took: 1500 * time.Millisecond},
		{name: "no answer once", on: registrytest.List, fault: registrytest.Fault{Stall: true, Times: 1}, list: 2, token: 1, took: 30500 * time.Millisecond},
		{name: "no answer", on: registrytest.List, fault: registrytest.Fault{Stall: true},
			err: "https://registry.acme.example does not answer and is left alone for 1m0s: no answer within 30s", list: 2, took: 61500 * time.Millisecond},
		{name: "drip", on: registrytest.List, fault: registrytest.Fault{Drip: time.Second}, err: "the answer did not end within 1m0s", list: 1, took: time.Minute},
		{name: "429", on: registrytest.List, fault: registrytest.Fault{Status: 429},
			err: "429 Too Many Requests: not asked again before 2000-01-01T00:01:01Z", list: 1, until: 61 * time.Second},
		{name: "429 for 5 seconds, once", on: registrytest.List, fault: registrytest.Fault{Status: 429, Header: after("5"), Times: 1},
			list: 2, token: 1, took: 5 * time.Second},
		{name: "429 for 5 seconds", on: registrytest.List, fault: registrytest.Fault{Status: 429, Header: after("5")},
			err: "429", list: 3, took: 10 * time.Second, until: 71 * time.Second},
		{name: "429 for an hour", on: registrytest.List, fault: registrytest.Fault{Status: 429, Header: after("3600")},
			err: "not asked again before 2000-01-01T01:00:01Z", list: 1, until: time.Hour + time.Second},
		{name: "429 for a year", on: registrytest.List, fault: registrytest.Fault{Status: 429, Header: after("31536000")},
			err: "429", list: 1, until: 24*time.Hour + time.Second},
		{name: "429 until a date", on: registrytest.List, fault: registrytest.Fault{Status: 429, Header: after("Sat, 01 Jan 2000 00:10:00 GMT")},
			err: "not asked again before 2000-01-01T00:10:01Z", list: 1, until: 10*time.Minute + time.Second},
		{name: "429 until a date that is near, once", on: registrytest.List,
			fault: registrytest.Fault{Status: 429, Header: after("Sat, 01 Jan 2000 00:00:04 GMT"), Times: 1}, list: 2, token: 1, took: 4 * time.Second},
		{name: "429 with nonsense", on: registrytest.List, fault: registrytest.Fault{Status: 429, Header: after("soon")},
			err: "429", list: 1, until: 61 * time.Second},
		{name: "429 of GHCR, once", on: registrytest.List, fault: registrytest.Fault{Status: 429, Times: 1,
			Body: `{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 880.092µs, allowed: 44000/minute"}]}`},
			list: 2, token: 1, took: time.Second},
		{name: "503 for 7 seconds, once", on: registrytest.List, fault: registrytest.Fault{Status: 503, Header: after("7"), Times: 1},
			list: 2, token: 1, took: 7*time.Second + 0},
		{name: "token: 503 twice", on: registrytest.Token, fault: registrytest.Fault{Status: 503, Times: 2}, list: 1, token: 3, took: 1500 * time.Millisecond},
		{name: "token: 503", on: registrytest.Token, fault: registrytest.Fault{Status: 503},
			err: "asking registry.acme.example for a token: 503 Service Unavailable", token: 3, took: 1500 * time.Millisecond},
		{name: "token: cut", on: registrytest.Token, fault: registrytest.Fault{Cut: true},
			err: "for a token: reading the answer: unexpected EOF", token: 3, took: 1500 * time.Millisecond},
		{name: "token: no answer", on: registrytest.Token, fault: registrytest.Fault{Stall: true}, err: "does not answer", token: 2, took: 61500 * time.Millisecond},
		{name: "token: drip", on: registrytest.Token, fault: registrytest.Fault{Drip: 3 * time.Second}, err: "did not end within", token: 1, took: time.Minute},
		{name: "token: without end", on: registrytest.Token, fault: registrytest.Fault{Endless: true}, err: "longer than 65536 bytes", token: 1},
		{name: "token: 429 for an hour", on: registrytest.Token, fault: registrytest.Fault{Status: 429, Header: after("3600")},
			err: "for a token: 429 Too Many Requests: not asked again before 2000-01-01T01:00:01Z", token: 1, until: time.Hour + time.Second},
		{name: "token: redirect elsewhere", on: registrytest.Token, fault: registrytest.Fault{Redirect: "https://evil.example/"},
			err: "redirect from https://registry.acme.example to https://evil.example is not followed", token: 1},
		{name: "token: html", on: registrytest.Token, fault: registrytest.Fault{Status: 200, Body: "<html>"}, err: "no token: not JSON", token: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer}})
				r.Add("library/nginx", numbered(100)...)
				o := withoutSockets(r, unlimited)
				o.Jitter = func() float64 { return 0 }
				c := newClient(t, o)
				h, err := c.host(testHost)
				if err != nil {
					t.Fatal(err)
				}
				h.challenges.set(challenge{Scheme: schemeBearer, Realm: "https://" + testHost + "/token"})
				r.Break(test.on, test.fault)

				began := time.Now()
				list, err := c.Tags(t.Context(), repository("library/nginx"), 0)
				if took := time.Since(began); took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
				token := test.token
				if test.on == registrytest.List {
					token = 1
				}
				if diff := cmp.Diff(counts{List: test.list, Token: token}, r.Counts()); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
				if test.err == "" {
					if err != nil || len(list.Tags) != 100 {
						t.Errorf("%d tags, %v", len(list.Tags), err)
					}
					return
				}
				e := asError(t, err, test.err)
				var until time.Duration
				if !e.Until.IsZero() {
					until = e.Until.Sub(inBubble)
				}
				if until != test.until || (e.RetryAfter > 0) != (until > 0) {
					t.Errorf("pause until %v after the beginning, RetryAfter %v, want %v", until, e.RetryAfter, test.until)
				}
			})
		})
	}
}

// TestErrorsOfTheNetwork: what may pass is tried three times, what will not is not.
func TestErrorsOfTheNetwork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		err      error
		requests int
	}{
		{"connection refused", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, 3},
		{"connection reset", &net.OpError{Op: "read", Err: syscall.ECONNRESET}, 3},
		{"resolver did not answer", &net.DNSError{Err: "timeout", IsTimeout: true, IsTemporary: true}, 2}, // then it is left alone
		{"no such host", &net.DNSError{Err: "no such host", IsNotFound: true}, 1},
		{"unknown authority", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, 1},
		{"client certificate refused", &net.OpError{Op: "remote error", Err: tls.AlertError(116)}, 1},
		{"private address", &net.OpError{Op: "dial", Err: &errAddress{host: "x", kind: private}}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var requests int
				c := newClient(t, Options{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					requests++
					return nil, test.err
				})})
				_, err := c.Tags(t.Context(), repository("a"), 0)
				asError(t, err, "listing tags of registry.acme.example/a")
				if !errors.Is(err, test.err) && requests != 2 {
					t.Errorf("error %v is not what it was", err)
				}
				if requests != test.requests {
					t.Errorf("%d requests, want %d", requests, test.requests)
				}
			})
		})
	}
}

// TestContextEnds: a deadline is obeyed at once wherever the call is: on the wire, between tries, held up by a
// Retry-After, or in the queue of the limiter.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		host  Host
		fault registrytest.Fault
	}{
		{"on the wire", unlimited, registrytest.Fault{Stall: true}},
		{"in the body", unlimited, registrytest.Fault{Drip: time.Second}},
		{"between tries", unlimited, registrytest.Fault{Status: 500}},
		{"held up", unlimited, registrytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"9"}}}},
		{"in the queue", Host{Host: testHost, PerSecond: 0.1, Burst: 1}, registrytest.Fault{Status: 500}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := registrytest.New(registrytest.Options{})
				r.Add("a", numbered(100)...)
				r.Break(registrytest.List, test.fault)
				c := newClient(t, withoutSockets(r, test.host))
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				began := time.Now()
				_, err := c.Tags(ctx, repository("a"), 0)
				if took := time.Since(began); took != 200*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("after %v: %v", took, err)
				}
			})
		})
	}
}

// One list that never ends fails its own repository. That it was the first one asked for changes nothing for the others.
func TestSlowListIsAloneWithIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{})
		r.Add("app/slow", numbered(10)...)
		r.Add("app/sound", "1.0")
		r.Break(registrytest.List, registrytest.Fault{Drip: 20 * time.Second, Times: 1})
		c := newClient(t, Options{Transport: r.Transport()})
		slow := make(chan error, 1)
		go func() {
			_, err := c.Tags(t.Context(), image.Repository{Host: "r.example", Path: "app/slow"}, 0)
			slow <- err
		}()
		synctest.Wait() // the slow list is under way
		began := time.Now()
		list, err := c.Tags(t.Context(), image.Repository{Host: "r.example", Path: "app/sound"}, 0)
		if err != nil || len(list.Tags) != 1 || time.Since(began) > time.Second {
			t.Errorf("the sound repository: %v, %v, after %v", list.Tags, err, time.Since(began))
		}
		if err := <-slow; err == nil || !strings.Contains(err.Error(), "did not end within") {
			t.Errorf("the slow repository: %v", err)
		}
	})
}

// TestStuckRegistry: 200 repositories of a registry that does not answer, sixteen at a time, end within 90 seconds; the
// other registry is read meanwhile.
func TestStuckRegistry(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]registrytest.Fault{
		"no answer": {Stall: true},
		"drip":      {Drip: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stuck, sound := registrytest.New(registrytest.Options{}), registrytest.New(registrytest.Options{})
				stuck.Break(registrytest.List, fault)
				c := newClient(t, Options{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
					if req.URL.Host == "stuck.example" {
						return stuck.Transport().RoundTrip(req)
					}
					return sound.Transport().RoundTrip(req)
				})})
				var listed atomic.Int64
				var group sync.WaitGroup
				slots := make(chan struct{}, 16)
				began := time.Now()
				for i := range 200 {
					repository := image.Repository{Host: []string{"stuck.example", "sound.example"}[i%2], Path: fmt.Sprint("app/", i)}
					stuck.Add(repository.Path, numbered(10)...)
					sound.Add(repository.Path, "1.0")
					group.Go(func() {
						slots <- struct{}{}
						defer func() { <-slots }()
						if _, err := c.Tags(t.Context(), repository, 0); err == nil {
							listed.Add(1)
						}
					})
				}
				group.Wait()
				if took := time.Since(began); took > 90*time.Second {
					t.Errorf("the pass took %v", took)
				}
				if listed.Load() != 100 {
					t.Errorf("%d repositories were listed, want the 100 of the sound registry", listed.Load())
				}
				if got := stuck.Counts().Total(); got > 32 {
					t.Errorf("the stuck registry was asked %d times", got)
				}
			})
		})
	}
}
