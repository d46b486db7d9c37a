package git

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Auth is what a remote is shown to be let in: secrets as values. The zero value shows nothing.
type Auth struct {
	Username string // https: "" with a password is x-access-token; ssh: "" is git
	Password string // or a token
	// Token, where it is set, is asked for the password of each https request. It keeps what it returns for as long as that
	// is good.
	Token func(context.Context) (string, error)
	// Refused, where it is set, hears of a token that the server does not let in. Token is then asked once more, and the
	// request sent again if that gives another one.
	Refused          func(token string)
	SSHKey           []byte // a private key in PEM or OpenSSH form
	SSHKeyPassphrase string
	KnownHosts       []byte // the content of a known_hosts file; ssh does not work without
}

// Options say which repository is meant and how it is reached.
type Options struct {
	URL  string // https://, http:// (loopback, or without credentials), ssh://, git@host:path, file:// or a path
	Auth Auth

	// Transport carries the HTTP requests; nil is one of the remote's own.
	Transport http.RoundTripper
	// RootCAs are trusted instead of the system's. They are for the remote's own transport.
	RootCAs *x509.CertPool
	// Certificate is shown to a server that wants one of the client. It is for the remote's own transport.
	Certificate *tls.Certificate
	// Proxy says which proxy an HTTP request goes by, as [http.ProxyFromEnvironment] does; nil is none. It is for the
	// remote's own transport. Ssh goes by none.
	Proxy func(*http.Request) (*url.URL, error)
	// Timeout bounds one advertisement, fetch or push; 0 is five minutes.
	Timeout time.Duration
	// Log hears of each exchange at level debug; nil is silence.
	Log *slog.Logger
}

// Remote is one remote repository. Its methods may be called from several goroutines.
type Remote struct {
	wire    wire
	shown   string
	clean   cleaner
	timeout time.Duration
	log     *slog.Logger
	lacks   lacks

	mu         sync.Mutex     // guards the fields that follow
	advertised *advertisement // the latest one of upload-pack
	receives   *advertisement // the latest one of receive-pack
	expected   bool           // receives is one that an earlier process has read, and no push has gone by it yet
}

// lacks is what the server has turned out not to do, so that it is not asked again.
type lacks struct {
	treeFilter atomic.Bool // to leave trees out by their depth
	objects    atomic.Bool // to hand out single objects
}

// Open checks the options. Nothing goes over the wire yet.
func Open(o Options) (*Remote, error) {
	a, err := parseAddress(o.URL)
	if err != nil {
		return nil, fmt.Errorf("opening a Git repository: %w", err)
	}
	r := &Remote{shown: a.shown, clean: newCleaner(o.Auth.Password, o.Auth.SSHKeyPassphrase), timeout: o.Timeout, log: o.Log}
	if r.timeout <= 0 {
		r.timeout = defaultTimeout
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	switch a.scheme {
	case "ssh":
		r.wire, err = newShell(a, o, r.clean)
	case "file":
		r.wire = local{path: a.path, clean: r.clean}
	default:
		r.wire, err = newWeb(a, o, r.clean)
	}
	if err != nil {
		return nil, fmt.Errorf("opening a Git repository: %w", err)
	}
	return r, nil
}

// String is the URL without credentials.
func (r *Remote) String() string { return r.shown }

// Close lets go of idle connections. The remote can be used again after it.
func (r *Remote) Close() error { return r.wire.close() }

// Refs asks for the branches, which is one request.
func (r *Remote) Refs(ctx context.Context) (Refs, error) {
	ctx, cancel := r.bound(ctx)
	defer cancel()
	adv, err := r.advertisement(ctx)
	if err != nil {
		return Refs{}, explain(ctx, "reading the branches of "+r.shown, err)
	}
	if len(adv.refs.tips) == 0 {
		return Refs{}, fmt.Errorf("reading the branches of %s: %w", r.shown, r.whyNoBranch(ctx))
	}
	return adv.refs, nil
}

// whyNoBranch tells an empty repository from one whose ids would be another reason to refuse it: where there is nothing to
// fetch, only the service that takes pushes says what its ids are like.
func (r *Remote) whyNoBranch(ctx context.Context) error {
	conv, err := r.wire.open(ctx, receivePack)
	if err != nil {
		return ErrEmpty
	}
	defer func() { _ = conv.close() }()
	if body, err := conv.advertisement(ctx); err == nil {
		if _, err := readAdvertisement(body, r.clean); errors.Is(err, ErrSHA256) {
			return err
		}
	}
	return ErrEmpty
}

// advertisement asks upload-pack for its refs and capabilities.
func (r *Remote) advertisement(ctx context.Context) (_ *advertisement, err error) {
	begun := time.Now()
	conv, err := r.wire.open(ctx, uploadPack)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conv.close()) }()
	body, err := conv.advertisement(ctx)
	if err != nil {
		return nil, err
	}
	adv, err := readAdvertisement(body, r.clean)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.advertised = adv
	r.mu.Unlock()
	r.log.DebugContext(ctx, "read branches", "url", r.shown, "branches", len(adv.refs.tips), "took", time.Since(begun))
	return adv, nil
}

// capabilities returns the latest advertisement, and asks for one if there was none yet.
func (r *Remote) capabilities(ctx context.Context) (*advertisement, error) {
	r.mu.Lock()
	adv := r.advertised
	r.mu.Unlock()
	if adv != nil {
		return adv, nil
	}
	return r.advertisement(ctx)
}

// bound gives one exchange its deadline.
func (r *Remote) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, r.timeout, fmt.Errorf("no end of it within %s", r.timeout))
}
