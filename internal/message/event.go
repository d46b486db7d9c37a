package message

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode/utf8"
)

// Event is what the templates of a message are given: one thing that has happened. T is a text that escapes itself, for
// the place it is put into, when it is printed, and is compared as it is. All are of one line, and empty where there is
// nothing to say.
type Event[T ~string] struct {
	Kind                 T   // updated, pull-request, waiting, held, failed, recovered or quota
	Policy               T   // the name, or names with ", " between them
	Policies             int // how many they are
	Image                T   // as people write it: nginx, ghcr.io/acme/api
	Git, Branch          T
	Registry             T   // the host: docker.io
	From, To             T   // tags
	FromDigest, ToDigest T   // sha256:...
	Places               int // how many references were changed
	Title                T   // of the pull request
	Rule                 T   // why, in a word: min-age, window, held...
	Why                  T   // in a sentence
	Until                T   // when time alone will change it: 2026-11-24 10:00 UTC
	When                 T
	Link                 string // what the channel's link template makes
	Page                 string // the page of the commit or pull request
	PageText             T      // its short name: 1a2b3c4, #12
}

// plain is a text for a place where nothing needs to be escaped.
type plain string

var ofEvents = newGrammar([]string{"printf", "short"}, reflect.TypeFor[Event[plain]]())

// The limits of a template on one event, which has no lists: what it can repeat is a number of times.
const (
	eventSteps = 10_000
	eventBytes = 64 << 10
	maxLine    = 1500 // characters
)

// EventTemplate makes the line of an [Event]. It may be used by several goroutines at once.
type EventTemplate struct{ tree *parse.Tree }

// ParseEvent reads the template of an event's line and tries it on events as there may be.
func ParseEvent(text string) (*EventTemplate, error) {
	tree, err := ofEvents.parse(text)
	if err != nil {
		return nil, err
	}
	t := &EventTemplate{tree: tree}
	empty := true
	for _, e := range eventSamples[plain]() {
		line, err := EventLine(t, e)
		if err != nil {
			return nil, fmt.Errorf("with the event %s: %w", e.Kind, err)
		}
		empty = empty && line == ""
	}
	if empty {
		return nil, errors.New("says nothing of any event")
	}
	return t, nil
}

// EventLine returns what the template makes of the event, on one line.
func EventLine[T ~string](t *EventTemplate, e Event[T]) (string, error) {
	text, err := executeEvent(t.tree, e)
	if err != nil {
		return "", err
	}
	line := oneLine(text)
	if n := utf8.RuneCountInString(line); n > maxLine {
		return "", fmt.Errorf("makes a line of %d characters, want at most %d", n, maxLine)
	}
	return line, nil
}

func executeEvent[T ~string](tree *parse.Tree, e Event[T]) (string, error) {
	b := &budget{steps: eventSteps, bytes: eventBytes}
	functions := template.FuncMap{
		stepFunction: b.step, "printf": b.printf,
		"short": func(digest reflect.Value) string { return short(digest.String()) },
	}
	return b.execute(tree, functions, e)
}

// eventSamples returns an event of each kind.
func eventSamples[T ~string]() []Event[T] {
	const when, page = "2026-11-21 10:00 UTC", "https://git.acme.example/acme/fleet/"
	digest := T("sha256:" + strings.Repeat("1f", 32))
	return []Event[T]{
		{Kind: "updated", Policy: "web", Policies: 1, Image: "nginx", Registry: "docker.io", Git: "fleet", Branch: "main", From: "1.25.3", To: "1.27.4",
			FromDigest: digest, ToDigest: digest, Places: 2, When: when, Page: page + "commit/1a2b3c4", PageText: "1a2b3c4"},
		{Kind: "pull-request", Policy: "api, web", Policies: 2, Git: "fleet", Branch: "image-updater/team", Title: "Update 2 images", When: when,
			Page: page + "pulls/12", PageText: "#12"},
		{Kind: "waiting", Policy: "api", Policies: 1, Image: "ghcr.io/acme/api", Registry: "ghcr.io", Git: "fleet", From: "2.0.0", To: "2.1.0",
			Rule: "min-age", Why: "younger than 7d", Until: "2026-11-24 10:00 UTC", When: when},
		{Kind: "held", Policy: "api", Policies: 1, Image: "ghcr.io/acme/api", Registry: "ghcr.io", Git: "fleet", From: "2.0.0", To: "2.1.0",
			Rule: "held", Why: "2.1.0 was taken back by hand", When: when},
		{Kind: "failed", Policy: "web", Policies: 1, Image: "nginx", Registry: "docker.io", Rule: "error", Why: "listing tags of nginx: 503", When: when},
		{Kind: "recovered", Policy: "web", Policies: 1, Image: "nginx", Registry: "docker.io", When: when},
		{Kind: "quota", Registry: "docker.io", Why: "3 of 50 pulls are left", Until: "2026-11-21 12:00 UTC", When: when},
	}
}
