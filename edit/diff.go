package edit

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff returns the unified diff of two versions of a file with three lines of context, "" when they are equal.
//
// The algorithm holds fast to lines that are the only ones of their kind, of which manifests have few: between two
// changed tags all may be repeated elsewhere. So each line that an edit left where it was is made unique for it.
func Diff(path string, old, new []byte) string {
	if bytes.Equal(old, new) {
		return ""
	}
	before, after := labelled(old, new)
	text := string(diff.Diff(diffName("a/"+path), before, diffName("b/"+path), after))
	var out strings.Builder
	for i, line := range strings.SplitAfter(text, "\n") {
		switch {
		case i == 0: // names the command
		case i > 2 && line != "" && strings.IndexByte(" +-", line[0]) >= 0:
			out.WriteString(line[:1] + line[1+labelWidth:])
		default:
			out.WriteString(line)
		}
	}
	return out.String()
}

// labelWidth is how many bytes are put in front of each line.
const labelWidth = 8

// labelled puts a label in front of each line: a number of its own where the line stands in both versions, else dots.
// Lines are taken for the same while one follows the other, with single lines put in or taken out between them.
func labelled(old, new []byte) (before, after []byte) {
	a, b := bytes.SplitAfter(old, newline), bytes.SplitAfter(new, newline)
	same := func(i, j int) bool { return i < len(a) && j < len(b) && bytes.Equal(a[i], b[j]) }
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		label := strings.Repeat(".", labelWidth)
		takeOld, takeNew := i < len(a), j < len(b)
		switch {
		case same(i, j):
			label = fmt.Sprintf("%0*x", labelWidth, i)
		case same(i, j+1):
			takeOld = false
		case same(i+1, j):
			takeNew = false
		}
		if takeOld {
			before = appendLine(before, label, a[i])
			i++
		}
		if takeNew {
			after = appendLine(after, label, b[j])
			j++
		}
	}
	return before, after
}

// appendLine appends a labelled line. The empty text behind the last line break is no line.
func appendLine(to []byte, label string, line []byte) []byte {
	if len(line) == 0 {
		return to
	}
	return append(append(to, label...), line...)
}

// diffName quotes a name as Git does when it holds what would break the header's line: in C's way, with octal numbers for
// the bytes that have no letter.
func diffName(name string) string {
	odd := func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f || r == utf8.RuneError }
	if !strings.ContainsFunc(name, odd) {
		return name
	}
	var quoted strings.Builder
	for _, c := range []byte(name) {
		letter := strings.IndexByte("\a\b\t\n\v\f\r\"\\", c)
		switch {
		case letter >= 0:
			quoted.WriteByte('\\')
			quoted.WriteByte(`abtnvfr"\`[letter])
		case c >= ' ' && c < 0x7f:
			quoted.WriteByte(c)
		default:
			fmt.Fprintf(&quoted, "\\%03o", c)
		}
	}
	return `"` + quoted.String() + `"`
}
