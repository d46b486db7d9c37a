package edit

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// diffContext is how many lines around a change are shown.
const diffContext = 3

// Diff returns the unified diff of two versions of a file, "" when they are equal.
func Diff(path string, old, new []byte) string {
	if bytes.Equal(old, new) {
		return ""
	}
	var out strings.Builder
	out.WriteString("--- " + diffName("a/"+path) + "\n+++ " + diffName("b/"+path) + "\n")
	writeHunks(&out, diffLines(splitLines(old), splitLines(new)))
	return out.String()
}

// splitLines returns the lines with their breaks. The empty text behind the last break is no line.
func splitLines(data []byte) [][]byte {
	lines := bytes.SplitAfter(data, newline)
	if last := len(lines) - 1; len(lines[last]) == 0 {
		return lines[:last]
	}
	return lines
}

// diffLine is a line of one version or of both.
type diffLine struct {
	sign byte // '-' for the old one, '+' for the new one, ' ' for both
	text []byte
}

// diffLines returns the lines of both versions. Between two that both have, those of the old version come first.
func diffLines(old, new [][]byte) []diffLine {
	all := make([]diffLine, 0, len(old)+8)
	var added []diffLine
	for len(old) > 0 || len(new) > 0 {
		out, in := apart(old, new)
		for _, line := range old[:out] {
			all = append(all, diffLine{'-', line})
		}
		for _, line := range new[:in] {
			added = append(added, diffLine{'+', line})
		}
		old, new = old[out:], new[in:]
		if out == 0 && in == 0 {
			all = append(append(all, added...), diffLine{' ', old[0]})
			added, old, new = added[:0], old[1:], new[1:]
		}
	}
	return append(all, added...)
}

// maxApart is how many lines are passed over in search of one that both versions have. Edits replace single lines and put
// in single lines, so it is next to them.
const maxApart = 8

// apart returns how many lines of either version come before the next that both have: as few as can be. If it is too far
// away, a line has taken the place of another.
func apart(old, new [][]byte) (out, in int) {
	for both := range maxApart + 1 {
		for out := range both + 1 {
			if in := both - out; out < len(old) && in < len(new) && bytes.Equal(old[out], new[in]) {
				return out, in
			}
		}
	}
	return min(1, len(old)), min(1, len(new))
}

// writeHunks writes the lines that differ with what is around them.
func writeHunks(to *strings.Builder, lines []diffLine) {
	oldLine, newLine := 0, 0 // ahead of the hunk
	for done := 0; ; {
		first := done
		for first < len(lines) && lines[first].sign == ' ' {
			first++
		}
		if first == len(lines) {
			return
		}
		last := first
		for i := first; i < len(lines) && i <= last+2*diffContext; i++ {
			if lines[i].sign != ' ' {
				last = i
			}
		}
		start := max(done, first-diffContext)
		oldLine, newLine = oldLine+start-done, newLine+start-done
		done = min(len(lines), last+1+diffContext)
		oldLine, newLine = writeHunk(to, lines[start:done], oldLine, newLine)
	}
}

// writeHunk writes a hunk behind so many lines of either version, and returns how many there are behind it.
func writeHunk(to *strings.Builder, lines []diffLine, oldLine, newLine int) (int, int) {
	oldCount, newCount := len(lines), len(lines)
	for _, line := range lines {
		switch line.sign {
		case '-':
			newCount--
		case '+':
			oldCount--
		}
	}
	fmt.Fprintf(to, "@@ -%d,%d +%d,%d @@\n", oldLine+min(1, oldCount), oldCount, newLine+min(1, newCount), newCount)
	for _, line := range lines {
		to.WriteByte(line.sign)
		to.Write(line.text)
		if !bytes.HasSuffix(line.text, newline) {
			to.WriteString("\n\\ No newline at end of file\n")
		}
	}
	return oldLine + oldCount, newLine + newCount
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
