package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestSockets lists over real connections: plain on loopback, with a CA of its own, and with a client certificate.
func TestSockets(t *testing.T) {
	t.Parallel()
	tokens := registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer}}
	for _, test := range []struct {
		name  string
		serve func(*registrytest.Registry, registrytest.TB) registrytest.Server
		host  func(registrytest.Server) Host
		err   string
	}{
		{name: "plain", serve: (*registrytest.Registry).Serve,
			host: func(s registrytest.Server) Host { return Host{Host: s.Host} }},
		{name: "plain where https is asked for", serve: (*registrytest.Registry).Serve,
			host: func(s registrytest.Server) Host { return Host{Host: s.Host, Endpoint: "https://" + s.Host} }, err: "no TLS: a registry on plain HTTP wants plainHTTP: true"},
		{name: "own CA", serve: (*registrytest.Registry).ServeTLS,
			host: func(s registrytest.Server) Host { return Host{Host: s.Host, RootCAs: s.RootCAs} }},
		{name: "unknown CA", serve: (*registrytest.Registry).ServeTLS,
			host: func(s registrytest.Server) Host { return Host{Host: s.Host, Endpoint: s.URL} }, err: "certificate signed by unknown authority: the registry's CA may be named by caFile"},
		{name: "https where plain is asked for", serve: (*registrytest.Registry).ServeTLS,
			host: func(s registrytest.Server) Host { return Host{Host: s.Host} }, err: "400 Bad Request"},
		{name: "client certificate", serve: (*registrytest.Registry).ServeMutualTLS,
			host: func(s registrytest.Server) Host {
				return Host{Host: s.Host, RootCAs: s.RootCAs, Certificate: s.Certificate}
			}},
		{name: "no client certificate", serve: (*registrytest.Registry).ServeMutualTLS,
			host: func(s registrytest.Server) Host { return Host{Host: s.Host, RootCAs: s.RootCAs} }, err: "certificate required"},
		{name: "by another name", serve: (*registrytest.Registry).ServeTLS,
			host: func(s registrytest.Server) Host {
				return Host{Host: "registry.acme.example", Endpoint: s.URL, RootCAs: s.RootCAs}
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(tokens)
			r.Add("library/nginx", "1.27")
			host := test.host(test.serve(r, t))
			c := newClient(t, Options{Hosts: []Host{host}})
			list, err := c.Tags(t.Context(), image.Repository{Host: host.Host, Path: "library/nginx"}, 0)
			if test.err != "" {
				asError(t, err, test.err)
				return
			}
			if err != nil || len(list.Tags) != 1 {
				t.Errorf("Tags = %v, %v", list.Tags, err)
			}
			if diff := cmp.Diff(registrytest.Counts{Token: 1, List: 2}, r.Counts()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCertificateStays: whoever keeps the blobs of a registry is not shown the certificate for it.
func TestCertificateStays(t *testing.T) {
	t.Parallel()
	var r *registrytest.Registry
	var asked, shown atomic.Int32
	store := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		shown.Add(int32(len(req.TLS.PeerCertificates)))
		r.ServeHTTP(w, req)
	}))
	store.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	store.StartTLS()
	t.Cleanup(store.Close)
	r = registrytest.New(registrytest.Options{BlobStore: store.URL})
	r.Push("app", "1.0", registrytest.Image{})
	s := r.ServeMutualTLS(t)
	s.RootCAs.AddCert(store.Certificate())
	c := newClient(t, Options{Hosts: []Host{{Host: s.Host, RootCAs: s.RootCAs, Certificate: s.Certificate}}})
	got, err := c.Look(t.Context(), image.Repository{Host: s.Host, Path: "app"}, "1.0", image.CreatedFact, time.Time{})
	if err != nil || got.Created.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	if asked.Load() == 0 || shown.Load() != 0 {
		t.Errorf("%d certificates were shown to the store in %d requests", shown.Load(), asked.Load())
	}
}

// TestWrongEntries: what cannot be used is refused when the client is made, without showing secrets.
func TestWrongEntries(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		host Host
		want string
	}{
		{Host{}, "is not a host name"},
		{Host{Host: "https://ghcr.io"}, "illegal port"},
		{Host{Host: "ghcr.io", PerSecond: -1}, "rate is negative"},
		{Host{Host: "ghcr.io", TokenHosts: []string{"https://x.example"}}, "tokenHosts"},
		{Host{Host: "ghcr.io", Endpoint: "mirror.example"}, `scheme ""`},
		{Host{Host: "ghcr.io", Endpoint: "ftp://mirror.example"}, `scheme "ftp"`},
		{Host{Host: "ghcr.io", Endpoint: "http://mirror.example"}, "plainHTTP: true"},
		{Host{Host: "ghcr.io", Endpoint: "https://u:" + url.QueryEscape(sentinel) + "@mirror.example"}, "more than scheme, host and path"},
		{Host{Host: "ghcr.io", Endpoint: "https://mirror.example?x=" + sentinel}, "more than scheme, host and path"},
		{Host{Host: "ghcr.io", Endpoint: "https://u:" + sentinel + "%zz@mirror.example"}, "no URL"},
	} {
		_, err := New(Options{Hosts: []Host{test.host}})
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("New(%+v) = %v, want an error with %q", test.host, err, test.want)
		}
	}
	if _, err := New(Options{Hosts: []Host{{Host: "ghcr.io"}, {Host: "ghcr.io"}}}); err == nil || !strings.Contains(err.Error(), "named twice") {
		t.Errorf("New with a host twice = %v", err)
	}
}

// TestBodyWithoutEnd: what is read of it, and what it takes in memory, is the bound and little more.
func TestBodyWithoutEnd(t *testing.T) {
	body := new(endlessBody)
	c := newClient(t, Options{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: make(http.Header), Body: body, ContentLength: -1, Request: req}, nil
	})})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Tags(t.Context(), repository("a"), 0)
	runtime.ReadMemStats(&after)
	asError(t, err, "longer than 16777216 bytes")
	if body.read > maxListPage+64<<10 || !body.closed {
		t.Errorf("%d bytes were read, closed %v", body.read, body.closed)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 5*maxListPage/2 { // the buffer and all that it grew from
		t.Errorf("%d MiB were allocated", used>>20)
	}
}

type endlessBody struct {
	read   int
	closed bool
}

func (b *endlessBody) Read(p []byte) (int, error) {
	b.read += len(p)
	return len(p), nil
}

func (b *endlessBody) Close() error {
	b.closed = true
	return nil
}

func TestAddressKinds(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]addressKind{
		"93.184.216.34":          public,
		"2606:2800:220:1::1":     public,
		"10.1.2.3":               private,
		"172.16.0.1":             private,
		"192.168.1.1":            private,
		"100.64.0.1":             private,
		"198.18.0.1":             private,
		"fd12:3456::1":           private,
		"127.0.0.1":              loopback,
		"127.9.9.9":              loopback,
		"::1":                    loopback,
		"::ffff:127.0.0.1":       loopback,
		"::ffff:10.0.0.1":        private,
		"64:ff9b::7f00:1":        loopback,
		"64:ff9b::a9fe:a9fe":     linkLocal,
		"169.254.169.254":        linkLocal,
		"::ffff:169.254.169.254": linkLocal,
		"fe80::1%eth0":           linkLocal,
		"fd00:ec2::254":          linkLocal,
		"0.0.0.0":                linkLocal,
		"::":                     linkLocal,
		"224.0.0.1":              linkLocal,
		"255.255.255.255":        linkLocal,
		"192.0.0.192":            linkLocal,
	} {
		if got := kindOf(netip.MustParseAddr(address)); got != want {
			t.Errorf("kindOf(%s) = %q, want %q", address, got, want)
		}
	}
}

// TestDialer: which addresses the registry's own host, a trusted one and another may have, by where the registry is.
func TestDialer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		registry string // address of the registry
		own      string
		dial     string
		at       string // address of the dialled host
		allowed  bool
	}{
		{"registry, public", "93.184.216.34", "r.example", "r.example", "93.184.216.34", true},
		{"registry, private", "10.0.0.1", "r.example", "r.example", "10.0.0.1", true},
		{"registry, loopback", "127.0.0.1", "r.example", "r.example", "127.0.0.1", true},
		{"registry, metadata", "169.254.169.254", "r.example", "r.example", "169.254.169.254", false},
		{"registry, written as link-local", "169.254.1.1", "169.254.1.1", "169.254.1.1", "169.254.1.1", true},
		{"trusted, private", "93.184.216.34", "r.example", "trusted.example", "10.0.0.1", true},
		{"trusted, metadata", "93.184.216.34", "r.example", "trusted.example", "169.254.169.254", false},
		{"other, public", "93.184.216.34", "r.example", "auth.r.example", "93.184.216.35", true},
		{"other, private", "93.184.216.34", "r.example", "auth.r.example", "10.0.0.1", false},
		{"other, loopback", "93.184.216.34", "r.example", "auth.r.example", "127.0.0.1", false},
		{"other, both private", "10.0.0.1", "r.example", "auth.r.example", "192.168.0.1", true},
		{"other, private and loopback", "10.0.0.1", "r.example", "auth.r.example", "127.0.0.1", false},
		{"other, metadata", "10.0.0.1", "r.example", "auth.r.example", "169.254.169.254", false},
		{"other, both loopback", "127.0.0.1", "127.0.0.1", "localhost", "127.0.0.1", true},
		{"other, both metadata", "169.254.169.254", "r.example", "auth.r.example", "169.254.169.254", false},
	} {
		d := &dialer{own: test.own, trusted: []string{"trusted.example"},
			resolve: func(context.Context, string, string) ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr(test.registry)}, nil
			}}
		kinds, err := d.allowed(t.Context(), test.dial)
		if err != nil {
			t.Fatal(err)
		}
		err = checkAddress(test.dial, net.JoinHostPort(test.at, "443"), kinds)
		if (err == nil) != test.allowed {
			t.Errorf("%s: %v", test.name, err)
		}
		if refused, ok := errors.AsType[*errAddress](err); err != nil && (!ok || !strings.Contains(refused.Error(), "tokenHosts")) {
			t.Errorf("%s: error %v does not name the key", test.name, err)
		}
	}
}

// TestNameThatPointsInside: a token server whose name resolves to loopback is not connected to, although the name is
// one that may see the credentials.
func TestNameThatPointsInside(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	inside := r.Serve(t)
	_, port, err := net.SplitHostPort(inside.Host)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, Options{})
	h, err := c.host("registry.acme.example")
	if err != nil {
		t.Fatal(err)
	}
	d := newDialer(h)
	d.resolve = func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
	}
	connection, err := d.dial(t.Context(), "tcp", "localhost:"+port)
	if err == nil {
		connection.Close()
	}
	if _, refused := errors.AsType[*errAddress](err); !refused {
		t.Errorf("dialling a name that points to loopback: %v", err)
	}

	// The same address is reached when it is a proxy that the user chose.
	proxy := d.remember(func(*http.Request) (*url.URL, error) { return url.Parse("http://localhost:" + port) })
	if _, err := proxy(nil); err != nil {
		t.Fatal(err)
	}
	connection, err = d.dial(t.Context(), "tcp", "localhost:"+port)
	if err != nil {
		t.Errorf("dialling the proxy: %v", err)
	} else {
		connection.Close()
	}
}

// TestRealms: where credentials may go, by name.
func TestRealms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		host  Host
		realm string
		want  string // "" = allowed
	}{
		{Host{Host: "docker.io"}, "https://auth.docker.io/token", ""},
		{Host{Host: "docker.io", Endpoint: "https://mirror.example"}, "https://auth.docker.io/token", ""},
		{Host{Host: "docker.io", Endpoint: "https://mirror.example"}, "https://token.mirror.example/token", ""},
		{Host{Host: "ghcr.io"}, "https://ghcr.io/token", ""},
		{Host{Host: "registry.gitlab.com"}, "https://gitlab.com/jwt/auth", ""},
		{Host{Host: "registry.redhat.io"}, "https://sso.redhat.com/auth", ""},
		{Host{Host: "r.example:5000"}, "https://r.example:5001/token", ""},
		{Host{Host: "r.example", TokenHosts: []string{"other.test:8443"}}, "https://OTHER.test:8443/token", ""},
		{Host{Host: "r.example", TokenHosts: []string{"other.test:8443"}}, "https://other.test/token", "neither on the registry's domain nor in its tokenHosts"},
		{Host{Host: "r.example"}, "https://evil.test/token", "neither"},
		{Host{Host: "r.example"}, "https://r.example.evil.test/token", "neither"},
		{Host{Host: "acme.github.io"}, "https://evil.github.io/token", "neither"}, // a public suffix
		{Host{Host: "r.co.uk"}, "https://evil.co.uk/token", "neither"},
		{Host{Host: "10.0.0.1"}, "https://10.0.0.2/token", "neither"},
		{Host{Host: "10.0.0.1"}, "https://10.0.0.1:8443/token", ""},
		{Host{Host: "r.example"}, "http://r.example/token", "is not https"},
		{Host{Host: "r.example", PlainHTTP: true}, "http://r.example:5001/token", ""},
		{Host{Host: "r.example", PlainHTTP: true}, "http://evil.test/token", "neither"},
		{Host{Host: "localhost:5000"}, "http://localhost:5001/token", ""},
		{Host{Host: "r.example"}, "https://r.example@evil.test/token", "has a user name"},
		{Host{Host: "r.example"}, "file:///etc/passwd", "no URL"},
		{Host{Host: "r.example"}, "gopher://r.example/token", "is not https"},
		{Host{Host: "r.example"}, "//r.example/token", "is not https"},
		{Host{Host: "r.example"}, "token", "no URL"},
		{Host{Host: "r.example"}, "", "no URL"},
	} {
		c := newClient(t, Options{Hosts: []Host{test.host}})
		h, err := c.host(test.host.Host)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.checkRealm(test.realm)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: checkRealm(%s) = %v, want %q", test.host.Host, test.realm, err, test.want)
		}
	}
}

// TestNothingStaysBehind: goleak, in TestMain, sees what a client leaves; here it is closed with connections idle.
func TestNothingStaysBehind(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Add("a", "1.0")
	s := r.Serve(t)
	c := newClient(t, Options{})
	if _, err := c.Tags(t.Context(), image.Repository{Host: s.Host, Path: "a"}, time.Minute); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
}
