package notify

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/internal/status"
)

// markup is the language of a channel: how a text stands in it as it is, and what can be said of it.
type markup struct {
	escape func(text string) string
	strong func(escaped string) string
	link   func(escaped, url string) string
	// line makes the line of an event by a template.
	line func(t *message.EventTemplate, e status.Event, link string) (string, error)
	url  func(safe string) string
}

// The texts of channels. Printed, each stands in the markup of its channel as what it is.
type (
	plainText string
	slackText string
	teamsText string
	chatText  string // of Discord
)

var slackEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", "'")

// String returns the text itself.
func (t plainText) String() string { return string(t) }

// String escapes what begins mentions, links and code in Slack. Stars and dashes in it can make it bold, and no more.
func (t slackText) String() string { return slackEscapes.Replace(string(t)) }

// String escapes what means something in the Markdown of Adaptive Cards. An underscore within a word means nothing.
func (t teamsText) String() string {
	var b strings.Builder
	for i, r := range t {
		if strings.ContainsRune("\\`*[]<~#", r) || r == '_' && !withinWord(string(t), i) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// String escapes what means something in Discord: Markdown, mentions, emoji and the beginning of a URL.
func (t chatText) String() string {
	var b strings.Builder
	for _, r := range t {
		if strings.ContainsRune("\\`*_~|<>[]()#:@", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// withinWord reports whether the byte at i has a letter or a digit on both sides.
func withinWord(s string, i int) bool {
	plain := func(c byte) bool {
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	return i > 0 && i+1 < len(s) && plain(s[i-1]) && plain(s[i+1])
}

func same(s string) string { return s }

var (
	plainMarkup = newMarkup[plainText](same, same, func(text, url string) string { return text + " " + url })
	slackMarkup = newMarkup[slackText](
		func(url string) string { return strings.ReplaceAll(url, "&", "&amp;") },
		func(text string) string { return "*" + text + "*" },
		func(text, url string) string { return "<" + url + "|" + text + ">" })
	teamsMarkup   = newMarkup[teamsText](same, bold, markdownLink)
	discordMarkup = newMarkup[chatText](same, bold, markdownLink)
)

func bold(text string) string { return "**" + text + "**" }

func markdownLink(text, url string) string { return "[" + text + "](" + url + ")" }

func newMarkup[T ~string](url, strong func(string) string, link func(text, url string) string) markup {
	return markup{
		escape: func(text string) string { return fmt.Sprint(T(text)) },
		strong: strong, link: link, url: url,
		line: func(t *message.EventTemplate, e status.Event, page string) (string, error) {
			f := fields[T](e)
			f.Link, f.Page = url(page), url(safeURL(e.Link.URL))
			return message.EventLine(t, f)
		},
	}
}

// fields returns what templates are given, but for the URLs.
func fields[T ~string](e status.Event) message.Event[T] {
	f := message.Event[T]{
		Kind: T(e.Kind), Policy: T(strings.Join(e.Policies, ", ")), Policies: len(e.Policies), Image: T(e.Image),
		Git: T(e.Git), Branch: T(e.Branch), Registry: T(e.Registry), From: T(e.From), To: T(e.To),
		FromDigest: T(e.FromDigest), ToDigest: T(e.ToDigest), Places: e.Places, Title: T(e.Title),
		Rule: T(e.Why.Rule), Why: T(e.Why.Detail), PageText: T(e.Link.Text),
	}
	if !e.When.IsZero() {
		f.When = T(moment(e.When))
	}
	if !e.Why.Until.IsZero() {
		f.Until = T(moment(e.Why.Until))
	}
	return f
}

// inURLs are characters that stand for themselves in a URL and for something else in the markup around it.
const inURLs = " \"'<>()[]{}|\\^`*_~"

// safeURL returns a URL of the web in which no character means anything to a channel, or "".
func safeURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(text) > 2000 {
		return ""
	}
	base := u.Scheme + "://" + u.Host
	if strings.ContainsAny(u.Host, " \"'<>()|\\^`*~") {
		return ""
	}
	var b strings.Builder
	b.WriteString(base)
	for _, c := range []byte(strings.TrimPrefix(u.String(), base)) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(inURLs, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
