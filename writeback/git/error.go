package git

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

var (
	// ErrEmpty is the error of a repository without any commit.
	ErrEmpty = errors.New("the repository is empty: it needs a first commit")
	// ErrSHA256 is the error of a repository whose object ids are SHA-256.
	ErrSHA256 = errors.New("the repository has SHA-256 object ids, which are not supported")
)

// PushError is a push that the server turned down. Why cannot be told from its words alone: when the branch has moved
// it is a lost race, when it has not it is a refusal.
type PushError struct {
	Ref    string
	Reason string // of the report: "pre-receive hook declined"
	Words  string // what the server said to people, its lines joined with "; "
	// Moved says that the branch stood elsewhere before anything was sent, so that it is a lost race for certain.
	Moved bool
}

func (e *PushError) Error() string {
	text := fmt.Sprintf("pushing to %s: %s", e.Ref, e.Reason)
	if e.Words != "" {
		text += ": " + e.Words
	}
	return text
}

// StatusError is an HTTP answer that is none of a Git server's.
type StatusError struct {
	URL    string // without credentials
	Status int
	Words  string // the server's, if it sent plain text
	Note   string // ours, when there is more to say
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s answered %d %s", e.URL, e.Status, strings.ToLower(http.StatusText(e.Status)))
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

// refuses reports whether the server said no to what was asked for, as one does that lacks a part of the protocol.
func refuses(err error) bool {
	_, said := errors.AsType[*saidError](err)
	return said
}

// explain adds what was done to err, and says by which deadline or stop it ended when it was one.
func explain(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
