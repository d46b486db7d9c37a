package policy

// fault is why a text is no version.
type fault uint8

const (
	noFault fault = iota
	tooLong
	strangeCharacter
	noNumber
	onlyHash
	commitInside
	ambiguous
	emptyText
	notDigits
	noTime
	noFit
	unmatched
	artifact
)

// partKind is what a part of a text means.
type partKind uint8

const (
	wordPart         partKind = iota // a word of prefix or variant
	ownedPart                        // a number that belongs to the word in front of it: alpine3.18
	numberPart                       // one of the version's numbers
	stagePart                        // a pre-release word
	stageNumberPart                  // its number: rc.1
	revisionWordPart                 // a word that counts builds: r38
	revisionPart                     // a number that counts builds
	datedPart                        // a date that counts builds
	commitPart                       // hex digits of a commit
	freePart                         // a number nothing is known of yet; gone when parsing ends
)

// part is a run of bytes of a text with one meaning: text[from:at] are the separators in front of it, text[at:to] is
// the part itself. The parts of a version follow each other without a gap.
type part struct {
	kind         partKind
	stage        stage // of a stagePart, and of a word of the prefix that is a pre-release word
	from, at, to uint8
}

func (p part) of(text string) string        { return text[p.at:p.to] }
func (p part) separator(text string) string { return text[p.from:p.at] }
func (p part) whole(text string) string     { return text[p.from:p.to] }
func (p part) isRevision() bool             { return p.kind == revisionPart || p.kind == datedPart }

// parser reads versions. It keeps its buffers from one text to the next; the parts of what it has read lie in slabs
// that many versions share.
type parser struct {
	bulk     int // how many versions are allocated at a time
	tokens   []token
	parts    []part
	slab     []part
	versions []version

	// What the walk over one text has seen so far.
	word      wordEntry // the last word
	wordAhead wordEntry // the word before that one
	wordStart uint8     // where it begins, digits inside it included: k3s
	counted   bool      // a number that a pre-release or revision word can refer to
	update    bool      // 8u372: a b behind it counts builds
	dated     bool      // a date or a year: a T behind it begins a time
}

// newParser returns a parser for many texts. One for a single text is the zero value.
func newParser() *parser {
	return &parser{bulk: 512, tokens: make([]token, 0, maxText), parts: make([]part, 0, maxText)}
}

// place returns a version to fill.
func (p *parser) place() *version {
	if len(p.versions) == cap(p.versions) {
		p.versions = make([]version, 0, max(1, p.bulk))
	}
	p.versions = p.versions[:len(p.versions)+1]
	return &p.versions[len(p.versions)-1]
}

// room makes sure that the slab takes n more parts, and returns where they begin.
func (p *parser) room(n int) int {
	if cap(p.slab)-len(p.slab) < n {
		p.slab = make([]part, 0, max(n, 8*p.bulk))
	}
	return len(p.slab)
}

// parse reads a text by the grammar of the package comment.
func (p *parser) parse(text string) (*version, fault) {
	end, f := p.read(text)
	if f != noFault {
		return nil, f
	}
	lo, hi, f := p.pick(text)
	if f != noFault {
		return nil, f
	}
	borrowed := p.parts[lo].kind == ownedPart
	v := p.finish(text, lo, hi, end)
	v.borrowed = borrowed
	return v, noFault
}

// read splits the text into parts, the numbers of the version not yet told from other free ones. It returns the index
// of the token at which the commit begins.
func (p *parser) read(text string) (end int, f fault) {
	if isHash(text) {
		return 0, onlyHash
	}
	if f := p.tokenize(text); f != noFault {
		return 0, f
	}
	if last := &p.tokens[len(p.tokens)-1]; last.digits && last.to-last.at >= shortestTime {
		if _, number := midCommit(text); number > 0 {
			return 0, commitInside
		}
	}
	end = p.commitAt(text)
	p.parts = p.parts[:0]
	p.word, p.wordAhead, p.wordStart = wordEntry{}, wordEntry{}, 0
	p.counted, p.update, p.dated = false, false, false
	for i := 0; i < end; {
		if p.tokens[i].digits {
			i = p.readNumber(text, i, end)
		} else {
			i = p.readWord(text, i, end)
		}
	}
	return end, noFault
}

// readWord reads the letters at token i.
func (p *parser) readWord(text string, i, end int) int {
	t := &p.tokens[i]
	if !t.glued() || i == 0 || len(p.parts) == 0 || p.parts[len(p.parts)-1].kind != wordPart {
		p.wordStart = t.at
	}
	p.word, p.wordAhead = lookUp(text[p.wordStart:t.to]), p.word
	next := part{kind: wordPart, from: t.from, at: t.at, to: t.to}
	switch {
	case p.word.class == letterWord && p.word.stage == stageBeta && p.update && p.counts(i, end):
		next.kind, p.word.class = revisionWordPart, revisionWord
	case !p.counted:
		if p.word.class == prereleaseWord || p.word.class == flavourWord {
			next.stage = p.word.stage
		}
	case p.counts(i, end):
		next.kind, next.stage = stagePart, p.word.stage
		if p.word.class == revisionWord {
			next.kind = revisionWordPart
			p.update = p.update || t.glued() && i > 0 && p.tokens[i-1].digits
		}
	}
	p.parts = append(p.parts, next)
	return i + 1
}

// counts reports whether the word at token i, read into p.word, is a pre-release or revision word by what follows.
func (p *parser) counts(i, end int) bool { return p.countsAs(p.word.class, i, end) }

func (p *parser) countsAs(class wordClass, i, end int) bool {
	number := i+1 < end && p.tokens[i+1].digits
	switch class {
	case prereleaseWord:
		return true
	case flavourWord, revisionWord:
		return number
	case letterWord:
		return number && p.tokens[i+1].glued() && (i+2 >= end || !p.tokens[i+2].glued() || p.tokens[i+2].digits)
	}
	return false
}

// readNumber reads the dotted digits at token i.
func (p *parser) readNumber(text string, i, end int) int {
	j := i + 1
	for j < end && p.tokens[j].digits && p.tokens[j].at == p.tokens[j].from+1 && text[p.tokens[j].from] == '.' {
		j++
	}
	next := part{from: p.tokens[i].from, at: p.tokens[i].at, to: p.tokens[j-1].to}
	head := firstNumber(next.of(text))
	p.dated = p.dated || isYear(head) || isPackedDate(head)
	if j == i+1 && j < end && p.tokens[j].glued() && p.isInsideWord(text, j, end) {
		if !p.tokens[i].glued() || len(p.parts) == 0 {
			p.wordStart = next.at
		}
		next.kind = wordPart
		p.parts = append(p.parts, next)
		return j
	}
	next.kind = p.numberKind(text, &p.tokens[i], next)
	switch next.kind {
	case freePart:
		p.counted = true
	case ownedPart:
		p.counted = p.counted || p.word.class != platformWord && p.word.class != archWord
	}
	p.parts = append(p.parts, next)
	return j
}

// isInsideWord reports whether the letters at token j make the digits in front of them part of a word, as in 32bit and
// k3s. Where they say something about the number (8u372, 16beta1) they do not.
func (p *parser) isInsideWord(text string, j, end int) bool {
	t := &p.tokens[j]
	class := lookUp(text[t.at:t.to]).class
	if class == timeWord {
		return !p.dated
	}
	return !p.countsAs(class, j, end) || class == revisionWord && !p.tokens[j+1].glued()
}

// numberKind tells what the number is by what stands in front of it.
func (p *parser) numberKind(text string, t *token, number part) partKind {
	if len(p.parts) == 0 {
		return freePart
	}
	before := p.parts[len(p.parts)-1]
	switch before.kind {
	case stagePart:
		return stageNumberPart
	case revisionWordPart:
		return revisionPart
	case ownedPart:
		if p.word.class == archWord && number.separator(text) == "_" { // x86_64
			return ownedPart
		}
		return freePart
	case wordPart:
		if t.glued() {
			return p.gluedKind()
		}
		switch p.word.class {
		case platformWord, runtimeWord, archWord:
			if before.to > before.at && !isPackedDate(firstNumber(number.of(text))) {
				return ownedPart
			}
		}
	}
	return freePart
}

// gluedKind tells what a number glued to a word is.
func (p *parser) gluedKind() partKind {
	switch p.word.class {
	case versionWord:
		if p.wordAhead.class != archWord { // arm-v7
			return freePart
		}
	case timeWord:
		if p.dated {
			return revisionPart
		}
	case revisionWord, prereleaseWord, letterWord, flavourWord:
		if !p.counted {
			return freePart
		}
	}
	return ownedPart
}
