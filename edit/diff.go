package edit

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff returns the unified diff of two versions of a file with three lines of context, "" when they are equal.
func Diff(path string, old, new []byte) string {
	before, after := diffName("a/"+path), diffName("b/"+path)
	text := diff.Diff(before, old, after, new)
	_, text, _ = bytes.Cut(text, []byte("\n")) // the line that names the command
	return string(text)
}

// diffName quotes a name as Git does when it holds what would break the header's line.
func diffName(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }) {
		return strconv.Quote(name)
	}
	return name
}
