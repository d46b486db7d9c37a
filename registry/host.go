package registry

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/image"
)

// Host is what is said about one registry in the policy file. Only Host is needed.
type Host struct {
	Host string // as in image.Repository.Host

	// Endpoint is the URL to ask instead, a mirror or a pull-through cache; credentials and limits stay those of Host.
	// A path in it is put before the repository's: with https://mirror.example/hub the tags of library/nginx are at
	// https://mirror.example/v2/hub/library/nginx/tags/list, which is how Harbor, Artifactory, GitLab and ECR have it.
	Endpoint string

	// HubEndpoint is the URL to ask instead of https://hub.docker.com, Docker Hub's own API. It is for docker.io alone,
	// whose credentials are shown to it. With an Endpoint and without this the API is not asked.
	HubEndpoint string

	PlainHTTP   bool             // http instead of https; a loopback host without RootCAs and Certificate has it anyway
	RootCAs     *x509.CertPool   // nil = the system's
	Certificate *tls.Certificate // the client's, for registries that want one

	PerSecond float64 // requests on the wire; 0 = the default of the registry
	Burst     int     // of them at once; 0 = the default

	// Reserve is the part of the registry's pull allowance that is left to others on the same account or address, in
	// percent; 0 = the default, 50; negative = none.
	Reserve int

	Auth       authn.Authenticator // nil = the keychain is asked
	TokenHosts []string            // token servers, with or without port, beside those on the registry's domain
}

// check reports what is wrong with an entry, without its secrets.
func (e Host) check() error {
	if err := image.CheckHost(e.Host); err != nil {
		return err
	}
	if e.PerSecond < 0 || e.Burst < 0 {
		return errors.New("a rate is negative")
	}
	if e.Reserve > 100 {
		return errors.New("the reserve is more than the whole")
	}
	for _, host := range e.TokenHosts {
		if err := image.CheckHost(host); err != nil {
			return fmt.Errorf("tokenHosts: %w", err)
		}
	}
	if e.HubEndpoint != "" && e.Host != image.DockerHub {
		return fmt.Errorf("hubEndpoint is for %s alone", image.DockerHub)
	}
	if err := e.checkEndpoint("endpoint", e.Endpoint); err != nil {
		return err
	}
	return e.checkEndpoint("hubEndpoint", e.HubEndpoint)
}

// checkEndpoint reports what is wrong with the URL under a key.
func (e Host) checkEndpoint(key, endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return errors.New(key + " is no URL") // the error of url.Parse quotes the text, which may hold a password
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New(key + " has more than scheme, host and path")
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%s has the scheme %q, want https or http", key, u.Scheme)
	case u.Scheme == "http" && !e.PlainHTTP && !image.Loopback(u.Host):
		return fmt.Errorf("%s %s is not https, which plainHTTP: true must allow", key, origin(u))
	}
	if err := image.CheckHost(u.Host); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// base returns the scheme and host that are asked, and the path that is put before a repository's.
func (e Host) base(h habits) (base *url.URL, prefix string) {
	if endpoint := cmp.Or(e.Endpoint, h.endpoint); endpoint != "" {
		if u, err := url.Parse(endpoint); err == nil { // checked before
			prefix = strings.Trim(u.Path, "/")
			if prefix != "" {
				prefix += "/"
			}
			return &url.URL{Scheme: u.Scheme, Host: u.Host}, prefix
		}
	}
	scheme := "https"
	if e.PlainHTTP || image.Loopback(e.Host) && e.RootCAs == nil && e.Certificate == nil {
		scheme = "http"
	}
	return &url.URL{Scheme: scheme, Host: e.Host}, ""
}

// host is one registry as the client sees it: where it is, how it is asked, and what was learned about it.
type host struct {
	client *Client
	entry  Host
	habits habits
	base   *url.URL // scheme and host
	prefix string   // of the paths of repositories
	keys   keys
	secret secrets

	challenges challenges
	tokens     tokens
	trials     trials
	denials    denials
	limit      *limiter
	ledger     ledger

	adapters adapters

	authorized http.RoundTripper // for requests to the registry: retry, authorization, ledger of pulls, limit, bounds
	plain      http.RoundTripper // for token requests: the same without authorization and ledger
	beyond     http.RoundTripper // for blobs that another host keeps: plain, and without the certificate of the client
	closeIdle  func()

	requests, pulls atomic.Int64
	sighted         atomic.Bool // some tag of the registry has a clock, see sight.go
}

func newHost(c *Client, entry Host) *host {
	h := &host{client: c, entry: entry, habits: habitsOf(entry.Host)}
	h.base, h.prefix = entry.base(h.habits)
	h.keys.host = h
	h.challenges.init(h)
	h.tokens.init(c.now)
	h.trials.init(h)
	h.loadSighted()
	h.denials.host = h
	h.denials.begin(credential{})
	h.ledger.init(h)

	perSecond, burst := h.habits.perSecond, h.habits.burst
	if entry.PerSecond > 0 {
		perSecond, burst = entry.PerSecond, max(1, int(entry.PerSecond))
	}
	if entry.Burst > 0 {
		burst = entry.Burst
	}
	h.limit = newLimiter(h, h.base, perSecond, burst)

	base, elsewhere := h.transports()
	wire := h.wire(h.limit, base)
	h.plain = &retrying{limit: h.limit, next: wire}
	h.beyond = &retrying{limit: h.limit, next: h.wire(h.limit, elsewhere)}
	h.authorized = &retrying{limit: h.limit, next: &authorized{host: h, next: &metered{host: h, next: wire}}}
	h.adapters.init(h)
	return h
}

// transports returns what requests to the registry are sent by, and what those go by for which it leads elsewhere.
func (h *host) transports() (base, elsewhere http.RoundTripper) {
	h.closeIdle = func() {}
	if given := h.client.options.Transport; given != nil {
		return given, given
	}
	proxy := h.client.options.Proxy
	own := newTransport(h, proxy, h.entry.Certificate)
	other := own
	if h.entry.Certificate != nil {
		other = newTransport(h, proxy, nil)
	}
	h.closeIdle = func() {
		own.CloseIdleConnections()
		other.CloseIdleConnections()
	}
	return own, other
}

// wire returns what every request to one API of the registry passes below the retries: the limiter and the bounds of
// one exchange.
func (h *host) wire(l *limiter, base http.RoundTripper) http.RoundTripper {
	return &limited{host: h, limit: l, next: &bounded{next: base}}
}

// path returns the path under which the registry that is asked has the repository.
func (h *host) path(r image.Repository) string { return h.prefix + r.Path }

// url returns the URL of a path below /v2/.
func (h *host) url(path string) *url.URL {
	u := *h.base
	u.Path = "/v2/" + path
	return &u
}

// place names the registry and where it is asked, as the key of what is kept about it.
func (h *host) place() string { return h.entry.Host + " " + h.base.String() }

// keyOf names a repository or a part of it in the keys of what is kept about it: as it is seen with the credential, for
// what one account may see is not shown to another, and at the place that is asked.
func (h *host) keyOf(name string, c credential) string {
	return name + " " + c.identity() + " " + h.base.String() + "/" + h.prefix
}

// origin is the scheme and host of a URL, which is all of it that may be shown.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }
