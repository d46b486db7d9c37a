package edit

import (
	"bytes"
	"crypto/sha256"
	"strings"
)

// origin is what Apply needs to know of a file that was searched. All sites of a file share it.
type origin struct {
	data   [sha256.Size]byte // of its bytes
	syntax syntax
	sums   []uint64 // its trace
}

// equal reports whether two searches read the same file in the same way.
func (o *origin) equal(other *origin) bool {
	return o == other || o.data == other.data && o.syntax == other.syntax
}

// place is where and how a site is written.
type place struct {
	origin    *origin
	start     int   // offset of what is written first
	whole     *span // a whole reference, or else its parts
	tag       *span
	digest    *span
	insert    *insertion
	lacks     string // why a tag cannot be added where there is none
	lacksHint string
	target    *target
	beside    *beside // a key for a digest that is not written with it
	aliases   []int   // lines of the aliases that change with it
}

// insertion is where a line with a key for a tag can be put in.
type insertion struct {
	offset  int    // of the line behind the value
	indent  string // what stands before the key
	newline string
	last    bool // the value's line is the last of the file, and no line break ends it
	ordinal int  // of the value
}

// insertionBehind returns where a line with a sibling of a value goes, or nil if there is no safe place: the value must
// be the last thing on its line but for a comment, and its key the first but for the dash of its entry.
func (t *tree) insertionBehind(value *node) *insertion {
	if value.flow || value.kind != scalar || value.key == nil || value.key.line != value.line {
		return nil
	}
	span, refusal := t.span(value)
	if refusal != "" || value.key.offset < 0 {
		return nil
	}
	line := t.starts[lineOf(t.starts, span.start)-1]
	before := string(t.data[line:value.key.offset])
	end := lineEnd(t.data, span.end)
	after := bytes.TrimLeft(t.data[span.end:end], " \t")
	if strings.Trim(before, " -") != "" || len(after) > 0 && after[0] != '#' {
		return nil
	}
	into := &insertion{offset: end, indent: strings.Repeat(" ", len(before)), ordinal: int(value.ordinal), newline: t.newline()}
	if end == len(t.data) {
		into.last = true
		return into
	}
	into.offset += breakLength(t.data, end)
	into.newline = string(t.data[end:into.offset])
	return into
}

// newline returns the line break of the file's first line.
func (t *tree) newline() string {
	if end := lineEnd(t.data, 0); end < len(t.data) {
		return string(t.data[end : end+breakLength(t.data, end)])
	}
	return "\n"
}

// splice is a stretch of bytes to replace, and what must then read there.
type splice struct {
	start, end int
	text       string // the new bytes
	want       string // the scalar that they read as
	ordinal    int    // of the scalar before the edit; of the one before it, if a line is put in
	entry      int    // of the scalar in the trace
	anchor     string
	inserts    bool
	keeps      bool // the bytes are as wanted
	change     int  // index of the change it belongs to

	target        *target // of a text that only its regexp knows:
	group, groups int
	hit           *hit // the match of a regexp that has led to a scalar
}

// splice returns the splice that makes the scalar of s read as text.
func (s span) splice(text string) (splice, string) {
	raw, changed, refusal := s.write(text)
	e := splice{start: s.start, end: s.end, text: raw, want: text, ordinal: s.ordinal, entry: s.entry, anchor: s.anchor}
	e.keeps, e.target, e.group, e.groups = !changed, s.target, s.group, s.groups
	e.hit = s.hit
	return e, refusal
}

// splice returns the splice that puts in the line with a tag.
func (i insertion) splice(tag string) splice {
	raw := tag
	if !isString(tag) {
		raw = `"` + tag + `"` // nothing in a tag needs escapes
	}
	line := i.indent + insertedKey + ": " + raw
	if i.last {
		line = i.newline + line
	} else {
		line += i.newline
	}
	return splice{start: i.offset, end: i.offset, text: line, want: tag, ordinal: i.ordinal, inserts: true}
}
