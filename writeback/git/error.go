package git

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
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

// redacted stands where a secret stood.
const redacted = "[redacted]"

// cleaner makes text of a server fit to be shown.
type cleaner struct {
	secrets *strings.Replacer
	latest  *atomic.Pointer[[2]string] // a secret that changes, and the one before it
}

func newCleaner(secrets ...string) cleaner {
	var pairs []string
	for _, s := range secrets {
		if s != "" {
			pairs = append(pairs, s, redacted)
		}
	}
	return cleaner{secrets: strings.NewReplacer(pairs...), latest: new(atomic.Pointer[[2]string])}
}

// learn takes a secret out from now on, and the one before still: an answer to that may be on its way.
func (c cleaner) learn(secret string) {
	known := c.latest.Load()
	switch {
	case known == nil:
		c.latest.Store(&[2]string{secret})
	case known[0] != secret:
		c.latest.Store(&[2]string{secret, known[0]})
	}
}

// fatal turns the line with which a server gives up into an error fit to be shown, and leaves other errors as they are.
func (c cleaner) fatal(err error) error {
	if line, ok := errors.AsType[*pktline.ErrorLine](err); ok {
		return &saidError{words: c.words(line.Text)}
	}
	return err
}

// words bounds text, takes the secrets out and makes it one line: the lines of a server are joined with "; ", and what
// could move a terminal's cursor is escaped.
func (c cleaner) words(text string) string {
	// The secrets go first: a cut through one of them would leave its beginning.
	text = c.secrets.Replace(text)
	if latest := c.latest.Load(); latest != nil {
		for _, secret := range latest {
			if secret != "" {
				text = strings.ReplaceAll(text, secret, redacted)
			}
		}
	}
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "") + "..."
	}
	var lines []string
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = strings.TrimSpace(escape(line)); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

// escape writes what is no printable character as Go would in a string.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case r == utf8.RuneError, !unicode.IsPrint(r):
			b.WriteString(strings.Trim(fmt.Sprintf("%q", string(r)), `"`))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
