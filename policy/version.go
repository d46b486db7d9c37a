package policy

import (
	"cmp"
	"strings"
)

// version is a text read by the grammar: what it means and how it compares. Its parts cover the text without a gap.
type version struct {
	text  string
	parts []part

	shape   uint64          // of the variant: where it differs, the variant does
	key     uint64          // of the numbers: in the order of the versions, equal where it cannot tell
	exact   bool            // key says all about the numbers
	numbers uint8           // how many there are
	index   [maxWords]uint8 // indexes of their parts, from the most significant number on

	stage    stage // stageFinal unless it is a pre-release
	counted  bool  // the pre-release has a number
	channel  bool  // a pre-release word stands in front of the numbers
	marked   bool  // a v stands in front of the numbers
	dated    bool  // the numbers are a date
	year     bool  // the first number is a year
	revision bool  // there is a count of builds
	borrowed bool  // the numbers belong to a word, as there are no others: alpine3.20
	words    bool  // there are words, the v aside, owned numbers or a commit
	own      bool  // under variant any: it is the variant of the current tag

	moment int64 // of newest: microseconds since 1970
}

// newVersion makes the version of a text whose parts lie at the end of the slab. It works out what is asked of a version
// often.
func (p *parser) newVersion(text string, start int) *version {
	parts := p.slab[start:len(p.slab):len(p.slab)]
	v := p.place()
	*v = version{text: text, parts: parts, stage: stageFinal}
	for i, p := range parts {
		v.shape = p.addTo(v.shape, text, v.numbers)
		switch p.kind {
		case wordPart:
			// Only in front of the numbers a word has a stage without being the pre-release.
			v.channel = v.channel || p.stage != 0
			v.words = true
		case ownedPart, commitPart:
			v.words = true
		case numberPart:
			if v.numbers == 0 && i > 0 && isMark(parts[i-1].of(text)) {
				v.marked = true
				v.words = i > 1
			}
			v.index[v.numbers] = uint8(i)
			v.numbers++
		case stagePart:
			if v.stage == stageFinal {
				v.stage = p.stage
			}
		case stageNumberPart:
			v.counted = true
		case revisionPart, datedPart:
			v.revision = true
		}
	}
	v.key, v.exact = numberKey(v)
	head := v.number(0)
	v.year = isYear(head)
	v.dated = isPackedDate(head) || v.year && v.numbers > 1 && isMonth(v.number(1))
	return v
}

// isMark reports whether a word in front of a number does nothing but say that a version follows.
func isMark(word string) bool { return word == "v" || word == "V" }

// number returns the digits of number i, "" if there is none.
func (v *version) number(i int) string {
	if i >= int(v.numbers) {
		return ""
	}
	return v.parts[v.index[i]].of(v.text)
}

// full reports whether the tag names one release and does not float: three numbers, or a build or date or a counted
// pre-release.
func (v *version) full() bool {
	return v.numbers >= fullNumbers || v.revision || v.dated || v.stage != stageFinal && v.counted
}

// plain reports whether there is nothing but a version, perhaps behind a v.
func (v *version) plain() bool { return !v.words }

// numberKey packs the first three numbers into an integer that orders as they do. A number that does not fit ends it:
// the key is the largest then, all behind it is left to the slow comparison.
func numberKey(v *version) (key uint64, exact bool) {
	shift := uint(64)
	for i, bits := range keyBits {
		shift -= bits
		limit := uint64(1)<<bits - 1
		n := clamp(v.number(i), limit)
		key |= n << shift
		if n == limit {
			return key, false
		}
	}
	return key, int(v.numbers) <= len(keyBits)
}

// keyBits is the room of each number in a key: packed dates need most in front, the others are small.
var keyBits = [fullNumbers]uint{32, 16, 16}

// clamp returns the value of digits, at most limit.
func clamp(digits string, limit uint64) uint64 {
	if len(digits) <= 9 { // cannot overflow
		return min(uint64(small(digits)), limit)
	}
	n := uint64(0)
	for i := range len(digits) {
		d := uint64(digits[i] - '0')
		if n > (limit-d)/10 {
			return limit
		}
		n = n*10 + d
	}
	return n
}

// compareDigits compares two numbers of any length. Zeros in front do not count, no digits are zero.
func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return strings.Compare(a, b)
}

// compareDotted compares dotted digits number by number; a missing one comes before any.
func compareDotted(a, b string) int {
	for a != "" && b != "" {
		x, y := firstNumber(a), firstNumber(b)
		if c := compareDigits(x, y); c != 0 {
			return c
		}
		a, b = strings.TrimPrefix(a[len(x):], "."), strings.TrimPrefix(b[len(y):], ".")
	}
	return cmp.Compare(len(a), len(b))
}

// compareNumbers compares the numbers of two versions; missing ones are zero.
func compareNumbers(a, b *version) int {
	if a.key != b.key || a.exact && b.exact {
		return cmp.Compare(a.key, b.key)
	}
	for i := range max(int(a.numbers), int(b.numbers)) {
		if c := compareDigits(a.number(i), b.number(i)); c != 0 {
			return c
		}
	}
	return 0
}

// compareStages compares how far two versions of the same numbers are from the final release: rc9, rc10, final.
func compareStages(a, b *version) int {
	if a.stage == stageFinal && b.stage == stageFinal {
		return 0
	}
	i, j := a.nextStage(0), b.nextStage(0)
	for i < len(a.parts) || j < len(b.parts) {
		if c := cmp.Compare(a.stageAt(i), b.stageAt(j)); c != 0 {
			return c
		}
		if c := compareDotted(a.stageNumber(i), b.stageNumber(j)); c != 0 {
			return c
		}
		i, j = a.nextStage(i+1), b.nextStage(j+1)
	}
	return 0
}

// nextStage returns the index of the first pre-release word from i on, or the number of parts.
func (v *version) nextStage(i int) int {
	for i < len(v.parts) && v.parts[i].kind != stagePart {
		i++
	}
	return i
}

func (v *version) stageAt(i int) stage {
	if i >= len(v.parts) {
		return stageFinal
	}
	return v.parts[i].stage
}

// stageNumber returns the number of the pre-release word at index i: behind it (rc.1) or in front (210.4.beta).
func (v *version) stageNumber(i int) string {
	if i+1 < len(v.parts) && v.parts[i+1].kind == stageNumberPart {
		return v.parts[i+1].of(v.text)
	}
	if i < len(v.parts) && v.parts[i-1].kind == stageNumberPart {
		return v.parts[i-1].of(v.text)
	}
	return ""
}

// compareRevisions compares the counts of builds one after the other; none comes before any.
func compareRevisions(a, b *version) int {
	if !a.revision || !b.revision {
		return compareBool(a.revision, b.revision)
	}
	return comparePartsOf(a, b, part.isRevision)
}

// compareOwned compares the numbers that belong to words one after the other.
func compareOwned(a, b *version) int {
	return comparePartsOf(a, b, func(p part) bool { return p.kind == ownedPart })
}

func comparePartsOf(a, b *version, wanted func(part) bool) int {
	next := func(v *version, i int) int {
		for i < len(v.parts) && !wanted(v.parts[i]) {
			i++
		}
		return i
	}
	i, j := next(a, 0), next(b, 0)
	for i < len(a.parts) && j < len(b.parts) {
		if c := compareDotted(a.parts[i].of(a.text), b.parts[j].of(b.text)); c != 0 {
			return c
		}
		i, j = next(a, i+1), next(b, j+1)
	}
	return compareBool(i < len(a.parts), j < len(b.parts))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
