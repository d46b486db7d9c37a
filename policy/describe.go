package policy

import (
	"fmt"
	"regexp"
	"strings"
)

// isNear reports whether a tag differs from the current one in nothing but numbers inside words or a build.
func (r *round) isNear(tag string) bool {
	if !r.usable {
		return false
	}
	var reader parser
	text, _ := r.policy.filter.text(tag)
	to, f := r.policy.read(&reader, text, nil)
	return f == noFault && sameVariant(r.from, to, true) && samePrecision(r.from, to)
}

// variantDetail says in what the variant of a tag differs from the current one.
func variantDetail(from, to *version, mode Variant) string {
	const newerTakes = "; guard.variant: newer takes it"
	near := mode != NewerVariant && sameVariant(from, to, true) && samePrecision(from, to)
	builds := from.revision && to.revision
	missing, added := difference(from.segments(builds), to.segments(builds)), difference(to.segments(builds), from.segments(builds))
	switch {
	case from.marked && !to.marked:
		return fmt.Sprintf("another variant: the v of %s is missing", from.text)
	case to.marked && !from.marked:
		return fmt.Sprintf("another variant: a v in front, unlike %s", from.text)
	case from.revision && !to.revision && len(missing) == 0:
		return fmt.Sprintf("another variant: revision missing, %s has one; guard.variant: newer does not drop it either", from.text)
	case to.revision && !from.revision && near:
		return fmt.Sprintf("another variant: a revision, and %s has none", from.text) + newerTakes
	case len(missing) == 0 && len(added) == 0 && sameVariant(from, to, true):
		return fmt.Sprintf("another precision: %s, and %s has %s", countNumbers(to), from.text, countNumbers(from))
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
	if near {
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

// segments returns the words of prefix and variant with their separators and the numbers they own, those that count
// builds only if asked for.
func (v *version) segments(builds bool) []string {
	var segments []string
	open := false
	for i, p := range v.parts {
		switch p.kind {
		case revisionWordPart:
			open = false
			if builds {
				segments = append(segments, p.whole(v.text))
			}
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

// ambiguousDetail says which tags.match tells the version from the other numbers.
func ambiguousDetail(text string) string {
	var reader parser
	if _, f := reader.read(text); f != noFault {
		return "no version"
	}
	var numbers []string
	example := ""
	for _, p := range reader.parts {
		if p.kind != ownedPart {
			continue
		}
		numbers = append(numbers, p.of(text))
		if example == "" {
			example = "^" + regexp.QuoteMeta(text[:p.at]) + `(?P<version>[0-9.]+)` + regexp.QuoteMeta(text[p.to:]) + "$"
		}
	}
	return fmt.Sprintf("not clear which number is the version, %s; say so with tags, for example match: '%s', extract: '$version'",
		strings.Join(numbers, " or "), example)
}
