package registry

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestTokensAreKept: a token serves until shortly before it expires, and one that was withdrawn is replaced for all.
func TestTokensAreKept(t *testing.T) {
	t.Parallel()
	var elapsed atomic.Int64
	now := func() time.Time { return noon.Add(time.Duration(elapsed.Load())) }
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer, Expires: 100 * time.Second}, Now: now})
	o := withoutSockets(r, unlimited)
	o.Now = now
	c := newClient(t, o)
	for _, path := range []string{"a", "b"} {
		r.Add(path, "1.0")
		c.Expect(repository(path))
	}
	for _, step := range []struct {
		name  string
		after time.Duration
		want  registrytest.Counts
	}{
		{"first", 0, registrytest.Counts{Token: 1, List: 3}},
		{"shortly before", 89 * time.Second, registrytest.Counts{List: 2}},
		{"too shortly before", 2 * time.Second, registrytest.Counts{Token: 1, List: 2}},
		{"withdrawn", time.Second, registrytest.Counts{Token: 1, List: 3}},
	} {
		elapsed.Add(int64(step.after))
		if step.name == "withdrawn" {
			r.ExpireTokens()
		}
		r.Reset()
		for _, path := range []string{"a", "b"} {
			if _, err := c.Tags(t.Context(), repository(path), 0); err != nil {
				t.Errorf("%s: %v", step.name, err)
			}
		}
		if diff := cmp.Diff(step.want, r.Counts()); diff != "" {
			t.Errorf("%s: requests (-want +got):\n%s", step.name, diff)
		}
	}
}

// TestTokenWithoutExpiry lives for a minute, as the token protocol has it.
func TestTokenWithoutExpiry(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		body string
		life time.Duration
		err  string
	}{
		{body: `{"token":"t"}`, life: 54 * time.Second},
		{body: `{"access_token":"t","expires_in":300}`, life: 270 * time.Second},
		{body: `{"token":"t","expires_in":"300"}`, life: 270 * time.Second},
		{body: `{"token":"t","expires_in":-1}`, life: 54 * time.Second},
		{body: `{"token":"t","expires_in":99999999999}`, life: longestLife - longestLife/10},
		{body: `{"token":"a\nb"}`, err: "no token that can be sent"},
		{body: `{"expires_in":300}`, err: "no token that can be sent"},
		{body: `hunter2 is no token`, err: "not JSON from byte 1"},
	} {
		tok, err := parseToken([]byte(test.body), noon)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("parseToken(%s) = %v, want an error with %q", test.body, err, test.err)
			}
			continue
		}
		if err != nil || tok.text != "t" || tok.until.Sub(noon) != test.life {
			t.Errorf("parseToken(%s) = %+v, %v, want a life of %v", test.body, tok, err, test.life)
		}
	}
}

// TestAnonymousTokenOfGHCR: one token opens every public repository.
func TestAnonymousTokenOfGHCR(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer, AnyRepository: true, Opaque: true, NoExpiry: true}})
	c := newClient(t, withoutSockets(r))
	for i := range 5 {
		repository := image.Repository{Host: "ghcr.io", Path: fmt.Sprintf("acme/%d", i)}
		r.Add(repository.Path, "1.0")
		c.Expect(repository)
		if _, err := c.Tags(t.Context(), repository, 0); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(registrytest.Counts{Token: 1, List: 6}, r.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// TestOpens reads what a token says of itself.
func TestOpens(t *testing.T) {
	t.Parallel()
	jwt := func(payload string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
	}
	for _, test := range []struct {
		name, token string
		want        []string
		readable    bool
	}{
		{"all, in another order", jwt(`{"access":[{"type":"repository","name":"b","actions":["pull"]},{"type":"repository","name":"a","actions":["pull","push"]}]}`),
			[]string{"a", "b"}, true},
		{"any action", jwt(`{"access":[{"type":"repository","name":"b","actions":["*"]}]}`), []string{"b"}, true},
		{"none", jwt(`{"access":[]}`), nil, true},
		{"other things", jwt(`{"access":[{"type":"registry","name":"a","actions":["pull"]},{"type":"repository","name":"b","actions":["push"]}]}`), nil, true},
		{"no claim", jwt(`{"sub":"x"}`), nil, false},
		{"no JSON", jwt(`x`), nil, false},
		{"no base64", "a.%.c", nil, false},
		{"opaque", "djE6YWNtZQ", nil, false},
	} {
		got, readable := opens(test.token, []string{"a", "b"})
		if !slices.Equal(got, test.want) || readable != test.readable {
			t.Errorf("%s: opens = %q, %v, want %q, %v", test.name, got, readable, test.want, test.readable)
		}
	}
}

// TestExpectAgain: what is announced last is opened first, so that who looks at some of many repositories at a time
// needs one token for them.
func TestExpectAgain(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer}})
	var all []image.Repository
	for i := range 200 {
		path := fmt.Sprintf("app/%03d", i)
		r.Add(path, "1.0")
		all = append(all, repository(path))
	}
	c := newClient(t, withoutSockets(r))
	c.Expect(all...)
	soon := []image.Repository{all[180], all[7], all[120]}
	c.Expect(append(soon, soon[0])...)
	for _, one := range soon {
		if _, err := c.Tags(t.Context(), one, 0); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.Counts().Token; got != 1 {
		t.Errorf("%d tokens were asked for, want 1", got)
	}
	if got := r.Scopes()[0]; len(got) != 50 || got[2] != "repository:app/120:pull" || got[3] != "repository:app/000:pull" {
		t.Errorf("the token is for %v", got)
	}
}
