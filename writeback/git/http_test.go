package git_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/git"
)

// sentinel is a password that must never be seen.
const sentinel = "s3nt1nel"

func TestBasicAuth(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		auth git.Auth
		want string // "" = let in
	}{
		{name: "right", auth: git.Auth{Username: "bot", Password: sentinel}},
		{name: "wrong", auth: git.Auth{Username: "bot", Password: sentinel + "x"}, want: "answered 401 unauthorized: who are you?"},
		{name: "user of a token", auth: git.Auth{Password: sentinel}, want: "answered 401 unauthorized: who are you?"},
		{name: "none", want: "answered 401 unauthorized: who are you? (no credentials are configured)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, someFiles)
			s.server.Set(gittest.Faults{Username: "bot", Password: sentinel})
			remote := open(t, git.Options{URL: s.url, Auth: test.auth})
			_, err := remote.Refs(t.Context())
			if test.want != "" {
				status, ok := errors.AsType[*git.StatusError](err)
				if !ok || status.Status != http.StatusUnauthorized || !strings.HasSuffix(err.Error(), test.want) {
					t.Errorf("error %v, want %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := push(t.Context(), remote, fetch(t, remote, nil), git.File{Path: "README", Data: []byte("x")}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTokenUser(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	s.server.Set(gittest.Faults{Username: "x-access-token", Password: sentinel})
	if _, err := open(t, git.Options{URL: s.url, Auth: git.Auth{Password: sentinel}}).Refs(t.Context()); err != nil {
		t.Error(err)
	}
	s.server.Set(gittest.Faults{Username: "me", Password: sentinel})
	url := strings.Replace(s.url, "http://", "http://me@", 1)
	if _, err := open(t, git.Options{URL: url, Auth: git.Auth{Password: sentinel}}).Refs(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	if _, err := git.Open(git.Options{URL: "http://git.example/x", Auth: git.Auth{Password: sentinel}}); err == nil ||
		!strings.Contains(err.Error(), "credentials are not sent over plain http") || strings.Contains(err.Error(), sentinel) {
		t.Errorf("error %v", err)
	}
	if _, err := git.Open(git.Options{URL: "http://git.example/x"}); err != nil {
		t.Errorf("without credentials: %v", err)
	}
}

// Where a server is not reached the error names it once, and the page of it that was asked for not at all.
func TestUnreached(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	remote := open(t, git.Options{URL: server.URL + "/fleet.git"})
	_, err := remote.Refs(t.Context())
	want := "reading the branches of " + server.URL + "/fleet.git: dial tcp "
	if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "info/refs") {
		t.Errorf("error %v, want %s...", err, want)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	front := httptest.NewUnstartedServer(s.server)
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains about the client that turns away
	front.StartTLS()
	t.Cleanup(front.Close)
	roots := x509.NewCertPool()
	roots.AddCert(front.Certificate())
	url := front.URL + "/fleet.git"
	if _, err := open(t, git.Options{URL: url, RootCAs: roots}).Refs(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := open(t, git.Options{URL: url}).Refs(t.Context()); err == nil {
		t.Error("an unknown authority was trusted")
	}
	if _, err := open(t, git.Options{URL: url, Transport: front.Client().Transport}).Refs(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestProxy reaches a host that does not exist by way of a proxy, and no proxy of the environment.
func TestProxy(t *testing.T) {
	s := newSite(t, someFiles)
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Host)
		s.server.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	for _, variable := range []string{"http_proxy", "HTTP_PROXY", "all_proxy"} {
		t.Setenv(variable, proxy.URL)
	}
	const url = "http://git.invalid/fleet.git"
	if _, err := open(t, git.Options{URL: url, Timeout: 100 * time.Millisecond}).Refs(t.Context()); err == nil || len(asked) != 0 {
		t.Errorf("error %v, the proxy of the environment was asked for %q", err, asked)
	}
	address, err := neturl.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	remote := open(t, git.Options{URL: url, Proxy: http.ProxyURL(address)})
	if got := content(t, fetch(t, remote, nil))["README"]; got != "hello\n" {
		t.Errorf("README is %q", got)
	}
	want := []string{"GET git.invalid", "POST git.invalid", "POST git.invalid"} // branches, trees, blobs
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("requests by the proxy (-want +got):\n%s", diff)
	}
}

// TestProxyErrors keeps the password of a proxy out of what is said about it.
func TestProxyErrors(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	address, err := neturl.Parse(strings.Replace(closed.URL, "http://", "http://me:"+sentinel+"@", 1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = open(t, git.Options{URL: "https://git.invalid/fleet.git", Proxy: http.ProxyURL(address)}).Refs(t.Context())
	if err == nil || !strings.Contains(err.Error(), "proxyconnect tcp") || strings.Contains(err.Error(), sentinel) {
		t.Errorf("error %v", err)
	}
}

// TestRedirect expects credentials to stay with the server they are for.
// TestToken has a token that changes with every request: what counts is the one of the moment, and none is ever shown.
func TestToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	minted := 0
	auth := git.Auth{Token: func(context.Context) (string, error) {
		minted++
		token := fmt.Sprintf("%s-%d", sentinel, minted)
		s.server.Set(gittest.Faults{Username: "x-access-token", Password: token})
		return token, nil
	}}
	remote := open(t, git.Options{URL: s.url, Auth: auth})
	if _, err := push(t.Context(), remote, fetch(t, remote, nil), git.File{Path: "README", Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if n := len(s.server.Requests()); minted != n {
		t.Errorf("asked %d times for a token in %d requests", minted, n)
	}
	if err := s.repo.Refuse("no " + sentinel + "-7"); err != nil { // the token that the push will have
		t.Fatal(err)
	}
	tree := fetch(t, remote, nil)
	_, err := push(t.Context(), remote, tree, git.File{Path: "README", Data: []byte("y")})
	if minted != 7 || err == nil || strings.Contains(err.Error(), sentinel) || !strings.Contains(err.Error(), "no [redacted]") {
		t.Errorf("push with token %d: %v", minted, err)
	}

	reason := errors.New("no token today")
	auth.Token = func(context.Context) (string, error) { return "", reason }
	if _, err := open(t, git.Options{URL: s.url, Auth: auth}).Refs(t.Context()); !errors.Is(err, reason) {
		t.Errorf("%v, want %v", err, reason)
	}
	if _, err := git.Open(git.Options{URL: "http://git.acme.example/fleet.git", Auth: auth}); err == nil || !strings.Contains(err.Error(), "credentials are not sent over plain http") {
		t.Errorf("plain http: %v", err)
	}
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	var leaked atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			leaked.Store(true)
		}
		s.server.ServeHTTP(w, r)
	}))
	t.Cleanup(elsewhere.Close)
	first := gittest.New(filepath.Dir(s.repo.Dir))
	first.Set(gittest.Faults{Redirect: elsewhere.URL})
	front := httptest.NewServer(first)
	t.Cleanup(front.Close)

	remote := open(t, git.Options{URL: front.URL + "/fleet.git", Auth: git.Auth{Password: sentinel}})
	tree := fetch(t, remote, nil)
	if got := content(t, tree)["README"]; got != "hello\n" {
		t.Errorf("README is %q", got)
	}
	if _, calls := first.Count(gittest.UploadPack); calls != 0 {
		t.Errorf("%d requests went to the server that had moved", calls)
	}
	s.server.Set(gittest.Faults{Username: "bot", Password: sentinel})
	_, err := push(t.Context(), remote, tree, git.File{Path: "README", Data: []byte("x")})
	if err == nil || !strings.Contains(err.Error(), "credentials for 127.0.0.1:") || strings.Contains(err.Error(), sentinel) {
		t.Errorf("push: %v", err)
	}
	if leaked.Load() {
		t.Error("credentials were sent on")
	}

	// On the same server they stay.
	moved := newSite(t, someFiles)
	moved.server.Set(gittest.Faults{Username: "bot", Password: sentinel})
	same := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path, ok := strings.CutPrefix(r.RequestURI, "/old"); ok {
			http.Redirect(w, r, path, http.StatusMovedPermanently)
			return
		}
		moved.server.ServeHTTP(w, r)
	}))
	t.Cleanup(same.Close)
	remote = open(t, git.Options{URL: same.URL + "/old/fleet.git", Auth: git.Auth{Username: "bot", Password: sentinel}})
	if _, err := push(t.Context(), remote, fetch(t, remote, nil), git.File{Path: "README", Data: []byte("x")}); err != nil {
		t.Error(err)
	}
}

// TestProxyCertificate shows the certificate of the client to the server behind a proxy, and to none that speaks TLS itself.
func TestProxyCertificate(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	var toServer, toProxy, tunnels atomic.Int32
	ask := &tls.Config{ClientAuth: tls.RequestClientCert}
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		toServer.Add(int32(len(r.TLS.PeerCertificates)))
		s.server.ServeHTTP(w, r)
	}))
	front.TLS = ask.Clone()
	front.StartTLS()
	t.Cleanup(front.Close)
	proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tunnels.Add(1)
		toProxy.Add(int32(len(r.TLS.PeerCertificates)))
		tunnel(w, front.Listener.Addr().String())
	}))
	proxy.TLS = ask.Clone()
	proxy.StartTLS()
	t.Cleanup(proxy.Close)
	address, err := neturl.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(front.Certificate())
	for _, by := range []func(*http.Request) (*neturl.URL, error){nil, http.ProxyURL(address)} {
		toServer.Store(0)
		url := front.URL
		if by != nil {
			url = "https://example.com" // a name of the certificate that the proxy leads to the server
		}
		remote := open(t, git.Options{URL: url + "/fleet.git", RootCAs: roots, Certificate: &front.TLS.Certificates[0], Proxy: by})
		if _, err := remote.Refs(t.Context()); err != nil {
			t.Error(err)
		}
		if toServer.Load() != 1 {
			t.Errorf("%d certificates were shown to the server", toServer.Load())
		}
	}
	if tunnels.Load() != 1 || toProxy.Load() != 0 {
		t.Errorf("%d tunnels, %d certificates were shown to the proxy", tunnels.Load(), toProxy.Load())
	}
}

// tunnel leads a request of a proxy to an address until either side ends.
func tunnel(w http.ResponseWriter, address string) {
	there, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer here.Close()
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(there, here)
		there.Close()
	}()
	_, _ = io.Copy(here, there)
}

// TestRedirectedCertificate shows the certificate of the client to the server it is for, and not to where that one leads.
func TestRedirectedCertificate(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	serve := func(handler http.Handler) (front *httptest.Server, shown *atomic.Int32) {
		shown = new(atomic.Int32)
		front = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			shown.Add(int32(len(r.TLS.PeerCertificates)))
			handler.ServeHTTP(w, r)
		}))
		front.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
		front.StartTLS()
		t.Cleanup(front.Close)
		return front, shown
	}
	elsewhere, toOthers := serve(s.server)
	first := gittest.New(filepath.Dir(s.repo.Dir))
	first.Set(gittest.Faults{Redirect: elsewhere.URL})
	front, toFirst := serve(first)
	roots := x509.NewCertPool()
	roots.AddCert(front.Certificate())
	remote := open(t, git.Options{URL: front.URL + "/fleet.git", RootCAs: roots, Certificate: &front.TLS.Certificates[0]})
	if got := content(t, fetch(t, remote, nil))["README"]; got != "hello\n" {
		t.Errorf("README is %q", got)
	}
	if toFirst.Load() == 0 || toOthers.Load() != 0 {
		t.Errorf("%d certificates were shown to the server and %d elsewhere", toFirst.Load(), toOthers.Load())
	}
}

func TestAnswersOfNoGitServer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{name: "login page", want: `answered 200 ok (with "text/html", so it is no Git server of the smart protocol)`,
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				_, _ = w.Write([]byte("<html>"))
			}},
		{name: "not found", want: `answered 404 not found: no such thing (forges also say this when the credentials may not see the repository)`,
			handler: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such thing", http.StatusNotFound) }},
		{name: "echo", want: `answered 500 internal server error: you sent [redacted]`,
			handler: func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				http.Error(w, "you sent "+password, http.StatusInternalServerError)
			}},
		{name: "dumb", want: `/fleet.git answered 200 ok (with "text/plain", so it is no Git server of the smart protocol: the dumb one, of plain files, cannot be pushed to)`,
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				_, _ = w.Write([]byte("7fd1a60b01f91b314f59955a4e4d4e80d8edf11d\trefs/heads/main\n"))
			}},
		{name: "archived", want: "answered 403 forbidden: This repository was archived so it is read-only.",
			handler: func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "This repository was archived so it is read-only.", http.StatusForbidden)
			}},
		{name: "echo of the head", want: `answered 400 bad request: Authorization: Basic [redacted]; X-Encoded: [redacted]`,
			handler: func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				http.Error(w, "Authorization: "+r.Header.Get("Authorization")+"\nX-Encoded: "+neturl.QueryEscape(password), http.StatusBadRequest)
			}},
		{name: "circle", want: "redirects more than 5 times",
			handler: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.RequestURI, http.StatusFound) }},
		{name: "redirect to a page", want: "/login, which is no Git repository",
			handler: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }},
		{name: "echo in a query", want: "/login, which is no Git repository",
			handler: func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				query := neturl.Values{"token": {password}, "a": {r.Header.Get("Authorization")}}
				w.Header().Set("Location", "/login?"+query.Encode())
				w.WriteHeader(http.StatusFound)
			}},
		{name: "echo in a path", want: "/[redacted]/login, which is no Git repository",
			handler: func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				w.Header().Set("Location", fmt.Sprintf("/%%%x%s/login", password[0], password[1:]))
				w.WriteHeader(http.StatusFound)
			}},
		{name: "echo in a path of a server", want: "/[redacted]/x.git answered 404 not found",
			handler: func(w http.ResponseWriter, r *http.Request) {
				if _, password, _ := r.BasicAuth(); r.URL.Path == "/fleet.git/info/refs" {
					http.Redirect(w, r, "/"+password+"/x.git/info/refs?a="+password, http.StatusFound)
					return
				}
				http.NotFound(w, r)
			}},
		{name: "echo in the path of no server", want: ": EOF",
			handler: func(w http.ResponseWriter, r *http.Request) {
				if _, password, _ := r.BasicAuth(); r.URL.Path == "/fleet.git/info/refs" {
					http.Redirect(w, r, "/"+password+"/x.git/info/refs?a="+password, http.StatusFound)
					return
				}
				panic(http.ErrAbortHandler)
			}},
		{name: "echo in no answer", want: `malformed HTTP response "[redacted]"`,
			handler: func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
					_, _ = io.WriteString(conn, password+"\n")
					_ = conn.Close()
				}
			}},
		{name: "nothing but flushes", want: "/fleet.git answered with something else than an advertisement of refs",
			handler: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
				_, _ = w.Write(bytes.Repeat([]byte("0"), 1<<20))
			}},
		{name: "echo in no URL", want: "redirects to another scheme: refused to leave https",
			handler: func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				w.Header().Set("Location", "file:"+password)
				w.WriteHeader(http.StatusFound)
			}},
		{name: "echo in the kind", want: `answered 200 ok (with "text/[redacted]", so it is no Git server`,
			handler: func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				w.Header().Set("Content-Type", "text/"+password)
			}},
		{name: "echo in base64", want: `answered 400 bad request: [redacted]`,
			handler: func(w http.ResponseWriter, r *http.Request) {
				_, password, _ := r.BasicAuth()
				http.Error(w, base64.RawURLEncoding.EncodeToString([]byte(password)), http.StatusBadRequest)
			}},
		{name: "redirect to nowhere", want: "redirects without a readable Location",
			handler: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusFound) }},
		{name: "redirect to a file", want: "refused to leave https",
			handler: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "file:///etc/info/refs")
				w.WriteHeader(http.StatusFound)
			}},
		{name: "silence", want: "unexpected EOF",
			handler: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			front := httptest.NewServer(test.handler)
			t.Cleanup(front.Close)
			remote := open(t, git.Options{URL: front.URL + "/fleet.git", Auth: git.Auth{Password: sentinel}})
			_, err := remote.Refs(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), sentinel) {
				t.Fatalf("error %v, want %s", err, test.want)
			}
			for _, encoded := range []string{"x-access-token:" + sentinel, sentinel} {
				if text := base64.RawStdEncoding.EncodeToString([]byte(encoded)); strings.Contains(err.Error(), text) {
					t.Errorf("error %v shows %q", err, text)
				}
			}
		})
	}
}

func TestSlowServer(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	s.server.Set(gittest.Faults{Delay: time.Hour})
	_, err := open(t, git.Options{URL: s.url, Timeout: 20 * time.Millisecond}).Refs(t.Context())
	if err == nil || !strings.HasSuffix(err.Error(), ": no end of it within 20ms") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	time.AfterFunc(20*time.Millisecond, func() { cancel(stop) })
	if _, err := open(t, git.Options{URL: s.url}).Refs(ctx); !errors.Is(err, stop) {
		t.Errorf("error %v, want stop", err)
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	for _, url := range []string{s.repo.Dir, "file://" + s.repo.Dir} {
		remote := open(t, git.Options{URL: url})
		tree := fetch(t, remote, nil)
		if got := content(t, tree)["README"]; len(got) == 0 {
			t.Errorf("%s: README is %q", url, got)
		}
		if _, err := push(t.Context(), remote, tree, git.File{Path: "README", Data: []byte(url)}); err != nil {
			t.Error(err)
		}
	}
	if err := s.repo.Refuse("not here"); err != nil {
		t.Fatal(err)
	}
	remote := open(t, git.Options{URL: s.repo.Dir})
	_, err := push(t.Context(), remote, fetch(t, remote, nil), git.File{Path: "README", Data: []byte("z")})
	if refused, ok := errors.AsType[*git.PushError](err); !ok || refused.Words != "not here" {
		t.Errorf("refused push: %v", err)
	}
	_, err = open(t, git.Options{URL: filepath.Join(s.repo.Dir, "none")}).Refs(t.Context())
	if err == nil || !strings.Contains(err.Error(), "does not appear to be a git repository") {
		t.Errorf("no repository: %v", err)
	}
}

// TestLocalPathEnvironment has variables that a hook of a Git server would hand down to us: they are about another
// repository.
func TestLocalPathEnvironment(t *testing.T) {
	hooks := []struct{ name, value string }{
		{"GIT_PROTOCOL", "version=2"},
		{"GIT_NAMESPACE", "other"},
		{"GIT_OBJECT_DIRECTORY", "objects"},
		{"GIT_QUARANTINE_PATH", "objects/incoming"},
	}
	for _, hook := range hooks {
		t.Run(hook.name, func(t *testing.T) {
			s := newSite(t, someFiles)
			t.Setenv(hook.name, hook.value)
			remote := open(t, git.Options{URL: s.repo.Dir})
			draft, err := push(t.Context(), remote, fetch(t, remote, nil), git.File{Path: "README", Data: []byte("x")})
			if err != nil {
				t.Fatal(err)
			}
			if tip, _ := s.repo.Tip("main"); tip != draft.Tip().String() {
				t.Errorf("main is at %s, want %s", tip, draft.Tip())
			}
		})
	}
	t.Run("configuration", func(t *testing.T) {
		s := newSite(t, someFiles)
		for name, value := range map[string]string{
			"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "uploadpack.hideRefs", "GIT_CONFIG_VALUE_0": "refs/heads/main",
		} {
			t.Setenv(name, value)
		}
		if _, err := open(t, git.Options{URL: s.repo.Dir}).Refs(t.Context()); !errors.Is(err, git.ErrEmpty) {
			t.Errorf("error %v: the configuration is not heard", err)
		}
	})
	t.Run("language", func(t *testing.T) {
		s := newSite(t, someFiles)
		t.Setenv("LC_ALL", "de_DE.UTF-8")
		if err := s.repo.Hook("pre-receive", `echo "$LC_ALL" >&2; exit 1`); err != nil {
			t.Fatal(err)
		}
		remote := open(t, git.Options{URL: s.repo.Dir})
		_, err := push(t.Context(), remote, fetch(t, remote, nil), git.File{Path: "README", Data: []byte("x")})
		if refused, ok := errors.AsType[*git.PushError](err); !ok || refused.Words != "C" {
			t.Errorf("error %v, want words in English", err)
		}
	})
}
