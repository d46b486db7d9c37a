package proposal

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/image-updater/image-updater/internal/message"
)

// Texts from outside are written in two ways: as code, inside of which no forge looks for mentions, references, links or
// HTML, or indented, which is code of many lines. What is left are the marks that end code, and cells of tables.

var inCode = strings.NewReplacer("`", `\x60`, "|", `\x7c`)

// code writes any text as code of one line.
func code(s string) string {
	if s = inCode.Replace(message.Line(s)); strings.TrimSpace(s) == "" {
		return "(none)"
	}
	return "`" + s + "`"
}

const (
	// harmless is what a sentence of ours may hold to be written as such: nothing in it is a mark of Markdown anywhere, but
	// inside words that are not there.
	harmlessText = `^(?:[A-Za-z0-9 .,;:'"()/=+>-]|<[0-9= ])*$`
	// linked are the words of harmless letters that forges make links or pictures of: addresses, references, ids of commits,
	// and the names of emoji.
	linkedText = `://|(?i:\bwww\.|\bgh-[0-9]|\b[0-9a-f]{7,}\b|:[a-z0-9+-]+:)`
)

var (
	harmless = regexp.MustCompile(harmlessText)
	linked   = regexp.MustCompile(linkedText)
)

// phrase writes a part of a sentence that may quote texts from outside: as it is where that is safe on any forge, else as
// code.
func phrase(s string) string {
	if harmless.MatchString(s) && !linked.MatchString(s) {
		return s
	}
	return code(s)
}

var (
	address = regexp.MustCompile(`^https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~/?#@!$&+,;=%:-]*)?$`)
	// referring are the pages that show a link to them: a pull request of ours is no news there.
	referring = regexp.MustCompile(`/(?:issues|pulls?|commits?|discussions|merge_requests|pull-requests)/`)
)

const maxAddress = 500

// link writes a link to an address from outside, or nothing if the address could be taken for something else.
func link(label, to string) string {
	if len(to) > maxAddress || !address.MatchString(to) || referring.MatchString(to) {
		return ""
	}
	return "[" + label + "](" + to + ")"
}

// What is shown of a text from outside.
const (
	maxQuotedLines = 30
	maxQuotedLine  = 200
)

// quote writes a text of many lines as code, by indenting it: a line that is indented begins nothing.
func quote(text string) string {
	var lines []string
	for line := range strings.SplitSeq(legible(text), "\n") {
		line = strings.TrimRight(line, " \t")
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		if len(lines) == maxQuotedLines {
			lines = append(lines, "    ...")
			break
		}
		if line != "" {
			line = "    " + cut(line, maxQuotedLine)
		}
		lines = append(lines, line)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// legible takes out what is no text.
func legible(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}

// length counts characters as forges do that count most.
func length(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

const more = "..."

// cut shortens a text to most characters.
func cut(s string, most int) string {
	if length(s) <= most {
		return s
	}
	most -= len(more)
	for i, r := range s {
		if most -= max(utf16.RuneLen(r), 1); most < 0 {
			return strings.TrimRightFunc(s[:i], unicode.IsSpace) + more
		}
	}
	return s
}

// cutMiddle shortens a path: its end tells most.
func cutMiddle(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	runes := []rune(s)
	head := most / 4
	return string(runes[:head]) + more + string(runes[len(runes)-(most-head-len(more)):])
}

// hide writes a line so that readers do not see it. It may hold neither quotes nor two dashes beside each other.
func (l Limits) hide(line string) string {
	if l.Definition {
		return `[//]: # "` + line + `"`
	}
	return "<!-- " + line + " -->"
}
