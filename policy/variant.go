package policy

// walker goes through what makes up the variant of a version: all its parts but the pre-release, the numbers after the
// first, and what the mode leaves open.
type walker struct {
	v     *version
	i     int
	newer bool // builds are left open
}

// next returns the next part of the variant, nil at the end.
func (w *walker) next() *part {
	for w.i < len(w.v.parts) {
		p := &w.v.parts[w.i]
		w.i++
		switch p.kind {
		case stagePart, stageNumberPart:
			continue
		case numberPart:
			if w.i-1 != w.v.firstNumber() {
				continue
			}
		case revisionWordPart, revisionPart, datedPart:
			if w.newer {
				continue
			}
		}
		return p
	}
	return nil
}

// sameVariant reports whether two versions differ in nothing but their numbers, pre-releases, and the numbers of
// builds and commits, or in a build that b may drop. If newer is set, the numbers inside words may have grown from a to
// b, and a revision may have come, but none is dropped: it may have come in place of one that is to be kept.
func sameVariant(a, b *version, newer bool) bool {
	if newer && a.losesBuild(b) {
		return false
	}
	dropped := !newer && a.dropsBuild(b)
	if a.numbers > 1 && b.numbers > 1 && a.joint() != b.joint() {
		return false
	}
	x, y := walker{v: a, newer: newer || dropped}, walker{v: b, newer: newer}
	for {
		p, q := x.next(), y.next()
		if p == nil || q == nil {
			return p == q
		}
		if p.kind != q.kind || !sameText(a, b, p, q, newer) {
			return false
		}
	}
}

// addTo adds to the shape of a variant what a part has in it, numbers being those in front of it. What sameVariant holds
// fixed makes a difference in most cases, anything else in none.
func (p part) addTo(shape uint64, text string, numbers uint8) uint64 {
	held := p.whole(text)
	switch p.kind {
	case stagePart, stageNumberPart:
		return shape
	case numberPart:
		if numbers > 0 {
			return shape
		}
		held = p.separator(text)
	case revisionPart, datedPart, commitPart:
		held = p.separator(text)
	}
	sign := uint64(p.kind)<<32 | uint64(len(held))<<24
	if n := len(held); n > 0 {
		sign |= uint64(held[0])<<16 | uint64(held[n/2])<<8 | uint64(held[n-1])
	}
	return (shape ^ sign) * 0x9e3779b97f4a7c15
}

// dropsBuild reports whether b has higher numbers and no build, where that of a is nothing but a number behind the
// version: publishers who add -1 to a version that they had to build again have no build to write on the next one. A word
// (-r1) or a date is written on all of them.
func (a *version) dropsBuild(b *version) bool {
	if !a.revision || b.revision || compareNumbers(a, b) >= 0 {
		return false
	}
	for i, p := range a.parts {
		switch p.kind {
		case revisionWordPart, datedPart:
			return false
		case revisionPart:
			if before := a.parts[i-1].kind; before != numberPart && before != revisionPart {
				return false
			}
		}
	}
	return true
}

// losesBuild reports whether b has no build and a has one.
func (a *version) losesBuild(b *version) bool { return a.revision && !b.revision }

// sameText compares two parts of one kind by what the variant holds fixed.
func sameText(a, b *version, p, q *part, newer bool) bool {
	switch p.kind {
	case wordPart, revisionWordPart:
		return p.whole(a.text) == q.whole(b.text)
	case ownedPart:
		if !newer {
			return p.whole(a.text) == q.whole(b.text)
		}
		return p.separator(a.text) == q.separator(b.text) && compareDotted(q.of(b.text), p.of(a.text)) >= 0
	}
	return p.separator(a.text) == q.separator(b.text)
}

// firstNumber returns the index of the number that stands in front.
func (v *version) firstNumber() int {
	i := 0
	for v.parts[i].kind != numberPart {
		i++
	}
	return i
}

// joint returns the separator between the first two numbers.
func (v *version) joint() string { return v.parts[v.firstNumber()+1].separator(v.text) }

// samePrecision reports whether a tag of one precision may be followed by one of the other: 1.27 floats and never
// becomes 1.27.4. Full versions follow each other whatever their number of components.
func samePrecision(from, to *version) bool {
	if from.stage != stageFinal && to.stage != stageFinal && from.numbers == to.numbers {
		return true
	}
	if from.stage == stageFinal && to.short() {
		return false // it would lead on to a final release that from must not become
	}
	if from.full() == to.full() {
		return from.full() || from.numbers == to.numbers
	}
	return from.short() && to.numbers >= from.numbers
}

// short reports whether a counted pre-release names one release, but its final release floats: 16rc1 and 16.
func (v *version) short() bool {
	return v.full() && v.stage != stageFinal && v.numbers < fullNumbers && !v.revision && !v.dated
}

// sameOwner reports whether the numbers of two versions belong to the same word, or to none: the 3.20 of alpine3.20 is
// no version to compare with 1.27.4.
func sameOwner(a, b *version) bool {
	if a.borrowed && b.borrowed {
		return a.text[:a.parts[a.firstNumber()].at] == b.text[:b.parts[b.firstNumber()].at]
	}
	return a.borrowed == b.borrowed
}

// sameScheme reports whether the numbers of two versions mean the same: dates are not compared with other numbers, nor
// dates of one length with those of another.
func sameScheme(a, b *version) bool {
	if a.year && b.year {
		return true
	}
	return a.dated == b.dated && (!a.dated || len(a.number(0)) == len(b.number(0)))
}
