package edit

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

var byteOrderMark = []byte("\ufeff")

// breakLength returns the length of the line break that begins at data[i], or 0. The breaks are those of yaml.v3: LF,
// CRLF, CR and, beyond YAML 1.2, NEL (U+0085), LS (U+2028) and PS (U+2029). Counting others would put every position
// behind one of them off by a line.
func breakLength(data []byte, i int) int {
	switch data[i] {
	case '\n':
		return 1
	case '\r':
		if i+1 < len(data) && data[i+1] == '\n' {
			return 2
		}
		return 1
	case 0xC2:
		if i+1 < len(data) && data[i+1] == 0x85 {
			return 2
		}
	case 0xE2:
		if i+2 < len(data) && data[i+1] == 0x80 && (data[i+2] == 0xA8 || data[i+2] == 0xA9) {
			return 3
		}
	}
	return 0
}

// lineStarts returns the offset of each line's first byte. A byte order mark is no part of the first line.
func lineStarts(data []byte) []int {
	starts := make([]int, 1, 2+bytes.Count(data, newline))
	if bytes.HasPrefix(data, byteOrderMark) {
		starts[0] = len(byteOrderMark)
	}
	next := lineFeed
	if hasRareBreaks(data) {
		next = anyBreak
	}
	for i := next(data, starts[0]); i > 0; i = next(data, i) {
		starts = append(starts, i)
	}
	return starts
}

// lineFeed returns the offset behind the next LF, or 0. It is the fast way for files without other breaks.
func lineFeed(data []byte, from int) int {
	if i := bytes.IndexByte(data[from:], '\n'); i >= 0 {
		return from + i + 1
	}
	return 0
}

// anyBreak returns the offset behind the next break, or 0.
func anyBreak(data []byte, from int) int {
	end := lineEnd(data, from)
	if end == len(data) {
		return 0
	}
	return end + breakLength(data, end)
}

var newline = []byte("\n")

// hasRareBreaks reports whether a line may end in something else than LF.
func hasRareBreaks(data []byte) bool {
	return bytes.IndexByte(data, '\r') >= 0 || bytes.Contains(data, []byte("\u0085")) ||
		bytes.Contains(data, []byte("\u2028")) || bytes.Contains(data, []byte("\u2029"))
}

// lineOf returns the number of the line that holds an offset, from 1.
func lineOf(starts []int, offset int) int {
	return max(1, sort.SearchInts(starts, offset+1))
}

// lineEnd returns the offset of the break that ends the line of an offset, or the length of data.
func lineEnd(data []byte, offset int) int {
	for offset < len(data) && breakLength(data, offset) == 0 {
		offset++
	}
	return offset
}

// cursor turns lines and columns, which yaml.v3 counts in characters, into offsets. Asked in the order of the file it
// passes over each byte once, so that one line of a megabyte costs no more than many short ones.
type cursor struct {
	data         []byte
	starts       []int
	line, column int // where it stands, from 1; line 0 = nowhere yet
	offset       int
}

// seek returns the offset of a position, or -1 if there is none such.
func (c *cursor) seek(line, column int) int {
	if line < 1 || line > len(c.starts) || column < 1 {
		return -1
	}
	if line != c.line || column < c.column {
		c.line, c.column, c.offset = line, 1, c.starts[line-1]
	}
	for c.column < column {
		if c.offset >= len(c.data) || breakLength(c.data, c.offset) > 0 {
			return -1
		}
		_, size := utf8.DecodeRune(c.data[c.offset:])
		c.offset += size
		c.column++
	}
	return c.offset
}
