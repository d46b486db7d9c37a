package registry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/image-updater/image-updater/image"
)

const (
	hubHost     = "hub.docker.com"
	hubLifetime = 5 * time.Minute // of a token that does not say
)

// hubAPI is Docker Hub's own API. It is asked as a registry of its own, for it has limits of its own: what it refuses says
// nothing of the registry, and the other way round. Credentials of docker.io are shown to it at /v2/auth/token, and the
// token it gives for them to nothing else.
type hubAPI struct {
	*host
	logins flights[*hubToken]

	current *hubToken  // guarded, as what follows, by the flight of logins
	refused credential // that the API did not take: it is not sent again by this process
}

// newHub returns the API as the entry of docker.io has it.
func newHub(c *Client, registry Host) *hubAPI {
	entry := Host{Host: hubHost, Endpoint: registry.HubEndpoint}
	if registry.HubEndpoint != "" {
		entry.RootCAs, entry.Certificate = registry.RootCAs, registry.Certificate
	}
	b := &hubAPI{host: newHost(c, entry)}
	if image.Loopback(b.base.Host) {
		b.limit.bucket.SetLimit(rate.Inf) // as for a registry on the machine itself
	}
	return b
}

// ask reads an answer, with a token for the credential of the registry if it has one.
func (b *hubAPI) ask(ctx context.Context, registry *host, at *url.URL, answer any) error {
	c, err := registry.keys.get(ctx)
	if err != nil {
		return err
	}
	var withdrawn *hubToken
	for {
		tok, err := b.token(ctx, c, withdrawn)
		if err != nil {
			return err
		}
		header := make(http.Header)
		if tok != nil {
			header.Set("Authorization", "Bearer "+tok.text)
		}
		answered, err := b.host.ask(ctx, b.plain, at, header, answer)
		b.restAfter(answered)
		refused, ok := errors.AsType[*notTold](err)
		if !ok || refused.err.Status != http.StatusUnauthorized || tok == nil || withdrawn != nil {
			return err
		}
		withdrawn = tok
	}
}

// token returns a token for the credential that is not the one withdrawn, or nil where there is none to be had: for no
// credential, or one that the API does not take. Public repositories are shown to everyone.
func (b *hubAPI) token(ctx context.Context, c credential, withdrawn *hubToken) (*hubToken, error) {
	if c.username == "" || c.password == "" {
		return nil, nil
	}
	for {
		tok, err := b.logins.do(ctx, "", func() (*hubToken, error) { return b.newToken(ctx, c, withdrawn) })
		if err != nil || tok == nil || tok != withdrawn {
			return tok, err
		} // else it came from another caller, who has not heard of it yet
	}
}

// newToken is token while nobody else logs in.
func (b *hubAPI) newToken(ctx context.Context, c credential, withdrawn *hubToken) (*hubToken, error) {
	b.keys.replace(c)
	switch {
	case c == b.refused:
		return nil, nil
	case b.current != nil && b.current.credential == c && b.current != withdrawn && b.client.now().Before(b.current.until):
		return b.current, nil
	}
	b.current = nil
	leave, err := b.trials.enter(ctx, 1)
	if err != nil {
		return nil, nil // it was refused, by earlier processes
	}
	tok, err := b.login(ctx, c)
	if untold, ok := errors.AsType[*notTold](err); ok {
		if untold.err.Status == http.StatusTooManyRequests {
			leave(lockedOut)
		} else {
			leave(refused)
		}
		b.refused = c
		b.client.log.WarnContext(ctx, "Docker Hub's tag API does not take the credentials, and is asked without", "err", err)
		return nil, nil
	}
	if err != nil {
		leave(unjudged)
		return nil, err
	}
	leave(accepted)
	b.current = tok
	return tok, nil
}

// login exchanges a password or an access token for a token of the API. A [notTold] error is for a credential that it
// does not take.
func (b *hubAPI) login(ctx context.Context, c credential) (*hubToken, error) {
	step := "asking " + b.base.Host + " for a token"
	body, err := json.Marshal(map[string]string{"identifier": c.username, "secret": c.password})
	if err != nil {
		return nil, err
	}
	asked := b.client.now()
	sent := &call{maxBody: maxSmall}
	resp, err := b.post(withCall(ctx, sent), b.apiURL("/"+b.prefix+"v2/auth/token", nil), "application/json", string(body))
	if e, ok := errors.AsType[*Error](err); ok {
		at := *e
		at.step = step
		return nil, &at
	}
	if err != nil {
		return nil, &Error{step: step, Err: b.secret.clean(err)}
	}
	if resp.StatusCode != http.StatusOK {
		err := b.statusError(resp, step)
		if refuses(resp.StatusCode) || resp.StatusCode == http.StatusBadRequest || sent.refused == loginsFailed {
			return nil, &notTold{err}
		}
		return nil, err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(whole(resp), &answer); err != nil || !isToken(answer.AccessToken) {
		return nil, &Error{step: step, Message: "the answer has no token that can be sent"}
	}
	b.secret.addToken(answer.AccessToken)
	life := hubLifetime
	if expires := expiry(answer.AccessToken); expires.After(asked) {
		life = min(expires.Sub(asked), longestLife)
	}
	return &hubToken{token{text: answer.AccessToken, until: asked.Add(life - life/10)}, c}, nil
}

// hubToken is a token and what it was got for.
type hubToken struct {
	token
	credential credential
}

// expiry returns when a JWT says that it expires. (Nobody is to trust it for that: it saves requests.)
func expiry(jwt string) time.Time {
	var claims struct {
		Expires int64 `json:"exp"`
	}
	if !readClaims(jwt, &claims) || claims.Expires <= 0 {
		return time.Time{}
	}
	return time.Unix(claims.Expires, 0)
}

// restAfter leaves the API alone until its window ends when an answer says that it was the last of the window, so that
// the next request is not refused.
func (b *hubAPI) restAfter(answered http.Header) {
	remaining, err := strconv.Atoi(answered.Get("X-RateLimit-Remaining"))
	if err != nil || remaining > 0 {
		return
	}
	if reset, err := strconv.ParseInt(answered.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		b.limit.rest(time.Unix(reset, 0))
	}
}

// rest holds requests up until then, or turns them away where that is long. It is for a host that has said in passing
// that it would refuse. Such windows are a minute long; what seems longer is another's clock.
func (l *limiter) rest(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	clock := l.client.now()
	after := min(until.Sub(clock), pauseUnasked)
	switch {
	case after <= 0 || l.paused.holds(clock):
		return
	case after <= shortWait:
		l.hold = time.Now().Add(after)
	default:
		l.paused = pause{Until: pauseEnd(clock, after), Status: http.StatusTooManyRequests, Step: l.paused.Step, Answered: true}
		l.savePause(l.paused)
	}
	l.wake()
}
