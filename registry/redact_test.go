package registry

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/internal/registrytest"
)

const sentinel = "hunter2+S3NT/NEL"

// hasSentinel returns the spelling of the secret that is in the text, or "".
func hasSentinel(text string, tokens ...string) string {
	for _, spelling := range append([]string{
		sentinel,
		url.QueryEscape(sentinel),
		url.PathEscape(sentinel),
		base64.StdEncoding.EncodeToString([]byte("robot:" + sentinel)),
	}, tokens...) {
		if strings.Contains(text, spelling) {
			return spelling
		}
	}
	return ""
}

// TestSecretsStayInside makes every kind of request fail in every way, with every kind of credential, at a registry
// that repeats what it was sent, and looks for the secret in the errors, in the log and in the cache.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	bearer := registrytest.Auth{Scheme: registrytest.Bearer, Username: "robot", Password: sentinel, IdentityToken: sentinel}
	basic := registrytest.Auth{Scheme: registrytest.Basic, Username: "robot", Password: sentinel}
	password := authn.FromConfig(authn.AuthConfig{Username: "robot", Password: sentinel})
	identity := authn.FromConfig(authn.AuthConfig{IdentityToken: sentinel})
	leaky := "https://robot:" + url.QueryEscape(sentinel) + "@evil.example/x?token=" + url.QueryEscape(sentinel)
	faults := map[string]registrytest.Fault{
		"echo in a 400":     {Status: 400, Echo: true},
		"echo in a 401":     {Status: 401, Echo: true},
		"echo in a 403":     {Status: 403, Echo: true},
		"echo in a 404":     {Status: 404, Echo: true},
		"echo in a 429":     {Status: 429, Echo: true},
		"echo in a 501":     {Status: 501, Echo: true},
		"echo in a 200":     {Status: 200, Echo: true},
		"secret is no JSON": {Status: 200, Body: sentinel},
		"redirect":          {Redirect: leaky},
		"in a message":      {Status: 400, Body: `{"errors":[{"code":"` + sentinel + `","message":"get ` + leaky + ` of ` + sentinel + `"}]}`},
		"in details":        {Status: 400, Body: `{"details":"` + sentinel + `"}`},
		"in a challenge":    {Status: 401, Header: http.Header{"Www-Authenticate": {`Bearer realm="` + leaky + `",service="x"`}}},
		"cut":               {Cut: true},
		"no fault":          {},
	}
	for name, fault := range faults {
		for _, kind := range []registrytest.Kind{registrytest.List, registrytest.Token} {
			for credential, auth := range map[string]authn.Authenticator{
				"password": password, "identity": identity, "registry token": &authn.Bearer{Token: sentinel}, "wrong": &authn.Basic{Username: "other", Password: sentinel},
			} {
				for _, scheme := range []registrytest.Auth{bearer, basic} {
					t.Run(fmt.Sprint(scheme.Scheme, " ", credential, " ", kind, " ", name), func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) { checkNoSecret(t, scheme, auth, kind, fault) })
					})
				}
			}
		}
	}
}

func checkNoSecret(t *testing.T, scheme registrytest.Auth, auth authn.Authenticator, kind registrytest.Kind, fault registrytest.Fault) {
	r := registrytest.New(registrytest.Options{Auth: scheme})
	r.Add("a", "1.0")
	var mu sync.Mutex
	var tokens []string
	var log bytes.Buffer
	path := filepath.Join(t.TempDir(), "cache.db")
	state := openCache(t, path)
	c := newClient(t, Options{
		Hosts: []Host{withAuth(auth)},
		Cache: state,
		Log:   slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			if token, found := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer "); found {
				mu.Lock()
				tokens = append(tokens, token)
				mu.Unlock()
			}
			return r.Transport().RoundTrip(req)
		}),
	})
	h, err := c.host(testHost)
	if err != nil {
		t.Fatal(err)
	}
	ch := challenge{Scheme: schemeBasic}
	if scheme.Scheme == registrytest.Bearer {
		ch = challenge{Scheme: schemeBearer, Realm: "https://" + testHost + "/token"}
	}
	h.challenges.set(ch)
	r.Break(kind, fault)
	for range 2 {
		_, err := c.Tags(t.Context(), repository("a"), 0)
		for ; err != nil; err = errors.Unwrap(err) {
			if found := hasSentinel(fmt.Sprintf("%v %+v %#v", err, err, err), tokens...); found != "" {
				t.Errorf("the error shows %q: %v", found, err)
			}
		}
	}
	if found := hasSentinel(log.String(), tokens...); found != "" {
		t.Errorf("the log shows %q:\n%s", found, log.String())
	}
	state.Close()
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if found := hasSentinel(string(kept), tokens...); found != "" {
		t.Errorf("the cache keeps %q", found)
	}
}

// TestErrorsOfTheTransportAreCleaned: a *url.Error prints the URL, with all that is in it.
func TestErrorsOfTheTransportAreCleaned(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection reset")
	c := newClient(t, Options{Jitter: func() float64 { return 0.999 }, Hosts: []Host{withAuth(account(sentinel))},
		Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			return nil, &Error{Err: &url.Error{Op: "Get", URL: "https://u:" + sentinel + "@r.example/token?a=" + url.QueryEscape(sentinel), Err: cause}}
		})})
	_, err := c.Tags(t.Context(), repository("a"), 0)
	if err == nil {
		t.Fatal("no error")
	}
	h, hostErr := c.host(testHost)
	if hostErr != nil {
		t.Fatal(hostErr)
	}
	h.secret.addCredential(credential{username: "robot", password: sentinel})
	cleaned := h.secret.clean(&url.Error{Op: "Get", URL: "https://u:" + sentinel + "@r.example/token?a=b%zz", Err: cause})
	if found := hasSentinel(cleaned.Error()); found != "" || !strings.Contains(cleaned.Error(), "connection reset") {
		t.Errorf("cleaned error is %q", cleaned)
	}
	if !errors.Is(cleaned, cause) {
		t.Error("the cleaned error is no longer what it was")
	}
	if asURL, ok := errors.AsType[*url.Error](cleaned); ok {
		t.Errorf("the cleaned error leads to %v", asURL)
	}
}

func TestCleanText(t *testing.T) {
	t.Parallel()
	var s secrets
	s.addCredential(credential{username: "robot", password: "p&ss word"})
	s.addCredential(credential{username: "robot", password: "abc"}) // too short to be cut out of every text
	s.addToken("eyJ0b2tlbiI6MX0")
	for _, test := range []struct{ in, want string }{
		{"plain", "plain"},
		{"token eyJ0b2tlbiI6MX0 expired", "token REDACTED expired"},
		{"p&ss word and p%26ss+word", "REDACTED and REDACTED"},
		{"Basic cm9ib3Q6cCZzcyB3b3Jk", "Basic REDACTED"},
		{`Get "https://u:p@host.example:5000/v2/?q=1#f": EOF`, `Get "https://host.example:5000/v2/": EOF`},
		{"see https://%zz and https://ok.example", "see URL and https://ok.example"},
		{"a\u202eb\u2066c\u200bd", "a b c d"},
		{"a\nb\x1b[31m\x00c\u2028d\tabc", "a b [31m c d abc"},
		{strings.Repeat("é", 300), strings.Repeat("é", 200) + "..."},
	} {
		if got := s.cleanText(test.in); got != test.want {
			t.Errorf("cleanText(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}
