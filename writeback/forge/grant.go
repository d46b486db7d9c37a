package forge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"
)

const (
	apiTimeout = 30 * time.Second // of one request to a forge's API, from the dial to the end of the answer
	maxAnswer  = 1 << 20          // bytes of an answer
	maxSaid    = 300              // bytes that are shown of what a server says about an error
)

// grant is GitHub's answer with a token.
type grant struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}

// newClient keeps no connection: a token is asked for once an hour. It follows no redirect, which would take the
// credentials along.
func newClient(o AppOptions) *http.Client {
	transport := newTransport(Options{RootCAs: o.RootCAs, Certificate: o.Certificate, Proxy: o.Proxy})
	transport.DisableKeepAlives = true
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask shows GitHub the App's words and returns the token it gives for them.
func (a *App) ask(ctx context.Context, words string) (_ grant, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, apiTimeout, fmt.Errorf("%s: no answer within %s", a.endpoint, apiTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.endpoint, nil)
	if err != nil {
		return grant{}, err
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	req.Header.Set("User-Agent", "image-updater")
	req.Header.Set("Authorization", "Bearer "+words)
	res, err := a.client.Do(req)
	if err != nil {
		return grant{}, ended(ctx, err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return grant{}, fmt.Errorf("reading the answer of %s: %w", a.endpoint, ended(ctx, err))
	}
	if len(body) > maxAnswer {
		return grant{}, fmt.Errorf("%s answered with more than %d bytes", a.endpoint, maxAnswer)
	}
	if res.StatusCode != http.StatusCreated {
		return grant{}, a.refusal(res.StatusCode, body, words)
	}
	var g grant
	if json.Unmarshal(body, &g) != nil || g.Token == "" { // an error of the parser might quote the token
		return grant{}, fmt.Errorf("%s answered without a token", a.endpoint)
	}
	return g, nil
}

// ended says by which deadline or stop a request ended when it was one.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// refusal tells what GitHub said, and what it means where that is not plain.
func (a *App) refusal(status int, body []byte, words string) error {
	text := fmt.Sprintf("%s answered %d %s", a.endpoint, status, strings.ToLower(http.StatusText(status)))
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.Message != "" {
		text += ": " + shown(answer.Message, words)
	}
	switch status {
	case http.StatusUnauthorized:
		text += " (is this the key of that App, and is the clock right?)"
	case http.StatusNotFound:
		text += " (the App has no such installation)"
	}
	return errors.New(text)
}

// shown makes what a server says fit for one line, without what it was told in confidence.
func shown(said, secret string) string {
	return oneLine(strings.ReplaceAll(said, secret, "[redacted]"))
}

// oneLine bounds what a server says, and takes out what could move a terminal's cursor.
func oneLine(said string) string {
	said = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, said)
	if len(said) > maxSaid {
		said = strings.ToValidUTF8(said[:maxSaid], "") + "..."
	}
	return said
}
