package policy

import (
	"fmt"
	"strings"
)

// distance says how far the variant of a tag is from the current one.
type distance uint8

const (
	nearVariant    distance = iota // only numbers inside words or a build differ
	otherVariant                   // another variant of the same thing
	foreignVariant                 // another precision, or the number of something else
)

func (r *round) distance(tag string) distance {
	var reader parser
	text, _ := r.policy.filter.text(tag)
	to, f := r.policy.read(&reader, text, nil)
	switch {
	case f != noFault || !r.usable || !samePrecision(r.from, to) || !sameOwner(r.from, to):
		return foreignVariant
	case sameVariant(r.from, to, true):
		return nearVariant
	}
	return otherVariant
}

// variantDetail says in what the variant of a tag differs from the current one.
func variantDetail(from, to *version, mode Variant) string {
	const newerTakes = "; guard.variant: newer takes it"
	newer := mode != NewerVariant && sameVariant(from, to, true) && samePrecision(from, to)
	missing, added := difference(from.segments(), to.segments()), difference(to.segments(), from.segments())
	switch {
	case from.marked && !to.marked:
		return fmt.Sprintf("another variant: the v of %s is missing", from.text)
	case to.marked && !from.marked:
		return fmt.Sprintf("another variant: a v in front, unlike %s", from.text)
	case from.dropsBuild(to) && sameVariant(from, to, false):
		return fmt.Sprintf("another variant: revision missing, %s has one; guard.variant: same drops it when the numbers rise", from.text)
	case mode == AnyVariant && from.losesBuild(to):
		return fmt.Sprintf("another variant: revision missing, %s has one", from.text)
	case from.revision && !to.revision && len(missing) == 0:
		return fmt.Sprintf("another variant: revision missing, %s has one; guard.variant: newer does not drop it either", from.text)
	case to.revision && !from.revision && newer:
		return fmt.Sprintf("another variant: a revision, and %s has none", from.text) + newerTakes
	case from.revision && to.revision && len(missing)+len(added) == 0 && newer:
		return fmt.Sprintf("another variant: builds are counted in another way than in %s", from.text) + newerTakes
	case from.borrowed != to.borrowed:
		return fmt.Sprintf("another variant: the version of %s is the number of a word", borrower(from, to).text)
	case len(missing)+len(added) == 0 && sameVariant(from, to, true):
		return fmt.Sprintf("another precision: %s, and %s has %s%s", countNumbers(to), from.text, countNumbers(from), precisionAdvice(from, to))
	}
	s := "another variant: "
	switch {
	case len(missing) > 0 && len(added) > 0:
		s += strings.Join(added, "") + " instead of " + strings.Join(missing, "")
	case len(missing) > 0:
		s += strings.Join(missing, "") + " is missing"
	case len(added) > 0:
		s += strings.Join(added, "") + " is added"
	default:
		s += "the same words in another order, or with other separators"
	}
	if newer {
		s += newerTakes
	}
	return s
}

func countNumbers(v *version) string {
	if v.numbers == 1 {
		return "1 number"
	}
	return fmt.Sprintf("%d numbers", v.numbers)
}

func borrower(a, b *version) *version {
	if a.borrowed {
		return a
	}
	return b
}

// segments returns the words of prefix and variant with their separators and the numbers they own.
func (v *version) segments() []string {
	var segments []string
	open := false
	for i, p := range v.parts {
		switch p.kind {
		case wordPart, ownedPart:
			if i+1 < len(v.parts) && v.parts[i+1].kind == numberPart && isMark(p.of(v.text)) {
				continue
			}
			if open && (p.kind == ownedPart || p.from == p.at) {
				segments[len(segments)-1] += p.whole(v.text)
			} else {
				segments = append(segments, p.whole(v.text))
			}
			open = true
		case commitPart:
			segments = append(segments, p.separator(v.text)+"(commit)")
		default:
			open = false
		}
	}
	return segments
}

// difference returns what a has and b has not, as often as a has it more.
func difference(a, b []string) []string {
	count := make(map[string]int, len(b))
	for _, s := range b {
		count[s]++
	}
	var more []string
	for _, s := range a {
		if count[s]--; count[s] < 0 {
			more = append(more, s)
		}
	}
	return more
}

// askedDetail says why a tag is not taken for a current one that is no version.
func (r *round) askedDetail() string {
	if len(r.asked.words) > 0 && (r.asked.strict || r.asked.tier&otherWords == 0) {
		return fmt.Sprintf("another variant than %s", r.current.Tag)
	}
	return "another variant: plain tags go first where there is no version to start from"
}
