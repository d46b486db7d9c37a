package forge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	maxBody      = 16 << 20               // bytes of an answer: a page of pull requests with the texts of other robots is long
	maxFaults    = 2                      // times that a request is made again after a passing fault
	faultPause   = 500 * time.Millisecond // before the first of them; twice that before the next
	maxRedirects = 3
)

// requester makes the requests of all forges.
type requester struct {
	address
	client        *http.Client
	token         func(context.Context) (string, error)
	refused       func(token string)
	authorization func(token string) string
	writes        *rate.Limiter // nil: writes need no pause between them
	now           func() time.Time
	log           *slog.Logger

	pauses Pauses
	within within

	mu      sync.Mutex // guards the field that follows
	doubted bool       // the latest token was refused, and its successor has not been let in yet
}

// call is a request to be made.
type call struct {
	doing  string // "opening a pull request"
	method string
	root   string // of the API; "" is the address's own
	path   string // below the root, escaped, with a slash in front
	query  url.Values
	body   any // JSON; nil is none
	header http.Header
	// again says of a write that to make it twice is to make it once.
	again bool
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	token  string // that was shown
}

// at is where a call goes, without the query.
func (c *requester) at(q call) string {
	if q.root != "" {
		return q.root + q.path
	}
	return c.api + q.path
}

func (c *requester) CloseIdleConnections() { c.client.CloseIdleConnections() }

// checkRedirect follows a forge to where it has moved a repository, on the same host and with the same method. Elsewhere
// the token must not go.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects || req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host || req.Method != first.Method {
		return http.ErrUseLastResponse
	}
	return nil
}

// do makes a call and reads the answer into a value, nil if nobody wants it.
func (c *requester) do(ctx context.Context, q call, into any) (http.Header, error) {
	a, err := c.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	return a.header, c.read(q, a, into)
}

// ask makes a call until there is an answer that making it again would not better.
func (c *requester) ask(ctx context.Context, q call) (answer, error) {
	ctx, end, err := c.within.begin(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", q.doing, err)
	}
	defer end()
	repeatable := q.method == http.MethodGet || q.again
	var faults, waits int
	for renewed := false; ; {
		if err := c.paused(q); err != nil {
			return answer{}, err
		}
		if q.method != http.MethodGet && c.writes != nil {
			if err := c.writes.Wait(ctx); err != nil {
				if ctx.Err() == nil { // the pause would last longer than there is time
					err = ErrTimeSpent
				}
				return answer{}, fmt.Errorf("%s: %w", q.doing, ended(ctx, err))
			}
		}
		a, err := c.once(ctx, q)
		another := err == nil && c.renewed(ctx, a)
		var pause time.Duration
		switch {
		case ctx.Err() != nil && err != nil:
			return answer{}, fmt.Errorf("%s: %w", q.doing, ended(ctx, err))
		case another && !renewed:
			renewed = true
			continue
		case err == nil && isRateLimit(a):
			if pause = c.waitFor(a); pause > maxWait || waits == maxWaits {
				return answer{}, c.rateLimit(q, a, pause)
			}
			waits++
		case repeatable && faults < maxFaults && (err != nil && isFault(err) && !isLate(err) || err == nil && a.status >= 500):
			pause = faultPause << faults
			faults++
		case err != nil:
			return answer{}, fmt.Errorf("%s: %w", q.doing, err)
		default:
			return a, nil
		}
		c.log.WarnContext(ctx, "asking the forge again", "url", c.at(q), "took", pause, "status", a.status, "err", err)
		if err := sleep(ctx, pause); err != nil {
			return answer{}, fmt.Errorf("%s: %w", q.doing, err)
		}
	}
}

// renewed reports whether there is another token for one that the forge did not take. It is asked for once: a forge that
// refuses the new one as well means something else by it.
func (c *requester) renewed(ctx context.Context, a answer) bool {
	refused := a.status == http.StatusUnauthorized && c.refused != nil
	c.mu.Lock()
	again := refused && !c.doubted
	c.doubted = refused
	c.mu.Unlock()
	if !again {
		return false
	}
	c.refused(a.token)
	another, err := c.token(ctx)
	return err == nil && another != a.token
}

// once makes a call once.
func (c *requester) once(ctx context.Context, q call) (_ answer, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, apiTimeout, &faultError{fmt.Errorf("%s: no answer within %s", c.at(q), apiTimeout), true})
	defer cancel()
	req, token, err := c.request(ctx, q)
	if err != nil {
		return answer{}, err
	}
	begun := c.now()
	res, err := c.client.Do(req)
	if err != nil {
		return answer{}, c.fault(ctx, q, token, err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return answer{}, c.fault(ctx, q, token, err)
	}
	if len(body) > maxBody {
		return answer{}, fmt.Errorf("%s answered with more than %d bytes", c.at(q), maxBody)
	}
	c.log.DebugContext(ctx, "asked the forge", "method", q.method, "url", c.at(q), "status", res.StatusCode, "took", c.now().Sub(begun))
	return answer{status: res.StatusCode, header: res.Header, body: body, token: token}, nil
}

func (c *requester) request(ctx context.Context, q call) (*http.Request, string, error) {
	var body io.Reader
	if q.body != nil {
		text, err := json.Marshal(q.body)
		if err != nil {
			return nil, "", err
		}
		body = bytes.NewReader(text)
	}
	where := c.at(q)
	if len(q.query) > 0 {
		where += "?" + q.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, q.method, where, body)
	if err != nil {
		return nil, "", err
	}
	maps.Copy(req.Header, q.header)
	req.Header.Set("User-Agent", "image-updater")
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token == nil {
		return req, "", nil
	}
	token, err := c.token(ctx)
	if err != nil {
		return nil, "", err
	}
	req.Header.Set("Authorization", c.authorization(token))
	return req, token, nil
}

// faultError is a request without an answer: it may or may not have been carried out.
type faultError struct {
	error
	late bool // it was waited for long enough, and is not made again
}

func (e *faultError) Unwrap() error { return e.error }

func isFault(err error) bool {
	_, is := errors.AsType[*faultError](err)
	return is
}

func isLate(err error) bool {
	e, is := errors.AsType[*faultError](err)
	return is && e.late
}

// fault tells how a request came to nothing, without the query of its URL and without the token.
func (c *requester) fault(ctx context.Context, q call, token string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if e, is := errors.AsType[*url.Error](err); is {
		err = e.Err
	}
	if text := err.Error(); c.clean(text, token) != text {
		err = errors.New(c.clean(text, token))
	}
	return &faultError{fmt.Errorf("asking %s: %w", c.at(q), err), false}
}

// sleep waits, or returns why the waiting was ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// segment escapes a part of a path, slashes included.
func segment(s string) string { return url.PathEscape(s) }

// clean makes words of others fit for one line, without secrets.
func (c *requester) clean(words, token string) string {
	secrets := c.secrets
	if token != "" {
		_, credentials, _ := strings.Cut(c.authorization(token), " ")
		secrets = append([]string{token, credentials}, secrets...)
	}
	for _, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			if form != "" {
				words = strings.ReplaceAll(words, form, "[redacted]")
			}
		}
	}
	return oneLine(words)
}
