package policy

import (
	"fmt"
	"regexp"
	"strings"
)

// What a person should write in the policy file where a tag can only be understood by who publishes it. Each advice works
// as it stands: tests compile it and choose with it.

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
			example = matchAdvice(text[:p.at], `(?P<version>[0-9.]+)`, text[p.to:], "$version")
		}
	}
	return fmt.Sprintf("not clear which number is the version, %s; say so with tags, for example %s", strings.Join(numbers, " or "), example)
}

// midCommitDetail says which tags.match tells the time or the count of builds from the commit in front of it.
func midCommitDetail(text string) string {
	commit, last := midCommit(text)
	return "a commit, which has no order, in front of the number that has one; say so with tags, for example " +
		matchAdvice(text[:commit], `[0-9a-f]+`+regexp.QuoteMeta(text[last-1:last])+`(?P<build>[0-9]+)`, "", "$build")
}

// precisionAdvice says how a version that a publisher writes with two numbers and one with three can follow each other.
// Nobody can see from the tags whether 1.27 is such a version or one that moves.
func precisionAdvice(from, to *version) string {
	if min(from.numbers, to.numbers) != fullNumbers-1 {
		return ""
	}
	first, last := len(from.text), 0
	for _, p := range from.parts {
		if p.kind == numberPart {
			first, last = min(first, int(p.at)), max(last, int(p.to))
		}
	}
	return fmt.Sprintf("; guard.variant: any takes it, best with tags.match: '^%s[0-9.]+%s$'",
		regexp.QuoteMeta(from.text[:first]), regexp.QuoteMeta(from.text[last:]))
}

// matchAdvice is the keys of tags that match an expression between two texts.
func matchAdvice(before, expression, behind, extract string) string {
	return fmt.Sprintf("match: '^%s%s%s$', extract: '%s'", regexp.QuoteMeta(before), expression, regexp.QuoteMeta(behind), extract)
}
