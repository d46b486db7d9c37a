package hook_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/hook"
)

const (
	audience = "https://updater.acme.example/hooks/google"
	account  = "push@acme.iam.gserviceaccount.com"
)

// googleKey makes a key once for all tests: that is slow.
var googleKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// google is Google's address of keys.
type google struct {
	keys   map[string]*rsa.PublicKey
	header http.Header
	answer func(r *http.Request) (*http.Response, error) // instead, if it is set
	asked  int
}

func (g *google) RoundTrip(r *http.Request) (*http.Response, error) {
	g.asked++
	if r.URL.String() != "https://www.googleapis.com/oauth2/v3/certs" {
		return nil, fmt.Errorf("%s is asked", r.URL)
	}
	if g.answer != nil {
		return g.answer(r)
	}
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	for id, key := range g.keys {
		set.Keys = append(set.Keys, map[string]string{
			"kid": id, "kty": "RSA", "alg": "RS256", "use": "sig",
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		})
	}
	data, err := json.Marshal(set)
	return &http.Response{StatusCode: http.StatusOK, Header: g.header, Body: io.NopCloser(strings.NewReader(string(data)))}, err
}

func newGoogle() *google {
	return &google{keys: map[string]*rsa.PublicKey{"one": &googleKey().PublicKey}, header: http.Header{"Cache-Control": {"public, max-age=19800, must-revalidate"}}}
}

// tokenOf makes a token of that header and those claims, signed by Google's key.
func tokenOf(t testing.TB, header, claims map[string]any) string {
	t.Helper()
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	signed := part(header) + "." + part(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, googleKey(), crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func header() map[string]any { return map[string]any{"alg": "RS256", "kid": "one", "typ": "JWT"} }

func claims(at time.Time) map[string]any {
	return map[string]any{
		"iss": "https://accounts.google.com", "aud": audience, "azp": "113774264463038321964", "sub": "113774264463038321964",
		"email": account, "email_verified": true, "iat": at.Unix(), "exp": at.Add(time.Hour).Unix(),
	}
}

func pubsub(t testing.TB, g *google, now func() time.Time) *hook.Hook {
	t.Helper()
	h, err := hook.New(hook.Options{Kind: "pubsub", Audience: audience, ServiceAccount: account, Transport: g, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPubSubSamples(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		want []hook.Event
	}{
		{name: "pubsub", want: []hook.Event{pushed("us-east1-docker.pkg.dev", "my-project/my-repo/hello-world", "1.1")}},
		{name: "pubsub-unwrapped", want: []hook.Event{pushed("gcr.io", "my-project/hello-world", "1.1")}},
		{name: "pubsub-delete"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := sample(t, test.name)
			r.Header.Set("Authorization", "Bearer "+tokenOf(t, header(), claims(now)))
			got, err := pubsub(t, newGoogle(), func() time.Time { return now }).Read(r, "")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGoogleTokens(t *testing.T) {
	t.Parallel()
	with := func(of map[string]any, key string, value any) map[string]any {
		of[key] = value
		return of
	}
	good := tokenOf(t, header(), claims(now))
	parts := strings.Split(good, ".")
	for _, test := range []struct {
		name, authorization string
		want                string // in the reason, "" = it is taken
		unasked             bool   // no key was fetched for it
	}{
		{name: "good", authorization: "Bearer " + good},
		{name: "old name of the issuer", authorization: "Bearer " + tokenOf(t, header(), with(claims(now), "iss", "accounts.google.com"))},
		{name: "none", want: "missing", unasked: true},
		{name: "another scheme", authorization: "Basic " + good, want: "missing", unasked: true},
		{name: "no token", authorization: "Bearer x", want: "is none", unasked: true},
		{name: "no claims", authorization: "Bearer " + parts[0] + ".e30." + parts[2], want: "is not by Google", unasked: true},
		{name: "too long", authorization: "Bearer " + strings.Repeat("a", 9<<10), want: "missing", unasked: true},
		{name: "another issuer", authorization: "Bearer " + tokenOf(t, header(), with(claims(now), "iss", "https://evil.example")), want: "is not by Google", unasked: true},
		{name: "another audience", authorization: "Bearer " + tokenOf(t, header(), with(claims(now), "aud", "https://other.example")), want: "another audience", unasked: true},
		{name: "audiences", authorization: "Bearer " + tokenOf(t, header(), with(claims(now), "aud", []string{audience})), want: "is none", unasked: true},
		{name: "another account", authorization: "Bearer " + tokenOf(t, header(), with(claims(now), "email", "push@evil.iam.gserviceaccount.com")), want: "another account", unasked: true},
		{name: "not verified", authorization: "Bearer " + tokenOf(t, header(), with(claims(now), "email_verified", false)), want: "another account", unasked: true},
		{name: "expired", authorization: "Bearer " + tokenOf(t, header(), claims(now.Add(-time.Hour-2*time.Minute))), want: "has expired", unasked: true},
		{name: "of the future", authorization: "Bearer " + tokenOf(t, header(), claims(now.Add(2*time.Minute))), want: "is of the future", unasked: true},
		{name: "no algorithm", authorization: "Bearer " + tokenOf(t, with(header(), "alg", "none"), claims(now)), want: "RS256", unasked: true},
		{name: "another algorithm", authorization: "Bearer " + tokenOf(t, with(header(), "alg", "HS256"), claims(now)), want: "RS256", unasked: true},
		{name: "critical", authorization: "Bearer " + tokenOf(t, with(header(), "crit", []string{"b64"}), claims(now)), want: "RS256", unasked: true},
		{name: "another key", authorization: "Bearer " + tokenOf(t, with(header(), "kid", "two"), claims(now)), want: "names a key"},
		{name: "not signed", authorization: "Bearer " + parts[0] + "." + parts[1] + ".", want: "not signed by Google"},
		{name: "signed for something else", authorization: "Bearer " + parts[0] + "." + parts[1] + "." + strings.Split(tokenOf(t, header(), claims(now.Add(time.Second))), ".")[2], want: "not signed by Google"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := newGoogle()
			r := sample(t, "pubsub")
			if test.authorization != "" {
				r.Header.Set("Authorization", test.authorization)
			}
			_, err := pubsub(t, g, func() time.Time { return now }).Read(r, "")
			switch refusal, ok := errors.AsType[*hook.Refusal](err); {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (!ok || refusal.Status != http.StatusUnauthorized || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%v, want 401 with %q", err, test.want)
			}
			if test.unasked != (g.asked == 0) {
				t.Errorf("keys were fetched %d times", g.asked)
			}
		})
	}
}

// Keys are fetched once for as long as they hold, at most once a minute for keys that nobody knows, and again when Google
// has changed them.
func TestGoogleKeysAreKept(t *testing.T) {
	t.Parallel()
	g, at := newGoogle(), now
	h := pubsub(t, g, func() time.Time { return at })
	read := func(id string) error {
		r := sample(t, "pubsub")
		head := header()
		head["kid"] = id
		r.Header.Set("Authorization", "Bearer "+tokenOf(t, head, claims(at)))
		_, err := h.Read(r, "")
		return err
	}
	step := func(what, id string, fails bool, asked int) {
		t.Helper()
		if err := read(id); (err != nil) != fails || g.asked != asked {
			t.Errorf("%s: %v, and keys were fetched %d times, want %d", what, err, g.asked, asked)
		}
	}
	step("first", "one", false, 1)
	for range 100 {
		step("again", "one", false, 1)
		step("a flood of unknown keys", "two", true, 1)
	}
	at = at.Add(2 * time.Minute)
	g.keys["two"] = &googleKey().PublicKey
	step("a new key", "two", false, 2)
	at = at.Add(5*time.Hour + 29*time.Minute)
	step("as long as the answer said", "one", false, 2)
	at = at.Add(2 * time.Minute)
	delete(g.keys, "one")
	step("a key that was withdrawn", "one", true, 3)
	step("the other", "two", false, 3)

	at = at.Add(6 * time.Hour)
	g.answer = func(*http.Request) (*http.Response, error) { return nil, errors.New("no route") }
	step("while Google is away", "two", true, 4)
	step("and just after", "two", true, 4)
	if refusal, ok := errors.AsType[*hook.Refusal](read("two")); !ok || refusal.Status != http.StatusServiceUnavailable {
		t.Errorf("%v, want 503 so that it is sent again", refusal)
	}
	at = at.Add(time.Minute)
	g.answer = nil
	step("when it is back", "two", false, 5)
}

func TestAnswersOfGoogle(t *testing.T) {
	t.Parallel()
	body := func(status int, text string) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Location": {"https://evil.example"}}, Body: io.NopCloser(strings.NewReader(text))}, nil
		}
	}
	weak := base64.RawURLEncoding.EncodeToString(make([]byte, 64))
	for _, test := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
	}{
		{"elsewhere", body(http.StatusFound, "")},
		{"an error", body(http.StatusInternalServerError, "")},
		{"no JSON", body(http.StatusOK, "<html>")},
		{"no keys", body(http.StatusOK, `{"keys":[]}`)},
		{"a weak key", body(http.StatusOK, `{"keys":[{"kid":"one","kty":"RSA","n":"`+weak+`","e":"AQAB"}]}`)},
		{"endless", body(http.StatusOK, strings.Repeat(" ", 1<<20))},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := newGoogle()
			g.answer = test.answer
			r := sample(t, "pubsub")
			r.Header.Set("Authorization", "Bearer "+tokenOf(t, header(), claims(now)))
			_, err := pubsub(t, g, func() time.Time { return now }).Read(r, "")
			if refusal, ok := errors.AsType[*hook.Refusal](err); !ok || refusal.Status != http.StatusServiceUnavailable || g.asked != 1 {
				t.Errorf("%v after %d requests", err, g.asked)
			}
		})
	}
}

// An address that does not answer is waited for in bounds, whatever the sender does.
func TestGoogleDoesNotAnswer(t *testing.T) {
	t.Parallel()
	token := tokenOf(t, header(), claims(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))) // when a bubble begins
	synctest.Test(t, func(t *testing.T) {
		g := newGoogle()
		g.answer = func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		r := sample(t, "pubsub")
		r.Header.Set("Authorization", "Bearer "+token)
		began := time.Now()
		_, err := pubsub(t, g, nil).Read(r, "")
		if took := time.Since(began); err == nil || took != 10*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func FuzzGoogleToken(f *testing.F) {
	f.Add("Bearer a.b.c")
	f.Add("Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.AA")
	f.Fuzz(func(t *testing.T, authorization string) {
		r := sample(t, "pubsub")
		r.Header["Authorization"] = []string{authorization}
		if _, err := pubsub(t, newGoogle(), func() time.Time { return now }).Read(r, ""); err == nil {
			t.Fatalf("%q is taken", authorization)
		}
	})
}
