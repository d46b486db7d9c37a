package registry

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
)

// Error is a question to a registry that got no answer to use. It holds no secret.
type Error struct {
	Op         string           // what was asked: "listing tags"
	Repository image.Repository // of which
	Status     int              // of the answer; 0 = there was none
	Code       string           // of the registry's error: "NAME_UNKNOWN"
	Message    string           // of the registry's error, or what is wrong with its answer

	// RetryAfter and Until are set when the registry asked to be left alone: for how long, and until when nothing will
	// be asked of it, by this or another process with the same cache.
	RetryAfter time.Duration
	Until      time.Time

	Err error // the cause: of the network, of the context; nil when the answer says it all

	refused refusal // what the answer asked for
	unasked bool    // there was none: it is the answer that others got

	step string // part of the work that failed, when it was another than Op: "asking ghcr.io for a token"
}

// Error says what was asked, and in one line why there is no answer.
func (e *Error) Error() string {
	parts := make([]string, 0, 7)
	if e.Op != "" {
		parts = append(parts, e.Op+" of "+e.Repository.String())
	}
	if e.step != "" {
		parts = append(parts, e.step)
	}
	if e.Status != 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))))
	}
	if e.Code != "" {
		parts = append(parts, e.Code)
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if !e.Until.IsZero() {
		parts = append(parts, "not asked again before "+e.Until.UTC().Format(time.RFC3339))
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// wrap makes err an [Error] of the operation, without secrets.
func (h *host) wrap(op string, r image.Repository, err error) *Error {
	if inner, ok := errors.AsType[*Error](err); ok {
		e := *inner
		e.Op, e.Repository = op, r
		return &e
	}
	return &Error{Op: op, Repository: r, Err: h.secret.clean(withKey(err))}
}

// withKey adds to an error of the network the key of the policy file that most often mends it.
func withKey(err error) error {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return fmt.Errorf("%w, so no TLS: a registry on plain HTTP wants plainHTTP: true", err)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Errorf("%w: the registry's CA may be named by caFile", err)
	}
	return err
}

// statusError makes an error of an answer of the registry API that is none.
func (h *host) statusError(resp *http.Response, step string) *Error {
	return h.limit.statusError(resp, step)
}

// statusError makes an error of an answer that is none. What the body says is shown as far as it is of use to people.
func (l *limiter) statusError(resp *http.Response, step string) *Error {
	e := &Error{Status: resp.StatusCode, step: step}
	var body struct {
		Errors []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
		Details string `json:"details"` // Docker Hub's token server
		Message string `json:"message"`
	}
	// A body that is no JSON is most often the HTML of a proxy: it says nothing that the status does not.
	if err := json.Unmarshal(whole(resp), &body); err == nil {
		e.Message = body.Message
		if e.Message == "" {
			e.Message = body.Details
		}
		if len(body.Errors) > 0 {
			e.Code, e.Message = body.Errors[0].Code, body.Errors[0].Message
		}
	}
	e.Code, e.Message = l.secret.cleanText(e.Code), l.secret.cleanText(e.Message)
	if until := l.pausedUntil(); backsOff(resp) && !until.IsZero() {
		e.Until, e.RetryAfter = until, until.Sub(l.client.now())
	} else if after, found := retryAfter(resp, l.client.now()); found {
		e.RetryAfter = after
	}
	return e
}
