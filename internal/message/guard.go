package message

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reserved begins the keys of this program's trailers, in any case.
const Reserved = "Image-Updater-"

// Message returns the text with trailers behind it. It takes any text: a subject becomes one line and is cut where it is
// too long, a body loses what is no text, and a line that Git or this program would misread is indented.
func (t Text) Message(trailers []string) string {
	var b strings.Builder
	b.WriteString(guard(cut(oneLine(t.Subject))))
	b.WriteString("\n\n")
	if body := paragraphs(t.Body); body != "" {
		b.WriteString(body)
		b.WriteString("\n\n")
	}
	for _, line := range trailers {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// oneLine puts a text on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(legible(s)), " ") }

// cut shortens a subject to what fits.
func cut(subject string) string {
	const more = "..."
	if utf8.RuneCountInString(subject) <= maxSubject {
		return subject
	}
	return strings.TrimRight(string([]rune(subject)[:maxSubject-len(more)]), " ") + more
}

// paragraphs returns a body as Git leaves it when somebody amends the commit: no white space at the end of a line, and one
// empty line between two paragraphs.
func paragraphs(body string) string {
	var lines []string
	for line := range strings.SplitSeq(legible(body), "\n") {
		line = strings.TrimRight(line, " \t")
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, guard(line))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// guard indents a line that would be taken for something else where it begins.
func guard(line string) string {
	if strings.HasPrefix(line, "#") || isReserved(line) || endsMessage(line) {
		return " " + line
	}
	return line
}

// isReserved reports whether a line reads as a trailer of ours. Git does not tell upper from lower case.
func isReserved(line string) bool {
	return len(line) >= len(Reserved) && strings.EqualFold(line[:len(Reserved)], Reserved)
}

// endsMessage reports whether Git takes a line for the end of the message: behind three dashes it expects a patch and
// looks for no trailers.
func endsMessage(line string) bool {
	rest, dashes := strings.CutPrefix(line, "---")
	return dashes && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// legible takes out what is no text: control characters, those that turn text around, and broken UTF-8.
func legible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp):
			return -1
		}
		return r
	}, strings.ToValidUTF8(newlines.Replace(s), "\ufffd"))
}

// Line returns what may come from anywhere as a part of one line: escaped as in a Go string, if it holds anything that is
// not to be printed.
func Line(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) < 0 {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}
