package forge

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ErrUnsupported is the error of what a forge does not have.
var ErrUnsupported = errors.New("the forge has no such thing")

// StatusError is an answer of a forge that is not what was asked for.
type StatusError struct {
	Doing  string // "opening a pull request"
	URL    string // without the query
	Status int
	Words  string // the forge's, bounded and without secrets
	Note   string // ours, when there is more to say
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s: %s answered %d %s", e.Doing, e.URL, e.Status, strings.ToLower(http.StatusText(e.Status)))
	if e.Words != "" {
		text += ": " + e.Words
	}
	if e.Note != "" {
		text += " (" + e.Note + ")"
	}
	return text
}

// Temporary reports whether the same request may well succeed later.
func (e *StatusError) Temporary() bool {
	return e.Status >= 500 || e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout
}

// RightsError is an optional call that the forge declined: the token may not do it, or the label or person that it names
// is not there. The pull request is as it was.
type RightsError struct {
	Err error // a StatusError, or which person is not known
}

func (e *RightsError) Error() string { return e.Err.Error() }

// Unwrap returns what the forge said.
func (e *RightsError) Unwrap() error { return e.Err }

// RateLimitError is a forge that wants no more requests for a while, longer than a request waits by itself.
type RateLimitError struct {
	Doing string
	URL   string // without the query
	Until time.Time
	Words string // the forge's, bounded and without secrets
}

func (e *RateLimitError) Error() string {
	text := fmt.Sprintf("%s: %s wants no more requests until %s", e.Doing, e.URL, e.Until.UTC().Format(time.RFC3339))
	if e.Words != "" {
		text += ": " + e.Words
	}
	return text
}
