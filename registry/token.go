package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultLife   = time.Minute // of a token that does not say, as the token protocol has it
	longestLife   = 12 * time.Hour
	maxToken      = 32 << 10
	singlesAtOnce = 4 // token requests under way to a server that grants one scope at a time
)

// token returns a token that opens the lists of a repository: one that is there, or a new one, which then opens as many
// of the expected repositories as the server grants. fresh says that it was got for this call.
func (h *host) token(ctx context.Context, ch challenge, c credential, path string) (tok *token, fresh bool, err error) {
	refusedTogether := false
	for {
		if tok := h.tokens.valid(path); tok != nil {
			return tok, false, nil
		}
		limit := 1 // while one asks for many, the others wait: it may be asking for theirs
		if ch.Single {
			limit = singlesAtOnce
		}
		leave, err := h.trials.enter(ctx, limit)
		if err != nil {
			return nil, false, err
		}
		if tok := h.tokens.valid(path); tok != nil {
			leave(unjudged)
			return tok, false, nil
		}
		if err := h.denials.admit(callOf(ctx)); err != nil {
			leave(unjudged)
			return nil, false, err
		}
		if current, known := h.challenges.peek(); known && current.sameServer(ch) {
			ch = current
		}
		paths := h.tokens.batch(path, ch.Single || h.opensAll(c))
		tok, err := h.requestToken(ctx, ch, c, paths)
		opened := err == nil && h.share(ch, c, tok, paths)
		leave(judgeToken(c, err))
		switch {
		case opened:
			h.challenges.confirm()
			if refusedTogether {
				h.asksOneByOne(ch)
			}
			return tok, true, nil
		case err != nil && len(paths) > 1 && refusedScopes(err):
			refusedTogether = true
			h.tokens.separate(path)
		case err != nil:
			return nil, false, err
		}
	}
}

// share notes what a token opens, and reports whether that is the first of the paths it was asked for. A token that
// cannot be read, or opens not all that was asked for, is trusted for what it says alone.
func (h *host) share(ch challenge, c credential, tok *token, paths []string) bool {
	if len(paths) == 1 {
		if h.opensAll(c) {
			h.tokens.add(tok, anyPath)
		} else {
			h.tokens.add(tok, paths[0])
		}
		return true
	}
	opened, readable := opens(tok.text, paths)
	h.tokens.add(tok, opened...)
	h.tokens.separate(paths...)
	first := len(opened) > 0 && opened[0] == paths[0]
	if !readable || first && len(opened) == 1 {
		h.asksOneByOne(ch)
	}
	return first
}

// opensAll reports whether any token got with the credential opens every repository.
func (h *host) opensAll(c credential) bool { return h.habits.shared && c == (credential{}) }

// asksOneByOne notes that the token server does not grant several scopes at once.
func (h *host) asksOneByOne(ch challenge) {
	ch.Single = true
	h.challenges.set(ch)
}

// judgeToken tells what the outcome of a token request says of the credential.
func judgeToken(c credential, err error) verdict {
	e, isAnswer := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return accepted
	case c == (credential{}) || !isAnswer:
		return unjudged
	case e.refused == loginsFailed:
		return lockedOut
	case e.Status == http.StatusUnauthorized:
		return refused
	case e.Status == http.StatusForbidden:
		return denied
	}
	return unjudged
}

// refusedScopes reports whether fewer scopes might be granted.
func refusedScopes(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status >= 400 && e.Status < 500 && e.Status != http.StatusTooManyRequests
}

// leadsNowhere reports whether a token request failed in the way of one that was sent to the wrong place.
func leadsNowhere(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || !e.Until.IsZero() {
		return false
	}
	return e.step != "" && (e.Status == 0 || e.Status == http.StatusNotFound || e.Status == http.StatusBadRequest)
}

// requestToken asks the token server for one token that opens all the paths.
func (h *host) requestToken(ctx context.Context, ch challenge, c credential, paths []string) (*token, error) {
	realm, err := h.checkRealm(ch.Realm)
	if err != nil {
		return nil, &Error{step: "finding the token server", Err: err}
	}
	step := "asking " + realm.Host + " for a token"
	values := realm.Query()
	if ch.Service != "" {
		values.Set("service", ch.Service)
	}
	for _, path := range paths {
		values.Add("scope", ch.scopeOf(path))
	}
	ctx = withCall(ctx, &call{maxBody: maxSmall})
	asked := h.client.now()
	resp, err := h.sendTokenRequest(ctx, realm, values, c)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			at := *e
			at.step = step
			return nil, &at
		}
		return nil, &Error{step: step, Err: h.secret.clean(err)}
	}
	if resp.StatusCode != http.StatusOK {
		e := h.statusError(resp, step)
		e.refused = callOf(ctx).refused
		return nil, e
	}
	tok, err := parseToken(whole(resp), asked)
	if err != nil {
		return nil, &Error{step: step, Err: err}
	}
	h.secret.addToken(tok.text)
	return tok, nil
}

// sendTokenRequest uses the form of the token protocol that the credential needs: GET with user and password, or POST
// with an identity token, which not all servers know.
func (h *host) sendTokenRequest(ctx context.Context, realm *url.URL, values url.Values, c credential) (*http.Response, error) {
	if c.identityToken != "" {
		form := url.Values{
			"grant_type":    {"refresh_token"},
			"refresh_token": {c.identityToken},
			"client_id":     {h.client.options.UserAgent},
			"service":       values["service"],
			"scope":         {strings.Join(values["scope"], " ")},
		}
		resp, err := h.post(ctx, realm, "application/x-www-form-urlencoded", form.Encode())
		if err != nil || resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed || c.password == "" {
			return resp, err
		}
	}
	u := *realm
	u.RawQuery = values.Encode()
	header := make(http.Header)
	if c.password != "" {
		header.Set("Authorization", basicHeader(c))
	}
	return h.get(ctx, h.plain, &u, header)
}

func (h *host) post(ctx context.Context, u *url.URL, contentType, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", h.client.options.UserAgent)
	return h.plain.RoundTrip(req)
}

// parseToken reads the answer of a token server. The life of a token runs from when it was asked for, by our clock.
func parseToken(body []byte, asked time.Time) (*token, error) {
	var answer struct {
		Token       string          `json:"token"`
		AccessToken string          `json:"access_token"`
		ExpiresIn   json.RawMessage `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, errors.New("the answer is no token: " + jsonProblem(err))
	}
	if answer.Token == "" {
		answer.Token = answer.AccessToken
	}
	if !isToken(answer.Token) {
		return nil, errors.New("the answer has no token that can be sent")
	}
	life := defaultLife
	if seconds, err := strconv.Atoi(strings.Trim(string(answer.ExpiresIn), `"`)); err == nil && seconds > 0 {
		life = min(time.Duration(seconds)*time.Second, longestLife)
	}
	header := "Bearer " + answer.Token
	return &token{header: header, text: header[len("Bearer "):], until: asked.Add(life - life/10)}, nil
}

// isToken reports whether s can stand in a header.
func isToken(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxToken
}

// jsonProblem says what is wrong with JSON without quoting it: the errors of encoding/json may.
func jsonProblem(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("not JSON from byte %d on", syntax.Offset)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("%q has the wrong type, %s", wrong.Field, wrong.Value)
	}
	return "not the JSON that was expected"
}
