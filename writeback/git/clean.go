package git

import (
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
)

// redacted stands where a secret stood.
const redacted = "[redacted]"

// cleaner makes text of a server fit to be shown.
type cleaner struct {
	secrets []string
	latest  *atomic.Pointer[[2]learned] // a secret that changes, and the one before it
}

// learned is a secret in the forms in which a server may repeat it.
type learned struct {
	secret string
	forms  []string
}

func newCleaner(secrets ...string) cleaner {
	c := cleaner{latest: new(atomic.Pointer[[2]learned])}
	for _, secret := range secrets {
		c.secrets = append(c.secrets, forms("", secret)...)
	}
	return c
}

// forms are a secret as it is, as a URL and a page of HTML would hold it, in base64, and as the Authorization of an HTTP
// request does.
func forms(user, secret string) []string {
	if secret == "" {
		return nil
	}
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret)}
	for _, text := range []string{secret, user + ":" + secret} {
		padded := base64.StdEncoding.EncodeToString([]byte(text))
		all = append(all, padded, strings.TrimRight(padded, "="), url.QueryEscape(padded),
			base64.URLEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text)))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// learn takes the password of a user out from now on, and the one before still: an answer to that may be on its way.
func (c cleaner) learn(user, secret string) {
	known := c.latest.Load()
	switch {
	case known == nil:
		c.latest.Store(&[2]learned{{secret, forms(user, secret)}})
	case known[0].secret != secret:
		c.latest.Store(&[2]learned{{secret, forms(user, secret)}, known[0]})
	}
}

// all returns the secrets in all their forms, the longest first: one may be a part of another.
func (c cleaner) all() []string {
	all := slices.Clone(c.secrets)
	if latest := c.latest.Load(); latest != nil {
		all = slices.Concat(all, latest[0].forms, latest[1].forms)
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// fatal turns the line with which a server gives up into an error fit to be shown, and leaves other errors as they are.
func (c cleaner) fatal(err error) error {
	if line, ok := errors.AsType[*pktline.ErrorLine](err); ok {
		return &saidError{words: c.words(line.Text)}
	}
	return err
}

// url writes a URL that a server may have led to: without its query, which is nobody's business, and with a path in which
// no secret hides behind percent signs.
func (c cleaner) url(u *url.URL) string { return c.words(u.Scheme + "://" + u.Host + u.Path) }

// failed makes what is said of a request that got no answer fit to be shown.
func (c cleaner) failed(target *url.URL, err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		e.URL = c.url(target)
	}
	if text := c.redact(err.Error()); text != err.Error() {
		return &cleanError{text: text, err: err}
	}
	return err
}

// cleanError is an error whose words held a secret.
type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string { return e.text }

func (e *cleanError) Unwrap() error { return e.err }

// words bounds text, takes the secrets out and makes it one line: the lines of a server are joined with "; ", and what
// could move a terminal's cursor is escaped.
func (c cleaner) words(text string) string {
	text = c.redact(text)
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

// redact takes the secrets out of a text. Of one that was cut when it was read, the end may be the beginning of a secret.
func (c cleaner) redact(text string) string {
	cut := len(text) >= maxWords
	for _, secret := range c.all() {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	begun := 0
	for _, secret := range c.all() {
		for n := len(secret) - 1; cut && n > begun; n-- {
			if strings.HasSuffix(text, secret[:n]) {
				begun = n
			}
		}
	}
	if begun > 0 {
		return text[:len(text)-begun] + redacted
	}
	return text
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
