package forge_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/image-updater/image-updater/writeback/forge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gitHub hands out tokens that last an hour to who shows the words of App 12345.
type gitHub struct {
	url  string
	key  *rsa.PrivateKey
	now  atomic.Pointer[time.Time] // what its clock, and the App's, shows
	asks atomic.Int64
	// instead answers in its place when it is not nil.
	instead http.HandlerFunc
}

func newGitHub(t *testing.T) *gitHub {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	g := &gitHub{key: key}
	g.set(time.Unix(1767312000, 0))
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

func (g *gitHub) set(now time.Time) { g.now.Store(&now) }

func (g *gitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := g.asks.Add(1)
	if g.instead != nil {
		g.instead(w, r)
		return
	}
	if err := g.check(r); err != nil {
		http.Error(w, `{"message": "`+err.Error()+`"}`, http.StatusUnauthorized)
		return
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"token": "ghs_%d", "expires_at": %q, "permissions": {"contents": "write"}}`, n, g.now.Load().Add(time.Hour).Format(time.RFC3339))
}

// check expects what GitHub's documentation asks for.
func (g *gitHub) check(r *http.Request) error {
	if want := "POST /api/v3/app/installations/67890/access_tokens"; r.Method+" "+r.URL.Path != want {
		return errors.New("want " + want)
	}
	words, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	parts := strings.Split(words, ".")
	if !bearer || len(parts) != 3 {
		return errors.New("no JSON web token")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err != nil || rsa.VerifyPKCS1v15(&g.key.PublicKey, crypto.SHA256, hash[:], signature) != nil {
		return errors.New("a bad signature")
	}
	var head struct{ Alg, Typ string }
	var claims struct {
		Iat, Exp int64
		Iss      string
	}
	for i, into := range []any{&head, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(text, into) != nil {
			return errors.New("no JSON")
		}
	}
	now := g.now.Load().Unix()
	if head.Alg != "RS256" || head.Typ != "JWT" || claims.Iss != "12345" || claims.Iat != now-60 || claims.Exp != now+9*60 {
		return fmt.Errorf("head %v, claims %v", head, claims)
	}
	return nil
}

// app is App 12345 as installed for a repository of g's.
func (g *gitHub) app(t *testing.T) *forge.App {
	t.Helper()
	a, err := forge.NewApp(forge.AppOptions{
		ID: 12345, Installation: 67890, Remote: g.url + "/acme/fleet.git",
		PrivateKey: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(g.key)}),
		Now:        func() time.Time { return *g.now.Load() },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAppToken(t *testing.T) {
	t.Parallel()
	g := newGitHub(t)
	a := g.app(t)
	begun := *g.now.Load()
	for _, step := range []struct {
		after time.Duration
		want  string
	}{
		{0, "ghs_1"},
		{time.Minute, "ghs_1"},
		{55*time.Minute - time.Second, "ghs_1"},
		{55 * time.Minute, "ghs_2"},
		{100 * time.Minute, "ghs_2"},
		{24 * time.Hour, "ghs_3"},
	} {
		g.set(begun.Add(step.after))
		if got, err := a.Token(t.Context()); err != nil || got != step.want {
			t.Errorf("after %s: %q, %v, want %q", step.after, got, err, step.want)
		}
	}
	if n := g.asks.Load(); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

// TestAppTokenAtOnce expects one request, whatever the number of those who wait for it.
func TestAppTokenAtOnce(t *testing.T) {
	t.Parallel()
	g := newGitHub(t)
	a := g.app(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, err := a.Token(t.Context()); err != nil || got != "ghs_1" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	all.Wait()
	if n := g.asks.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestAppTokenErrors(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for _, test := range []struct {
		name    string
		instead http.HandlerFunc
		want    string
	}{
		{name: "not known", instead: answer(401, `{"message": "A JSON web token could not be decoded"}`),
			want: "answered 401 unauthorized: A JSON web token could not be decoded (is this the key of that App, and is the clock right?)"},
		{name: "not installed", instead: answer(404, `{"message": "Not Found"}`), want: "answered 404 not found: Not Found (the App has no such installation)"},
		{name: "suspended", instead: answer(403, `{"message": "This installation has been\u001b[31m suspended"}`), want: "answered 403 forbidden: This installation has been [31m suspended"},
		{name: "out of order", instead: answer(502, `<html>hunter2</html>`), want: "answered 502 bad gateway"},
		{name: "no JSON", instead: answer(201, `{"token": "hunter2"`), want: "answered without a token"},
		{name: "no token", instead: answer(201, `{"expires_at": "2026-01-01T00:00:00Z"}`), want: "answered without a token"},
		{name: "too long", instead: answer(201, strings.Repeat("hunter2", 1<<18)), want: "answered with more than 1048576 bytes"},
		{name: "echo", instead: func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"message": "%s is bad"}`, r.Header.Get("Authorization"))
		}, want: "answered 400 bad request: Bearer [redacted] is bad"},
		{name: "redirect", instead: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, want: "answered 307 temporary redirect"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := newGitHub(t)
			g.instead = test.instead
			token, err := g.app(t).Token(t.Context())
			if err == nil || !strings.HasSuffix(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") || token != "" {
				t.Errorf("%q, %v, want %q", token, err, test.want)
			}
			if n := g.asks.Load(); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func TestAppTokenStops(t *testing.T) {
	t.Parallel()
	g := newGitHub(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	g.instead = func(_ http.ResponseWriter, r *http.Request) {
		cancel(reason)
		<-r.Context().Done()
	}
	if _, err := g.app(t).Token(ctx); !errors.Is(err, reason) {
		t.Errorf("%v, want %v", err, reason)
	}
}

func TestNewAppErrors(t *testing.T) {
	t.Parallel()
	short, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := x509.MarshalPKCS8PrivateKey(short)
	if err != nil {
		t.Fatal(err)
	}
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good, err := x509.MarshalPKCS8PrivateKey(long)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		key    []byte
		remote string
		want   string // "" = none
	}{
		{name: "nothing", want: "it is no private key in PEM form"},
		{name: "something else", key: []byte("hunter2"), want: "it is no private key in PEM form"},
		{name: "no key", key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("hunter2")}), want: "it is no private RSA key without a passphrase"},
		{name: "another kind", key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: other}), want: "it is no RSA key, which those of GitHub Apps are"},
		{name: "another form", key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: good}), remote: "https://github.com/acme/fleet"},
		{name: "no host", key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: good}), remote: "/srv/fleet.git", want: "the URL of the repository names no host of a GitHub App"},
	} {
		_, err := forge.NewApp(forge.AppOptions{ID: 1, Installation: 2, PrivateKey: test.key, Remote: test.remote})
		if got := fmt.Sprint(err); test.want == "" && err != nil || test.want != "" && got != test.want {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

// A token that is refused is replaced; one that is no longer in use is not missed.
func TestAppRefuse(t *testing.T) {
	t.Parallel()
	g := newGitHub(t)
	a := g.app(t)
	ask := func(want string) {
		t.Helper()
		if got, err := a.Token(t.Context()); err != nil || got != want {
			t.Errorf("token %q, %v, want %q", got, err, want)
		}
	}
	ask("ghs_1")
	a.Refuse("ghs_0")
	ask("ghs_1")
	a.Refuse("ghs_1")
	ask("ghs_2")
	a.Refuse("ghs_1") // by somebody who was slower
	ask("ghs_2")
}
