package main

import (
	"bufio"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// page writes text for people. On a terminal lines are broken between words, as the terminal would break them anywhere;
// in a pipe a row of a table is one line, whatever its length.
type page struct {
	*bufio.Writer
	width int // of the terminal, 0 for a pipe
	paint func(style, string) string
}

// newPage returns a page on stdout. Its owner has to flush it.
func (a *app) newPage() page {
	p := page{Writer: bufio.NewWriterSize(a.stdout, 64<<10), paint: a.paint}
	if f := terminal(a.stdout); f != nil {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			p.width = columns
		}
	}
	return p
}

// line writes one line as it is.
func (p page) line(text string) {
	p.WriteString(text)
	p.WriteByte('\n')
}

// paragraph writes text that is broken to the width.
func (p page) paragraph(text string) {
	p.wrap(text, 0, 0)
	p.WriteByte('\n')
}

// row is a line of a table: a name, a word about it, and a sentence that explains the word.
type row struct {
	name, word, text string
	style            style // of name and word
}

// gap stands between two columns, and in front of the first.
const gap = 2

// longestName is how far names move the columns behind them to the right in a pipe. On a terminal it is a third of it.
const longestName = 40

// layout is where the columns of a table begin.
type layout struct{ words, texts int }

// leastText is how many columns a terminal must have left for sentences; else they stand below.
const leastText = 20

// table writes rows with the words below each other, and the sentences. A longer name moves only what belongs to it.
func (p page) table(rows []row) {
	longest := longestName
	if p.width > 0 {
		longest = p.width / 3
	}
	at := layoutOf(rows, longest)
	for i := range rows {
		p.row(&rows[i], at)
	}
}

// layoutOf makes room for names up to a length.
func layoutOf(rows []row, longest int) layout {
	names, words := 0, 0
	for i := range rows {
		if n := len(rows[i].name); n <= longest {
			names = max(names, n)
		}
		words = max(words, len(rows[i].word))
	}
	return layout{words: gap + names + gap, texts: gap + names + gap + words + gap}
}

func (p page) row(r *row, columns layout) {
	wordsAt, textAt := columns.words, columns.texts
	p.pad(gap)
	p.set(r.style, r.name)
	at := gap + len(r.name)
	switch {
	case at+gap <= wordsAt:
		p.pad(wordsAt - at)
	case p.width > 0:
		p.newLine(wordsAt)
	default:
		p.pad(gap)
	}
	p.set(r.style, r.word)
	switch {
	case r.text == "":
	case p.width > 0 && p.width-textAt < leastText:
		p.newLine(2 * gap)
		p.wrap(r.text, 2*gap, 2*gap)
	default:
		p.pad(textAt - wordsAt - len(r.word))
		p.wrap(r.text, textAt, textAt)
	}
	p.WriteByte('\n')
}

// set writes text in a style, if it has one.
func (p page) set(s style, text string) {
	if s != "" {
		text = p.paint(s, text)
	}
	p.WriteString(text)
}

// blanks is what pad takes from; longer gaps than that are none to the eye.
const blanks = "                                                                                                                                "

func (p page) pad(n int) {
	for n > 0 {
		m := min(n, len(blanks))
		p.WriteString(blanks[:m])
		n -= m
	}
}

// wrap writes text that begins in column at, with a new line that is indented wherever a word would not fit. A word that
// fits on no line is cut, if it has no colours.
func (p page) wrap(text string, at, indent int) {
	if p.width == 0 {
		p.WriteString(text)
		return
	}
	room := max(p.width-indent, 1)
	first := true
	for word := range strings.FieldsSeq(text) {
		n := columns(word)
		if !first && at+1+n > p.width {
			p.newLine(indent)
			at, first = indent, true
		}
		if !first {
			p.WriteByte(' ')
			at++
		}
		for n > room && n == len(word) && at == indent {
			p.WriteString(word[:room])
			p.newLine(indent)
			word, n = word[room:], n-room
		}
		p.WriteString(word)
		at, first = at+n, false
	}
}

func (p page) newLine(indent int) {
	p.WriteByte('\n')
	p.pad(indent)
}

// columns returns how many columns a word takes: its characters but those that set colours.
func columns(word string) int {
	n := utf8.RuneCountInString(word)
	for {
		_, rest, found := strings.Cut(word, "\x1b[")
		if !found {
			return n
		}
		code, rest, _ := strings.Cut(rest, "m")
		n -= len("\x1b[") + len(code) + len("m")
		word = rest
	}
}
