package edit

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// otherwise matches the plain scalars that YAML reads as something else than a string: those of YAML 1.2's core schema
// and those of YAML 1.1 (null, bool, int, float, timestamp, merge and value of yaml.org/type; floats as all parsers
// read them, with one point), for Git holds files that either kind of parser will read.
var otherwise = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`|~|<<|=`,
	`(?i:null|y|yes|n|no|true|false|on|off)`, // Ruby does not look at the case
	`[-+]?0(?:[bB][-+]?[01]*|[oO][-+]?[0-7]*|[xX][0-9a-fA-F]*)`, // yaml.v3 lets a sign stand inside
	`[-+]?[0-9]+(?::[0-5]?[0-9])*(?:\.[0-9]*)?`,                 // base 60 too: 1:30
	`[-+]?(?:\.[0-9]*|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?`, // to some a point alone is a number
	`[-+]?\.(?i:inf)|(?i:\.nan)`,
	`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}.*)?`,
}, "|") + `)$`)

// lossless matches those of them that come back as they were written: 16, 1.5, true.
var lossless = regexp.MustCompile(`^(?:0|[1-9][0-9]{0,17}|(?:0|[1-9][0-9]{0,7})\.[0-9]{0,7}[1-9]|true|false)$`)

// isString reports whether every YAML parser reads a plain scalar as a string. Numbers may hold underscores anywhere
// but in front.
func isString(plain string) bool {
	if otherwise.MatchString(plain) {
		return false
	}
	bare := strings.ReplaceAll(plain, "_", "")
	return bare == plain || strings.HasPrefix(plain, "_") || !otherwise.MatchString(bare)
}

// losesText reports whether YAML reads a plain scalar as something that no longer tells how it was written: 1.10 is
// 1.1, 0755 is 493, 1e3 is 1000.
func losesText(plain string) bool { return !isString(plain) && !lossless.MatchString(plain) }

// plainWord matches what may stand without quotes wherever a value may, in flow collections too. It is stricter than
// YAML, and wide enough for references, tags and digests.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./](?:[A-Za-z0-9_./@+:=-]*[A-Za-z0-9_./@+=-])?$`)

// bareWord matches what may stand without quotes behind KEY=.
var bareWord = regexp.MustCompile(`^[A-Za-z0-9_./@+:,=-]+$`)

// write returns the bytes that make the scalar of s read as text. It is not changed when it reads so already, and
// refusal says why it cannot be written.
func (s span) write(text string) (raw string, changed bool, refusal string) {
	if text == s.text && !(s.style == plain && s.syntax.hasTypes() && losesText(s.text)) {
		return "", false, ""
	}
	if !utf8.ValidString(text) {
		return "", false, "would hold bytes that are no UTF-8"
	}
	switch {
	case s.syntax == rawSyntax:
		if strings.ContainsFunc(text, unicode.IsControl) {
			return "", false, "would hold control characters"
		}
		if s.around != nil && losesText(s.around.before+text+s.around.behind) {
			return "", false, fmt.Sprintf("would make it %s, which is no text to YAML: put it in quotes", s.around.before+text+s.around.behind)
		}
		return text, true, ""
	case !s.syntax.hasTypes():
		return s.writeAssigned(text)
	case s.syntax == yamlSyntax && s.style == plain && plainWord.MatchString(text) && isString(text):
		return text, true, ""
	case s.syntax == yamlSyntax && s.style == single && fits(text, single):
		return "'" + text + "'", true, ""
	case fits(text, double):
		return `"` + text + `"`, true, ""
	case s.syntax == yamlSyntax && fits(text, single):
		return "'" + text + "'", true, ""
	}
	return "", false, "would need escapes"
}

// fits reports whether a text can stand between quotes as it is. One that needs escapes is not written, for it could not
// be edited again: see [tree.span].
func fits(text string, s style) bool {
	return !strings.ContainsAny(text, s.quote()+`\`) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// hasTypes reports whether a plain scalar may be something else than a string.
func (s syntax) hasTypes() bool { return s == yamlSyntax || s == jsonSyntax }

// writeAssigned writes a word of a KEY=value line or a Dockerfile, which have no escapes that all readers agree on.
func (s span) writeAssigned(text string) (raw string, changed bool, refusal string) {
	quote := s.style.quote()
	if quote == "" && !bareWord.MatchString(text) || strings.ContainsAny(text, "\"'\\$`\r\n") {
		return "", false, "would need escapes"
	}
	return quote + text + quote, true, ""
}
