package notify

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// Error is why a channel did not take a message. It holds no secret.
type Error struct {
	Text string
	// Final says that the channel will not take the message if it is sent again.
	Final bool
	// After is how long the channel asked to be left alone, 0 = it did not.
	After time.Duration
}

// Error returns the reason.
func (e *Error) Error() string { return e.Text }

// maxQuote bounds what is quoted of an answer, in characters.
const maxQuote = 200

// quote returns an answer on one line, short, without control characters and without the secrets.
func quote(answer string, secrets ...string) string {
	return cut(legible(redact(answer, secrets...)), maxQuote)
}

// redact takes the secrets out of a text: whole, escaped, and the parts of a URL behind its host.
func redact(text string, secrets ...string) string {
	for _, secret := range secrets {
		for _, form := range forms(secret) {
			text = strings.ReplaceAll(text, form, "***")
		}
	}
	return text
}

// forms returns how a secret may come back, the longest first. What is very short would be found everywhere.
func forms(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if u, err := url.Parse(secret); err == nil && u.Host != "" {
		all = append(all, u.RequestURI(), u.EscapedPath(), u.Path, u.RawQuery)
		for _, values := range u.Query() {
			all = append(all, values...)
		}
		for part := range strings.SplitSeq(u.Path, "/") {
			if len(part) > 8 {
				all = append(all, part)
			}
		}
	}
	kept := all[:0]
	for _, form := range all {
		if len(form) > 3 {
			kept = append(kept, form)
		}
	}
	return kept
}

// reason leaves out of an error of net/http the URL that it puts in front.
func reason(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

func unsent(err error, secrets ...string) *Error {
	return &Error{Text: fmt.Sprintf("sending: %s", redact(reason(err).Error(), secrets...))}
}

// legible puts a text on one line and takes out what is not to be seen: control characters, those that turn text around,
// and those without width, with which one word can be made to look like another.
func legible(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.Join(strings.Fields(s), " ")
}

// cut shortens a text to so many characters.
func cut(s string, most int) string {
	const more = "..."
	runes := 0
	for i := range s {
		if runes++; runes > most {
			kept := []rune(s[:i])
			return strings.TrimRight(string(kept[:most-len(more)]), " ") + more
		}
	}
	return s
}
