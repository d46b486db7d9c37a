package edit

import (
	"bytes"
	"strings"
)

// span is the text of a scalar as it stands in the file, its quotes included, with what is needed to write another.
type span struct {
	start, end int
	ordinal    int // of the scalar among the tree's nodes
	entry      int // of the scalar in the trace
	anchor     string
	text       string
	style      style
	syntax     syntax

	target        *target // of a text that only its regexp knows:
	group, groups int     // which match of it, of how many
	around        *around // the plain scalar of YAML that it is a part of, if it is
	hit           *hit    // the match of a regexp that has led to a scalar
}

// around is what stands before and behind a text in the scalar that it is a part of.
type around struct{ before, behind string }

// span locates the text of a scalar. It refuses whatever is not written down exactly as it reads: the bytes to replace
// must be the scalar's own, with nothing but quotes around them.
func (t *tree) span(n *node) (s span, refusal string) {
	switch {
	case n.kind != scalar:
		return span{}, "is no single value"
	case n.tagged:
		return span{}, "has an explicit tag"
	case n.style.block():
		return span{}, "is a block scalar"
	}
	quote := n.style.quote()
	start := t.textStart(n)
	raw := quote + n.text + quote
	if start < 0 || !bytes.HasPrefix(t.data[start:], []byte(raw)) || quote != "" && strings.ContainsAny(n.text, quote+`\`) {
		return span{}, "is written with escapes or over several lines"
	}
	return span{start: start, end: start + len(raw), ordinal: int(n.ordinal), anchor: n.anchor(), text: n.text, style: n.style,
		syntax: t.syntax}, ""
}

// textStart returns the offset of a scalar's own text, behind its anchor and tag, or -1 if they are on other lines.
func (t *tree) textStart(n *node) int {
	i := int(n.offset)
	for i >= 0 && i < len(t.data) && n.hasProperties() && (t.data[i] == '&' || t.data[i] == '!') {
		i += bytes.IndexAny(t.data[i:], " \t\r\n")
		if i < int(n.offset) {
			return -1
		}
		i += len(t.data[i:]) - len(bytes.TrimLeft(t.data[i:], " \t"))
	}
	if i >= len(t.data) {
		return -1
	}
	return i
}

func (n *node) hasProperties() bool { return n.anchor() != "" || n.tagged }

// quote returns what stands on both sides of a scalar.
func (s style) quote() string {
	switch s {
	case single:
		return "'"
	case double:
		return `"`
	}
	return ""
}

// extents are the parts of a file where a # begins no comment.
type extents []extent

type extent struct{ start, end int }

// extents returns what the quoted and block scalars of the tree take up, in the order of the file.
func (t *tree) extents() extents {
	var all extents
	for _, n := range t.nodes {
		if n.kind != scalar || n.style == plain {
			continue
		}
		start := t.textStart(n)
		if start < 0 {
			continue
		}
		if n.style.block() {
			all = append(all, extent{lineEnd(t.data, start), t.blockEnd(n, start)})
		} else {
			all = append(all, extent{start, quotedEnd(t.data, start)})
		}
	}
	return all
}

// quotedEnd returns the offset behind the closing quote of a scalar.
func quotedEnd(data []byte, start int) int {
	quote := data[start]
	for i := start + 1; i < len(data); i++ {
		switch {
		case data[i] == '\\' && quote == '"':
			i++
		case data[i] == quote && quote == '\'' && i+1 < len(data) && data[i+1] == quote:
			i++
		case data[i] == quote:
			return i + 1
		}
	}
	return len(data)
}

// blockEnd returns the offset of the first line that is no part of a block scalar: lines belong to it while they are
// blank or indented as its first one (YAML 1.2.2 section 8.1.1.1).
func (t *tree) blockEnd(n *node, start int) int {
	header := t.data[start:lineEnd(t.data, start)]
	parent := t.parentIndent(n)
	want := -1
	if i := bytes.IndexAny(header, "123456789"); i >= 0 && i <= 2 {
		want = parent + int(header[i]-'0')
	}
	line := lineOf(t.starts, start)
	for ; line < len(t.starts); line++ {
		begin := t.starts[line]
		text := t.data[begin:lineEnd(t.data, begin)]
		trimmed := bytes.TrimLeft(text, " ")
		if len(trimmed) == 0 {
			continue
		}
		indent := len(text) - len(trimmed)
		if want < 0 {
			want = max(indent, parent+1)
		}
		if indent < want || indent == 0 && (bytes.HasPrefix(text, []byte("---")) || bytes.HasPrefix(text, []byte("..."))) {
			return begin
		}
	}
	return len(t.data)
}

// parentIndent returns the indentation of what a block scalar stands in, -1 at the root.
func (t *tree) parentIndent(n *node) int {
	at := n.parent
	if n.key != nil {
		at = n.key
	}
	if at == nil || at.offset < 0 {
		return -1
	}
	return int(at.offset) - t.starts[lineOf(t.starts, int(at.offset))-1]
}

// contain reports whether an offset lies in one of the extents.
func (e extents) contain(offset int) bool {
	low, high := 0, len(e)
	for low < high {
		middle := (low + high) / 2
		if e[middle].end <= offset {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low < len(e) && e[low].start <= offset
}
