package notify

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/internal/status"
)

// hostile draws texts of what means something to one channel or another.
var hostile = rapid.StringOfN(rapid.SampledFrom([]rune("ab1 @!<>[](){}|&*_~`#:\\/.\"'\r\n\x00\x1b\u202e\u200b-+")), 0, 30, -1)

// unescaped takes away the backslashes of a Markdown text, and reports whether each of the characters had one.
func unescaped(text, special string) (string, bool) {
	var b strings.Builder
	all, escaped := true, false
	for _, r := range text {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		all = all && (escaped || !strings.ContainsRune(special, r))
		escaped = false
		b.WriteRune(r)
	}
	return b.String(), all && !escaped
}

// Printed, a text means nothing to its channel but itself.
func TestTextsAreEscaped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := hostile.Draw(t, "text")
		inSlack := fmt.Sprint(slackText(text))
		back := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(inSlack)
		if strings.ContainsAny(inSlack, "<>`") || back != strings.ReplaceAll(text, "`", "'") {
			t.Errorf("slack: %q", inSlack)
		}
		if back, all := unescaped(fmt.Sprint(chatText(text)), "`*_~|<>[]()#:@"); !all || back != text {
			t.Errorf("discord: %q", chatText(text))
		}
		if back, all := unescaped(fmt.Sprint(teamsText(text)), "`*[]<~#"); !all || back != text {
			t.Errorf("teams: %q", teamsText(text))
		}
	})
}

// A URL that is shown is one of the web, with nothing in it that means anything to the markup around.
func TestSafeURL(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := "https://git.acme.example/" + hostile.Draw(t, "path")
		safe := safeURL(text)
		if strings.ContainsAny(safe, inURLs) || strings.ContainsFunc(safe, func(r rune) bool { return r > unicode.MaxASCII || r < ' ' }) {
			t.Errorf("%q", safe)
		}
		if u, err := url.Parse(safe); safe != "" && (err != nil || u.Host != "git.acme.example") {
			t.Errorf("%q leads to %v, %v", safe, u, err)
		}
	})
	for text, want := range map[string]string{
		"https://git.acme.example/a_b/(c)?d=e&f=*": "https://git.acme.example/a%5Fb/%28c%29?d=e&f=%2A",
		"http://[::1]:3000/x":                      "http://[::1]:3000/x",
		"javascript:alert(1)":                      "",
		"https://me:secret@git.acme.example/":      "",
		"//git.acme.example/":                      "",
		"https://a|b/":                             "",
		"":                                         "",
	} {
		if got := safeURL(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever an event says, its line is one line of a bounded length, in each markup, and mentions nobody.
func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Repeat(hostile.Draw(t, "text"), rapid.SampledFrom([]int{1, 100}).Draw(t, "times"))
		e := status.Event{
			Kind: rapid.SampledFrom(status.EventKinds).Draw(t, "kind"), Policies: []string{"web"}, Image: text, Git: text, From: text, To: text, Title: text,
			Why: status.Reason{Detail: text}, Link: status.Link{Text: text, URL: "https://git.acme.example/" + text},
		}
		for name, in := range map[string]markup{"plain": plainMarkup, "slack": slackMarkup, "teams": teamsMarkup, "discord": discordMarkup} {
			line := Channel{}.line(e, in)
			if strings.ContainsAny(line, "\r\n\x00\x1b\u202e\u200b") || len(line) > 2800 {
				t.Errorf("%s: %d bytes: %q", name, len(line), line)
			}
		}
		if line := (Channel{}).line(e, slackMarkup); strings.Contains(line, "<!") || strings.Contains(line, "<@") || strings.Contains(line, "<#") {
			t.Errorf("slack: %q", line)
		}
	})
}
