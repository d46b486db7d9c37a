package forge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Options say which forge a repository is on, and who asks.
type Options struct {
	// Remote is the URL of the Git repository, in any of Git's forms.
	Remote string
	// Kind is the make of the forge; "" is told from the remote's host where that is possible.
	Kind Kind
	// URL is the root of the forge's pages or of its API; "" is told from the remote.
	URL string

	// Token is asked before each request: an access token, or what [App.Token] hands out.
	Token func(context.Context) (string, error)
	// Refused is told of a token that the forge does not know (any more), after which the request is made again with
	// what Token returns then, once; nil is for tokens that do not change.
	Refused func(token string)
	// Username is the one that stands beside the token for Git. Bitbucket Cloud's API wants it for tokens of a person (it
	// is the e-mail address then); the others look at the token alone.
	Username string

	// Transport carries the requests; nil is one of our own, by the fields that follow.
	Transport http.RoundTripper
	// Proxy says which proxy a request goes by, as [http.ProxyFromEnvironment] does; nil is none.
	Proxy func(*http.Request) (*url.URL, error)
	// RootCAs are trusted instead of the system's.
	RootCAs *x509.CertPool
	// Certificate is shown to a server that wants one of the client.
	Certificate *tls.Certificate

	// Within is the most time that all requests of the client may take together; 0 is no bound. After it they end with
	// [ErrTimeSpent].
	Within time.Duration
	// Pauses are asked before each request, and told of those that the forge wants; nil is the client's own.
	Pauses Pauses
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log is told of each request (debug) and of each pause (warn); nil is nobody.
	Log *slog.Logger
}

// New returns the forge that a repository is on. Nothing goes over the wire yet.
func New(o Options) (Forge, error) {
	a, err := locate(o.Kind, o.URL, o.Remote)
	if err != nil {
		return nil, err
	}
	c := newRequester(a, o)
	switch a.kind {
	case GitHub:
		return newGitHub(c), nil
	case GitLab:
		return newGitLab(c), nil
	case Gitea, Forgejo:
		return newGitea(c), nil
	case BitbucketCloud:
		return newBitbucketCloud(c), nil
	case BitbucketServer:
		return newBitbucketServer(c), nil
	default:
		return newAzureDevOps(c), nil
	}
}

func newRequester(a address, o Options) *requester {
	c := &requester{
		address: a, token: o.Token, refused: o.Refused, authorization: authorization(a.kind, o.Username), now: o.Now, log: o.Log,
		pauses: o.Pauses,
	}
	if c.pauses == nil {
		c.pauses = &clientPauses{}
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.within.most, c.within.now = o.Within, c.now
	if a.kind == GitHub {
		// GitHub asks for a second between writes when there are many, and takes about 80 a minute.
		c.writes = rate.NewLimiter(1, 10)
	}
	transport := o.Transport
	if transport == nil {
		transport = newTransport(o)
	}
	c.client = &http.Client{Transport: transport, CheckRedirect: checkRedirect}
	return c
}

func newTransport(o Options) *http.Transport {
	config := &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}
	if o.Certificate != nil {
		config.Certificates = []tls.Certificate{*o.Certificate}
	}
	return &http.Transport{
		Proxy:                  o.Proxy,
		DialContext:            (&net.Dialer{Timeout: apiTimeout}).DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    apiTimeout,
		IdleConnTimeout:        apiTimeout,
		MaxResponseHeaderBytes: 1 << 16,
		ForceAttemptHTTP2:      true,
	}
}

// authorization returns how a token is shown to a forge.
func authorization(kind Kind, username string) func(token string) string {
	bearer := func(token string) string { return "Bearer " + token }
	basic := func(user string) func(string) string {
		return func(token string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+token)) }
	}
	switch {
	case kind == Gitea || kind == Forgejo:
		return func(token string) string { return "token " + token }
	case kind == BitbucketCloud && username != "" && username != "x-token-auth":
		return basic(username)
	case kind == AzureDevOps:
		return func(token string) string {
			if strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") == 2 { // of Entra ID, a JSON web token
				return bearer(token)
			}
			return basic("")(token)
		}
	default:
		return bearer
	}
}
