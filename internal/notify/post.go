package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

const (
	sendTime  = 30 * time.Second // for one request, or one mail
	maxAnswer = 4 << 10          // bytes that are read of an answer
	maxAfter  = time.Hour        // the longest that a channel is left alone for the asking
)

// chat sends messages to a channel that takes a JSON object by POST.
type chat struct {
	poster
	body func(Channel, Message) any
}

func (c chat) send(ctx context.Context, m Message) error {
	return c.post(ctx, encode(c.body(c.channel, m)), nil)
}

// encode writes JSON for a program: what a web page must not hold stays as it is, and as short.
func encode(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		panic("notify: " + err.Error()) // texts, numbers and times alone
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// poster posts to the URL of a channel.
type poster struct {
	channel Channel
	options Options
}

func (p poster) post(ctx context.Context, body []byte, header http.Header) error {
	ctx, cancel := context.WithTimeoutCause(ctx, sendTime, fmt.Errorf("no answer within %v", sendTime))
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.channel.URL, bytes.NewReader(body))
	if err != nil {
		return &Error{Text: "the URL is none", Final: true} // its error holds it
	}
	maps.Copy(r.Header, header)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "image-updater/"+p.options.Version)
	client := http.Client{
		Transport: p.options.Transport,
		// The URL is the key to the channel, and whoever answers it must not send it elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(r)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
			err = cause
		}
		return unsent(err, p.channel.URL, p.channel.Secret)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // it is only quoted
	return p.judge(answer, text)
}

// judge says what an answer means.
func (p poster) judge(answer *http.Response, text []byte) error {
	code := answer.StatusCode
	if code >= 200 && code < 300 {
		return nil
	}
	said := fmt.Sprintf("answered %d %s", code, http.StatusText(code))
	if quoted := quote(string(text), p.channel.URL, p.channel.Secret); quoted != "" {
		said += ": " + quoted
	}
	e := &Error{Text: said, Final: true}
	switch {
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		e.Final = false
		e.After = retryAfter(answer.Header.Get("Retry-After"), p.options.now())
	case code >= 300 && code < 400:
		e.Text = fmt.Sprintf("answered %d %s, and a redirect is not followed", code, http.StatusText(code))
	}
	return e
}

// retryAfter reads a Retry-After: seconds or a time.
func retryAfter(value string, now time.Time) time.Duration {
	var after time.Duration
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		after = time.Duration(min(seconds, maxAfter.Seconds()) * float64(time.Second))
	} else if at, err := http.ParseTime(value); err == nil {
		after = at.Sub(now)
	}
	return max(0, min(after, maxAfter))
}
