package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/internal/status"
)

// MaxLines is how many events of a message are told in full at most.
const MaxLines = 20

// Bounds of what strangers have written, in characters.
const (
	maxWord     = 200 // of a name or tag
	maxSentence = 400
)

// maxLine bounds a line in its markup, in bytes: one fits into a block of each channel.
const maxLine = 2800

// text is a message in the words and the markup of a channel, which is all that the chats need.
type text struct {
	title string // the program's own words, in which no markup means anything
	lines []string
	more  int // events without a line
	worst status.EventKind
}

// text words a message for the channel: at most [MaxLines] lines, of at most so many bytes together.
func (c Channel) text(m Message, in markup, most int) text {
	events := byUrgency(m.Events)
	t := text{title: title(m), worst: status.EventUpdated}
	if len(events) > 0 {
		t.worst = events[0].Kind
	}
	size := 0
	for i, e := range events {
		line := c.line(e, in)
		if size += len(line); i == MaxLines || size > most {
			t.more = len(events) - i
			break
		}
		t.lines = append(t.lines, line)
	}
	return t
}

// rest says what has no line, or "".
func (t text) rest() string {
	if t.more == 0 {
		return ""
	}
	return fmt.Sprintf("and %d more", t.more)
}

// title says what the message is about: "image-updater: 1 failed, 12 updated".
func title(m Message) string {
	var parts []string
	for _, kind := range status.EventKinds {
		n := 0
		for _, e := range m.Events {
			if e.Kind == kind {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, words[kind]))
		}
	}
	if m.Lost > 0 {
		parts = append(parts, fmt.Sprintf("%d lost", m.Lost))
	}
	if m.Sample {
		return "image-updater: a test, nothing of this has happened"
	}
	return "image-updater: " + strings.Join(parts, ", ")
}

// words are what the kinds of events are called to people.
var words = map[status.EventKind]string{
	status.EventFailed: "failed", status.EventHeld: "held", status.EventQuota: "quota low", status.EventWaiting: "waiting long",
	status.EventRecovered: "recovered", status.EventPullRequest: "opened", status.EventUpdated: "updated",
}

// byUrgency returns the events, those that ask for a person first.
func byUrgency(events []status.Event) []status.Event {
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b status.Event) int {
		return slices.Index(status.EventKinds, a.Kind) - slices.Index(status.EventKinds, b.Kind)
	})
	return sorted
}

// line words one event: by the template of the channel where that makes a line, else as the program does.
func (c Channel) line(e status.Event, in markup) string {
	e = clean(e)
	link := c.link(e)
	if c.Template != nil {
		if line, err := in.line(c.Template, e, link); err == nil && line != "" && len(line) <= maxLine {
			return line
		}
	}
	kind := in.strong(words[e.Kind]) + " "
	line := kind + in.escape(sentence(e))
	if page := safeURL(e.Link.URL); page != "" {
		line += " " + in.link(in.escape(pageText(e)), in.url(page))
	}
	if link != "" {
		line += " " + in.link("details", in.url(link))
	}
	if len(line) > maxLine { // of characters that need many bytes to be said
		return kind + in.escape(cut(sentence(e), maxSentence))
	}
	return line
}

// link returns what the link template of the channel makes, "" where that is nothing.
func (c Channel) link(e status.Event) string {
	if c.Link == nil {
		return ""
	}
	made, err := c.Link.URL(fields[message.InURL](e))
	if err != nil {
		return "" // a message without a link is better than none
	}
	return safeURL(made)
}

func pageText(e status.Event) string {
	if e.Kind == status.EventUpdated && e.Link.Text != "" && !strings.HasPrefix(e.Link.Text, "#") {
		return "commit " + e.Link.Text
	}
	return cmp.Or(e.Link.Text, "page")
}

// sentence says what has happened, without the word for it.
func sentence(e status.Event) string {
	where := ""
	if e.Git != "" {
		where = " in " + e.Git
	}
	step := e.Image
	if e.From != "" || e.To != "" {
		step = strings.TrimSpace(step + " " + version(e.From, e.FromDigest, e.To))
	}
	if e.To != "" {
		step += " -> " + version(e.To, e.ToDigest, e.From)
	}
	switch e.Kind {
	case status.EventUpdated:
		if e.Places > 1 {
			where += fmt.Sprintf(", %d places", e.Places)
		}
		return step + where + of(e)
	case status.EventPullRequest:
		return e.Title + where + of(e)
	case status.EventWaiting, status.EventHeld:
		return step + where + of(e) + because(e.Why)
	}
	subject := cmp.Or(e.Title, e.Image)
	if len(e.Policies) == 0 {
		subject = cmp.Or(subject, e.Registry)
	}
	return strings.TrimSpace(subject+of(e)) + because(e.Why)
}

// version writes a tag, with its digest where that is all by which it differs from the other one.
func version(tag, digest, other string) string {
	if tag == other && digest != "" {
		return tag + "@" + status.ShortDigest(digest)
	}
	if tag == "" {
		return "(none)"
	}
	return tag
}

// maxNames is how many policies of an event are named.
const maxNames = 3

// of names the policies, where the image does not tell.
func of(e status.Event) string {
	switch n := len(e.Policies); {
	case n == 0:
		return ""
	case n == 1:
		return " (policy " + e.Policies[0] + ")"
	case n <= maxNames:
		return " (policies " + strings.Join(e.Policies, ", ") + ")"
	default:
		return fmt.Sprintf(" (policies %s and %d more)", strings.Join(e.Policies[:maxNames], ", "), n-maxNames)
	}
}

func because(why status.Reason) string {
	var b strings.Builder
	if why.Detail != "" {
		b.WriteString(": " + why.Detail)
	}
	if !why.Until.IsZero() {
		b.WriteString(", until " + moment(why.Until))
	}
	return b.String()
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// clean puts each text of an event on one line of a bounded length.
func clean(e status.Event) status.Event {
	for _, word := range []*string{&e.Image, &e.Registry, &e.Git, &e.Branch, &e.From, &e.To, &e.FromDigest, &e.ToDigest, &e.Title, &e.Why.Rule, &e.Link.Text} {
		*word = cut(legible(*word), maxWord)
	}
	e.Why.Detail = cut(legible(e.Why.Detail), maxSentence)
	return e
}
