package policy

import "strings"

// parseAs reads a text of which a format reads the numbers, all of them. Prefix, suffix and builds are as in the
// grammar of tags.
func (p *parser) parseAs(f *format, text string) (*version, fault) {
	end, broken := p.read(text)
	if broken != noFault {
		return nil, broken
	}
	var spans [maxWords]span
	for lo := range p.parts {
		to := f.match(text, int(p.parts[lo].at), &spans)
		if to < 0 {
			continue
		}
		for hi := lo; hi < len(p.parts); hi++ {
			if int(p.parts[hi].to) == to {
				return p.finishAs(f, text, lo, hi+1, end, &spans), noFault
			}
		}
	}
	if _, _, broken := p.pick(text); broken != noFault {
		return nil, broken
	}
	return nil, noFit
}

// finishAs makes the version of which parts[lo:hi] are what the format has read.
func (p *parser) finishAs(f *format, text string, lo, hi, end int, spans *[maxWords]span) *version {
	from, behind := p.parts[lo].from, p.parts[hi-1].to
	head, tail := p.parts[:lo], p.parts[hi:]
	start := p.room(len(p.parts) + maxWords + 2)
	p.keep(text, head, ownedPart)
	for i := range f.order {
		p.slab = append(p.slab, part{kind: numberPart, from: from, at: spans[i].from, to: spans[i].to})
		from = spans[i].to
	}
	if from < behind { // fixed text at the end
		p.slab = append(p.slab, part{kind: wordPart, from: from, at: from, to: behind})
	}
	p.keep(text, tail, revisionPart)
	p.keepCommit(text, end)
	v := p.newVersion(text, start)
	index := v.index
	for i, number := range f.order {
		v.index[i] = index[number]
	}
	v.key, v.exact = numberKey(v)
	v.dated = true
	return v
}

// span is where a word of a format was read.
type span struct{ from, to uint8 }

// match reads the format at an offset of the text. It returns where it ends, or -1 if the text does not fit.
func (f *format) match(text string, at int, spans *[maxWords]span) int {
	var d date
	n := 0
	for _, element := range f.elements {
		if element.name == "" {
			if !strings.HasPrefix(text[at:], element.fixed) {
				return -1
			}
			at += len(element.fixed)
			continue
		}
		length := element.length(text[at:])
		if length == 0 || !d.take(element.name, text[at:at+length]) {
			return -1
		}
		spans[n] = span{uint8(at), uint8(at + length)}
		at, n = at+length, n+1
	}
	if !d.exists() {
		return -1
	}
	return at
}

// length returns how many digits of s belong to the word, 0 if they do not fit.
func (e *formatElement) length(s string) int {
	digits := 0
	for digits < len(s) && charClasses[s[digits]] == digitChar {
		digits++
	}
	padded := func(width int) int {
		if digits < width {
			return 0
		}
		return width
	}
	unpadded := func(width int) int {
		if digits == 0 || digits > 1 && s[0] == '0' {
			return 0
		}
		return min(digits, width)
	}
	switch e.name {
	case "YYYY":
		return padded(4)
	case "0Y", "0M", "0W", "0D":
		return padded(2)
	case "YY":
		return unpadded(3)
	case "MM", "WW", "DD":
		if e.glued {
			return padded(2)
		}
		return unpadded(2)
	}
	return digits // MAJOR, MINOR, MICRO
}
