package registry

import (
	"encoding/base64"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// maxText bounds what is shown of a text from outside.
const maxText = 400

// maxTokens bounds how many tokens are remembered for being cut out: older ones open nothing any more.
const maxTokens = 100

// secrets are the passwords and tokens of one registry, so that they can be cut out of texts from outside: an answer
// may repeat what was sent, and an error of the network the URL.
type secrets struct {
	mu          sync.Mutex
	credentials []string
	tokens      []string // the newest last
}

func (s *secrets) addToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = append(s.tokens, token)
	if extra := len(s.tokens) - maxTokens; extra > 0 {
		s.tokens = slices.Delete(s.tokens, 0, extra)
	}
}

// addCredential makes all spellings of a credential secrets.
func (s *secrets) addCredential(c credential) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range []string{c.password, c.identityToken, c.registryToken} {
		if len(text) < 4 {
			continue // would be cut out of half of all words
		}
		basic := base64.StdEncoding.EncodeToString([]byte(c.username + ":" + text))
		for _, spelling := range []string{basic, url.QueryEscape(text), text} {
			if !slices.Contains(s.credentials, spelling) {
				s.credentials = append(s.credentials, spelling)
			}
		}
	}
}

// urls finds URLs in a text.
var urls = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+`)

// cleanText returns the text in one short line of printable characters, without secrets and without what URLs carry
// beyond scheme, host and path.
func (s *secrets) cleanText(text string) string {
	text = urls.ReplaceAllStringFunc(text, func(found string) string {
		u, err := url.Parse(found)
		if err != nil {
			return "URL"
		}
		return origin(u) + u.EscapedPath()
	})
	s.mu.Lock()
	for _, secrets := range [][]string{s.credentials, s.tokens} {
		for _, secret := range secrets {
			text = strings.ReplaceAll(text, secret, "REDACTED")
		}
	}
	s.mu.Unlock()
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufffd' || unicode.Is(unicode.Cf, r) { // Cf turns the direction of text, and hides
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "..."
	}
	return text
}

// clean returns an error with the text of err as [secrets.cleanText] has it. It is still what err was to errors.Is, but
// leads nobody to err itself, whose parts may print what must not be shown.
func (s *secrets) clean(err error) error {
	if err == nil {
		return nil
	}
	return &cleaned{text: s.cleanText(err.Error()), err: err}
}

type cleaned struct {
	text string
	err  error
}

func (c *cleaned) Error() string { return c.text }

// Is makes errors.Is look at the hidden error.
func (c *cleaned) Is(target error) bool { return errors.Is(c.err, target) }
