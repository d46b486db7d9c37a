package message

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"text/template/parse"
)

// LinkTemplate makes the URL of a page about an [Event]. It may be used by several goroutines at once.
type LinkTemplate struct{ tree *parse.Tree }

// InURL is a text that is escaped as a part of a URL's path, query or fragment.
type InURL string

// String returns the escaped text.
func (t InURL) String() string { return strings.ReplaceAll(url.QueryEscape(string(t)), "+", "%20") }

var ofLinks = newGrammar([]string{"printf", "short"}, reflect.TypeFor[Event[InURL]]())

// fixedHost begins a link: what an event tells may be part of anything but the host.
var fixedHost = regexp.MustCompile(`^https?://[A-Za-z0-9.\-:\[\]]+(/|$)`)

// ParseLink reads the template of a link, such as https://dashboard.example/#/search?q={{.Image}}, and tries it.
func ParseLink(text string) (*LinkTemplate, error) {
	if !fixedHost.MatchString(text) {
		return nil, errors.New("want a URL that begins with https:// (or http://), a host and a slash")
	}
	tree, err := ofLinks.parse(text)
	if err != nil {
		return nil, err
	}
	t := &LinkTemplate{tree: tree}
	for _, e := range eventSamples[InURL]() {
		if _, err := t.URL(e); err != nil {
			return nil, fmt.Errorf("with the event %s: %w", string(e.Kind), err)
		}
	}
	return t, nil
}

// maxURL bounds a link, in bytes.
const maxURL = 2000

// URL returns the link for an event.
func (t *LinkTemplate) URL(e Event[InURL]) (string, error) {
	text, err := executeEvent(t.tree, e)
	if err != nil {
		return "", err
	}
	if len(text) > maxURL {
		return "", fmt.Errorf("makes a URL of %d bytes, want at most %d", len(text), maxURL)
	}
	if strings.ContainsAny(text, " \t\r\n<>\"\\^`{|}") {
		return "", errors.New("makes no URL: it has a space or another character that a URL cannot hold")
	}
	if _, err := url.Parse(text); err != nil {
		return "", errors.New("makes no URL")
	}
	return text, nil
}
