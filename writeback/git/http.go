package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// web serves a repository over smart HTTP (gitprotocol-http): a GET for the advertisement, a POST for each request.
type web struct {
	base    *url.URL
	user    string
	secret  func(context.Context) (string, error) // the password; nil = there is none
	refused func(string)                          // hears of a password that is not let in; nil = it is the only one
	client  *http.Client
	abroad  *http.Client      // for where credentials do not go
	own     []*http.Transport // ours to let go of; none when it was handed in
	clean   cleaner

	mu      sync.Mutex           // guards the fields that follow
	moved   map[string]*location // per service: where a redirect has led to
	doubted string               // the latest password that was refused, until another one is let in
}

// location is where requests of a service go.
type location struct {
	base *url.URL
	// trusted says that credentials may go there: it is the origin they were given for.
	trusted bool
}

func newWeb(a address, o Options, clean cleaner) (*web, error) {
	secret := passwordOf(o.Auth)
	if a.scheme == "http" && secret != nil && !loopback(a.host) {
		return nil, fmt.Errorf("URL %q: credentials are not sent over plain http: use https", a.shown)
	}
	w := &web{
		base:    &url.URL{Scheme: a.scheme, Host: a.host, Path: strings.TrimSuffix(a.path, "/")},
		user:    o.Auth.Username,
		secret:  secret,
		refused: o.Auth.Refused,
		clean:   clean,
		moved:   map[string]*location{},
	}
	if w.user == "" {
		w.user = a.user
	}
	if w.user == "" && secret != nil {
		w.user = tokenUser
	}
	if o.Transport != nil {
		w.client = newClient(o.Transport)
		w.abroad = w.client
		return w, nil
	}
	own, elsewhere := newTransports(o)
	w.own = []*http.Transport{own, elsewhere}
	w.client, w.abroad = newClient(own), newClient(elsewhere)
	return w, nil
}

// newClient returns a client that follows no redirect: they are followed by hand, for net/http would carry credentials to
// subdomains.
func newClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// passwordOf returns what a password is asked of, nil where there is none.
func passwordOf(a Auth) func(context.Context) (string, error) {
	switch {
	case a.Token != nil:
		return a.Token
	case a.Password != "":
		return func(context.Context) (string, error) { return a.Password, nil }
	}
	return nil
}

// tokenUser goes with a token when nobody said which user does: most forges look at the token alone.
const tokenUser = "x-access-token"

func (w *web) close() error {
	for _, transport := range w.own {
		transport.CloseIdleConnections()
	}
	return nil
}

func (w *web) open(_ context.Context, service string) (conversation, error) {
	return &webConversation{web: w, service: service}, nil
}

// at returns where requests of service go.
func (w *web) at(service string) location {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l := w.moved[service]; l != nil {
		return *l
	}
	return location{base: w.base, trusted: true}
}

func (w *web) move(service string, to location) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moved[service] = &to
}

// webConversation is a conversation over HTTP, where each step is a request of its own.
type webConversation struct {
	web     *web
	service string
	bodies  []io.ReadCloser
}

func (c *webConversation) stateless() bool { return true }

func (c *webConversation) close() error {
	var errs []error
	for _, b := range c.bodies {
		// A connection is used again when its answer was read to the end: after a pack that is a flush.
		_, _ = io.CopyN(io.Discard, b, maxWords)
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}

// advertisement follows redirects as Git does: on this first request only, the later ones go where it ended.
func (c *webConversation) advertisement(ctx context.Context) (io.Reader, error) {
	const suffix = "/info/refs"
	query := url.Values{"service": {c.service}}.Encode()
	where := c.web.at(c.service)
	target := *where.base
	target.Path += suffix
	target.RawQuery = query
	for range maxRedirects + 1 {
		res, err := c.do(ctx, http.MethodGet, &target, where.trusted, nil)
		if err != nil {
			return nil, err
		}
		if res.StatusCode < 300 || res.StatusCode > 399 {
			body, err := c.take(res, where, "application/x-"+c.service+"-advertisement")
			if err != nil {
				return nil, err
			}
			return c.announced(body, where)
		}
		next, err := c.web.followed(&target, res)
		if err != nil {
			return nil, err
		}
		base := *next
		base.RawQuery = ""
		base.Path, _ = strings.CutSuffix(next.Path, suffix)
		if base.Path == next.Path {
			return nil, fmt.Errorf("%s redirects to %s, which is no Git repository", c.web.base, c.web.clean.url(next))
		}
		// Once away from the origin the credentials stay behind, even if a later hop comes back.
		where = location{base: &base, trusted: where.trusted && sameOrigin(&target, next)}
		c.web.move(c.service, where)
		target = *next
	}
	return nil, fmt.Errorf("%s redirects more than %d times", c.web.base, maxRedirects)
}

func (c *webConversation) ask(ctx context.Context, request []byte) (io.Reader, error) {
	where := c.web.at(c.service)
	target := *where.base
	target.Path += "/" + c.service
	res, err := c.do(ctx, http.MethodPost, &target, where.trusted, request)
	if err != nil {
		return nil, err
	}
	return c.take(res, where, "application/x-"+c.service+"-result")
}

// do sends a request. A password that is not let in, and can be replaced, is: once, for a server that refuses the new one
// as well means something else by it.
func (c *webConversation) do(ctx context.Context, method string, target *url.URL, trusted bool, body []byte) (*http.Response, error) {
	switch {
	case !trusted:
		return c.send(ctx, c.web.abroad, method, target, "", body)
	case c.web.secret == nil:
		return c.send(ctx, c.web.client, method, target, "", body)
	}
	password, err := c.web.secret(ctx)
	if err != nil {
		return nil, err
	}
	res, err := c.send(ctx, c.web.client, method, target, password, body)
	if err != nil || !c.web.refuses(password, res.StatusCode) {
		return res, err
	}
	another, err := c.web.secret(ctx)
	if err != nil || another == password {
		return res, err
	}
	res, err = c.send(ctx, c.web.client, method, target, another, body)
	if err == nil {
		c.web.refuses(another, res.StatusCode)
	}
	return res, err
}

// refuses takes note of whether a password was let in, and reports whether another one is to be tried.
func (w *web) refuses(password string, status int) bool {
	if w.refused == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case status != http.StatusUnauthorized:
		w.doubted = ""
		return false
	case w.doubted == "":
		w.doubted = password
		w.refused(password)
	}
	return w.doubted == password
}

func (c *webConversation) send(ctx context.Context, client *http.Client, method string, target *url.URL, password string,
	body []byte,
) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "git/image-updater") // forges serve the protocol by this prefix
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-"+c.service+"-request")
		req.Header.Set("Accept", "application/x-"+c.service+"-result")
	}
	if password != "" {
		c.web.clean.learn(c.web.user, password)
		req.SetBasicAuth(c.web.user, password)
	}
	res, err := client.Do(req)
	if e, ok := errors.AsType[*url.Error](err); ok && sameOrigin(c.web.base, target) { // whoever asks names the URL
		err = e.Err
	}
	if err != nil {
		return nil, c.web.clean.failed(target, err)
	}
	c.bodies = append(c.bodies, res.Body)
	return res, nil
}

// take checks that an answer is the service's and returns its body.
func (c *webConversation) take(res *http.Response, where location, want string) (io.Reader, error) {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if res.StatusCode == http.StatusOK && kind == want {
		return res.Body, nil
	}
	e := &StatusError{URL: c.web.clean.url(where.base), Status: res.StatusCode}
	if kind == "text/plain" && res.StatusCode != http.StatusOK { // else it is a file
		said, _ := io.ReadAll(io.LimitReader(res.Body, maxWords))
		e.Words = c.web.clean.words(string(said))
	}
	switch {
	case res.StatusCode == http.StatusOK:
		shown, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";") // kind is in small letters: no secret is found in these
		e.Note = fmt.Sprintf("with %q, so it is no Git server of the smart protocol", c.web.clean.words(shown))
		if kind == "text/plain" || kind == "application/octet-stream" {
			e.Note += ": the dumb one, of plain files, cannot be pushed to"
		}
	case res.StatusCode == http.StatusUnauthorized && !where.trusted:
		e.Note = fmt.Sprintf("credentials for %s were not sent on to it", c.web.base.Host)
	case res.StatusCode == http.StatusUnauthorized && c.web.secret == nil:
		e.Note = "no credentials are configured"
	case res.StatusCode == http.StatusNotFound:
		e.Note = "forges also say this when the credentials may not see the repository"
	}
	return nil, e
}

// announced refuses an answer that ends before it says of which service it is: it would look like that of an empty
// repository.
func (c *webConversation) announced(body io.Reader, where location) (io.Reader, error) {
	const flush = "0000"
	buffered := bufio.NewReader(body)
	if begin, _ := buffered.Peek(len(flush)); string(begin) == flush {
		return nil, fmt.Errorf("%s answered with something else than an advertisement of refs", c.web.clean.url(where.base))
	}
	return buffered, nil
}
