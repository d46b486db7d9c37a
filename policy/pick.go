package policy

// maxNumbers is how many numbers a version has at most; dotted numbers behind them count builds.
const maxNumbers = 4

// maxWords is how many numbers a calver format has at most.
const maxWords = 6

// fullNumbers is the number of components from which on a tag names one release and does not float.
const fullNumbers = 3

// pick tells which parts are the numbers of the version: parts[lo:hi].
//
// It is the first number that belongs to no word. If there is none, it is the one number that belongs to a word
// (alpine3.20, jdk-17.0.1), or the only one of several that names a full release (jdk-17.0.1-alpine3.20). A build
// directly behind a number that belongs to a word makes that one the version, too (jdk-17.0.1_12).
func (p *parser) pick(text string) (lo, hi int, f fault) {
	owned, full := 0, 0
	lastOwned, lastFull := 0, 0
	for i, part := range p.parts {
		switch part.kind {
		case freePart:
			if p.isBuild(text, i) {
				return i - 1, i, noFault
			}
			lo, hi = p.pickFree(text, i)
			return lo, hi, noFault
		case ownedPart:
			owned, lastOwned = owned+1, i
			if components(part.of(text)) >= fullNumbers {
				full, lastFull = full+1, i
			}
		}
	}
	switch {
	case owned == 1:
		return lastOwned, lastOwned + 1, noFault
	case full == 1:
		return lastFull, lastFull + 1, noFault
	case owned > 1:
		return 0, 0, ambiguous
	}
	return 0, 0, p.noVersion()
}

// isBuild reports whether the number at index i counts builds of the number in front of it, which belongs to a word.
func (p *parser) isBuild(text string, i int) bool {
	if i == 0 || p.parts[i-1].kind != ownedPart {
		return false
	}
	return components(p.parts[i-1].of(text)) >= fullNumbers ||
		p.parts[i].separator(text) == "_" && components(p.parts[i].of(text)) == 1
}

// noVersion says why a text with digits has no number.
func (p *parser) noVersion() fault {
	if len(p.parts) < len(p.tokens) {
		return onlyHash
	}
	return noNumber
}

// isJava reports whether the number at index i is Java's, and the version stands behind it: 8-jre-7.0.4.
func (p *parser) isJava(text string, i int) bool {
	return i+2 < len(p.parts) && components(p.parts[i].of(text)) == 1 && isJavaEdition(p.parts[i+1].of(text)) &&
		p.parts[i+2].kind == ownedPart && components(p.parts[i+2].of(text)) >= fullNumbers
}

// pickFree tells which parts belong to the version that begins with the free number at index i.
func (p *parser) pickFree(text string, i int) (lo, hi int) {
	if p.isJava(text, i) {
		p.parts[i].kind, p.parts[i+2].kind = ownedPart, freePart
		return i + 2, i + 3
	}
	if i+1 >= len(p.parts) || p.parts[i+1].kind != freePart || len(p.parts[i+1].separator(text)) != 1 {
		return i, i + 1
	}
	first, second := p.parts[i].of(text), p.parts[i+1].of(text)
	if isYear(first) && isMonth(second) {
		if i+2 < len(p.parts) && p.parts[i+2].kind == freePart && isDay(p.parts[i+2].of(text)) &&
			p.parts[i+2].separator(text) == p.parts[i+1].separator(text) {
			return i, i + 3
		}
		return i, i + 2
	}
	// 3.10-7.3.14 is version 7.3.14 of something for version 3.10 of something else: the longer number moves, and of two
	// that float the second, 3.10-7.3. But 25.34-25.0.3 counts one thing in two ways, v1.16.2-1.0 is build 1.0, and
	// 8.7-923.1669829893 build 923.1669829893, as no version is that long.
	twoWays := components(first) > 1 && firstNumber(first) == firstNumber(second)
	float := components(first) == 2 && components(second) == 2 && len(second) <= len("99.99")
	if (components(second) > components(first) || float) && !twoWays && !isPackedDate(firstNumber(first)) {
		p.parts[i].kind = ownedPart
		return i + 1, i + 2
	}
	return i, i + 1
}

// finish makes the version of which parts[lo:hi] are the numbers, and whose commit begins with token end.
func (p *parser) finish(text string, lo, hi, end int) *version {
	for i := 2; i < len(p.parts); i++ {
		if p.isOfRuntime(text, i, lo, hi) {
			p.parts[i].kind, p.parts[i].stage = wordPart, 0
			if i+1 < len(p.parts) && p.parts[i+1].kind == stageNumberPart {
				p.parts[i+1].kind = ownedPart
			}
		}
	}
	head, numbers, tail := p.parts[:lo], p.parts[lo:hi], p.parts[hi:]
	start := p.room(len(p.parts) + maxNumbers + 1)
	p.keep(text, head, ownedPart)
	had := len(p.slab)
	for _, number := range numbers {
		p.split(text, number, len(p.slab)-had)
	}
	p.keep(text, tail, revisionPart)
	p.keepCommit(text, end)
	return p.newVersion(text, start)
}

// keep adds parts of prefix or suffix to the slab. Free numbers become what they are there.
func (p *parser) keep(text string, parts []part, free partKind) {
	for i, part := range parts {
		if part.kind == freePart {
			part.kind = free
			if free == revisionPart && precedesStage(text, parts[i+1:]) {
				part.kind = stageNumberPart
			}
		}
		if part.kind == revisionPart && isPackedDate(firstNumber(part.of(text))) {
			part.kind = datedPart
		}
		p.slab = append(p.slab, part)
	}
}

func (p *parser) keepCommit(text string, end int) {
	if end < len(p.tokens) {
		t := p.tokens[end]
		p.slab = append(p.slab, part{kind: commitPart, from: t.from, at: t.at, to: uint8(len(text))})
	}
}

// isOfRuntime reports whether the word at index i is a pre-release word that says something of the runtime in front of
// it, and nothing of the version, of which parts[lo:hi] are the numbers: 1.3.0-python3.15-rc.
func (p *parser) isOfRuntime(text string, i, lo, hi int) bool {
	return p.parts[i].kind == stagePart && p.parts[i-1].kind == ownedPart && !(i-1 >= lo && i-1 < hi) &&
		lookUp(p.parts[i-2].of(text)).class == runtimeWord
}

// precedesStage reports whether a number is that of the pre-release word behind it: 3.2.0-210.4.beta.
func precedesStage(text string, behind []part) bool {
	return len(behind) > 0 && behind[0].kind == stagePart && behind[0].separator(text) == "." &&
		(len(behind) == 1 || behind[1].kind != stageNumberPart)
}

// split appends the numbers of dotted digits, of which the version has had some already; what is too many counts builds.
func (p *parser) split(text string, number part, had int) {
	from, at := number.from, number.at
	for i := int(at); i <= int(number.to); i++ {
		if i < int(number.to) && text[i] != '.' {
			continue
		}
		if had == maxNumbers {
			p.slab = append(p.slab, part{kind: revisionPart, from: from, at: at, to: number.to})
			return
		}
		p.slab = append(p.slab, part{kind: numberPart, from: from, at: at, to: uint8(i)})
		from, at, had = uint8(i), uint8(i+1), had+1
	}
}
