package registry

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestParkedCredential: a wrong password is sent five times in all, by however many processes; another one is tried at
// once. The file of the cache does not hold either.
func TestParkedCredential(t *testing.T) {
	t.Parallel()
	const wrong, right = "wrong-horse-battery", "correct-horse-battery"
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer, Username: "robot", Password: right, Private: []string{"a"}}})
	r.Add("a", "1.0")
	path := filepath.Join(t.TempDir(), "cache.db")
	for i, step := range []struct {
		password string
		lists    int
		err      string
		tokens   int
	}{
		{password: wrong, lists: 2, err: "401 Unauthorized: UNAUTHORIZED: incorrect username or password", tokens: 2},
		{password: wrong, lists: 2, err: "401 Unauthorized: UNAUTHORIZED: incorrect username or password", tokens: 2},
		{password: wrong, lists: 3, err: "the credential was refused too often and is not sent any more until it is changed", tokens: 1},
		{password: wrong, lists: 3, err: "the credential was refused too often", tokens: 0},
		{password: right, lists: 1, tokens: 1},
		{password: wrong, lists: 9, err: "the credential was refused too often", tokens: 0}, // it is known still
		{password: "another", lists: 9, err: "the credential was refused too often", tokens: 5},
	} {
		state := openCache(t, path)
		o := withoutSockets(r, withAuth(account(step.password)))
		o.Cache = state
		c := newClient(t, o)
		r.Reset()
		var err error
		for range step.lists {
			_, err = c.Tags(t.Context(), repository("a"), 0)
		}
		if step.err != "" {
			asError(t, err, step.err)
		} else if err != nil {
			t.Errorf("step %d: %v", i, err)
		}
		if got := r.Counts().Token; got != step.tokens {
			t.Errorf("step %d: %d token requests, want %d", i, got, step.tokens)
		}
		h, err := c.host(testHost)
		if err != nil {
			t.Fatal(err)
		}
		if parked := h.parked(t.Context()) != nil; parked != strings.Contains(step.err, "too often") {
			t.Errorf("step %d: parked is %t", i, parked)
		}
		c.Close()
		state.Close()
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{wrong, right} {
			if bytes.Contains(file, []byte(secret)) {
				t.Errorf("step %d: the cache holds %q", i, secret)
			}
		}
	}
}

// TestLockedOut: after too many failed logins, be they ours or not, nobody logs in for a day; the registry is not left
// alone for it, and a changed credential is tried at once.
func TestLockedOut(t *testing.T) {
	t.Parallel()
	auth := registrytest.Auth{Scheme: registrytest.Bearer, Username: "robot", Password: "secret", Private: []string{"a"}}
	const text = `{"errors":[{"code":"TOOMANYREQUESTS","message":"too many failed login attempts for username or IP address"}]}`
	r := registrytest.New(registrytest.Options{Auth: auth})
	r.Add("a", "1.0")
	r.Break(registrytest.Token, registrytest.Fault{Status: 429, Body: text, Times: 2})
	now := noon
	state := openCache(t, "")
	for _, step := range []struct {
		password string
		after    time.Duration
		err      string
		tokens   int
	}{
		{password: "secret", err: "429 Too Many Requests: TOOMANYREQUESTS: too many failed login attempts", tokens: 1},
		{password: "secret", after: 23 * time.Hour, err: "met too many failed logins: until it is changed, the credential is not sent: " +
			"not asked again before 2026-11-22T12:00:01Z"},
		{password: "changed", err: "too many failed login attempts", tokens: 1},
		{password: "secret", after: 0, tokens: 1}, // changed back
	} {
		now = now.Add(step.after)
		o := withoutSockets(r, withAuth(account(step.password)))
		o.Cache, o.Now = state, func() time.Time { return now }
		c := newClient(t, o)
		r.Reset()
		_, err := c.Tags(t.Context(), repository("a"), 0)
		if step.err != "" {
			asError(t, err, step.err)
		} else if err != nil {
			t.Error(err)
		}
		if got := r.Counts().Token; got != step.tokens {
			t.Errorf("%d token requests, want %d", got, step.tokens)
		}
		h, err := c.host(testHost)
		if err != nil {
			t.Fatal(err)
		}
		if until := h.limit.pausedUntil(); !until.IsZero() {
			t.Errorf("the registry is left alone until %v", until)
		}
	}
}

// TestHashOf: no two credentials are one text.
func TestHashOf(t *testing.T) {
	t.Parallel()
	seen := make(map[string]credential)
	for _, c := range []credential{
		{}, {username: "a", password: "b"}, {username: "ab"}, {password: "ab"}, {identityToken: "ab"}, {registryToken: "ab"}, {username: "a1:b"},
	} {
		hash, err := hashOf(c, []byte("salt"))
		if err != nil {
			t.Fatal(err)
		}
		if other, found := seen[string(hash)]; found {
			t.Errorf("%+v and %+v have one hash", c, other)
		}
		seen[string(hash)] = c
	}
	if diff := cmp.Diff(7, len(seen)); diff != "" {
		t.Error(diff)
	}
}
