package registry

import (
	"context"
	"encoding/base64"
	"net/http"
)

// maxRounds bounds how often one request is sent: without authorization, with a token that had been withdrawn, and
// with a new one.
const maxRounds = 3

// authorized is the layer that shows the registry what it wants to be shown.
type authorized struct {
	host *host
	next http.RoundTripper
}

func (t *authorized) RoundTrip(req *http.Request) (*http.Response, error) {
	h, c := t.host, callOf(req.Context())
	if err := h.denials.admit(c); err != nil {
		if parked := h.trials.closed(); parked != nil {
			return nil, parked // which says more
		}
		return nil, err
	}
	resp, err := t.send(req)
	h.denials.note(c.path, resp, err)
	return resp, err
}

// send sends the request as often as it takes to show what is wanted.
func (t *authorized) send(req *http.Request) (*http.Response, error) {
	ctx, h := req.Context(), t.host
	ch, ours, err := h.challenges.get(ctx)
	if err != nil {
		return nil, err
	}
	if ours {
		resp, err := t.learn(req)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			return resp, err
		}
		if ch, _ = h.challenges.peek(); ch.Scheme == "" {
			return resp, nil // 401 and not a word on what would help
		}
	}
	for round := 1; ; round++ {
		p, err := h.pass(ctx, ch)
		if err != nil && round == 1 && leadsNowhere(err) && h.challenges.forget(ch) {
			return t.send(req) // once: a challenge is doubted only while it comes from the cache
		}
		if err != nil {
			return nil, err
		}
		resp, err := t.next.RoundTrip(p.on(req))
		p.judge(resp, callOf(ctx).refused)
		if err != nil || resp.StatusCode != http.StatusUnauthorized || round == maxRounds {
			return resp, err
		}
		next, better := h.afterRefusal(ctx, ch, p, resp)
		if !better {
			return resp, nil
		}
		ch = next
	}
}

// learn sends the request without authorization, to find out what the registry wants. One that wants nothing has
// answered with it: the others are let go as soon as it begins to, since its body may be long or never end.
func (t *authorized) learn(req *http.Request) (*http.Response, error) {
	c, open := callOf(req.Context()), false
	c.begun = func(status int) {
		if open = status == http.StatusOK; open {
			t.host.challenges.learned(challenge{})
		}
	}
	resp, err := t.next.RoundTrip(req)
	c.begun = nil
	if open {
		return resp, err
	}
	if err != nil || failed(resp.StatusCode) || backsOff(resp) {
		t.host.challenges.gaveUp()
		return resp, err
	}
	ch := challenge{}
	if resp.StatusCode == http.StatusUnauthorized {
		ch, _ = parseChallenge(resp.Header)
	}
	t.host.challenges.learned(ch)
	return resp, nil
}

// pass is the authorization of one request.
type pass struct {
	header string
	token  *token        // that the header holds; nil = it holds a credential, or nothing
	fresh  bool          // the token was got for this very request
	leave  func(verdict) // of a credential that is on trial
}

// pass returns what the challenge asks for.
func (h *host) pass(ctx context.Context, ch challenge) (pass, error) {
	if ch.Scheme == "" {
		return pass{}, nil
	}
	c, err := h.keys.get(ctx)
	switch {
	case err != nil:
		return pass{}, err
	case c.registryToken != "":
		return h.onTrial(ctx, "Bearer "+c.registryToken)
	case ch.Scheme == schemeBasic && c.password == "":
		return pass{}, nil // the answer is 401, and says what the registry has to say
	case ch.Scheme == schemeBasic:
		return h.onTrial(ctx, basicHeader(c))
	}
	tok, fresh, err := h.token(ctx, ch, c, callOf(ctx).path)
	if err != nil {
		return pass{}, err
	}
	return pass{header: tok.header, token: tok, fresh: fresh}, nil
}

// onTrial is a pass that shows the credential itself.
func (h *host) onTrial(ctx context.Context, header string) (pass, error) {
	leave, err := h.trials.enter(ctx, 0)
	return pass{header: header, leave: leave}, err
}

func basicHeader(c credential) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.username+":"+c.password))
}

// on returns the request with the authorization.
func (p pass) on(req *http.Request) *http.Request {
	if p.header == "" {
		return req
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", p.header)
	return req
}

// judge ends the trial of a credential; without an answer nothing is said of it.
func (p pass) judge(resp *http.Response, why refusal) {
	switch {
	case p.leave == nil:
	case resp != nil && why == loginsFailed:
		p.leave(lockedOut)
	case resp == nil || failed(resp.StatusCode) || backsOff(resp):
		p.leave(unjudged)
	case resp.StatusCode == http.StatusUnauthorized:
		p.leave(refused)
	default:
		p.leave(accepted)
	}
}

// afterRefusal returns the challenge to meet after an answer of 401, and whether there is hope.
func (h *host) afterRefusal(ctx context.Context, ch challenge, p pass, resp *http.Response) (challenge, bool) {
	if current, known := h.challenges.peek(); known && !current.sameServer(ch) {
		return current, true // another request has learned it meanwhile
	}
	named, found := parseChallenge(resp.Header)
	if found && !named.sameServer(ch) {
		h.challenges.set(named)
		return named, true
	}
	path := callOf(ctx).path
	if actions, more := ch.moreActions(path, named.scope); more {
		ch.Actions = actions
		h.challenges.set(ch)
		h.tokens.clear()
		return ch, true
	}
	if p.token != nil && !p.fresh {
		h.tokens.withdraw(p.token)
		return ch, true
	}
	return ch, false
}
