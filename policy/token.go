package policy

import "strings"

// maxText is the longest text that is read. A tag has at most 128 characters; only a template can make a longer one.
const maxText = 255

// token is a longest run of letters or of digits, with the separators in front of it: text[from:at] are the
// separators, text[at:to] is the run. A token without a separator in front is glued to the one before.
type token struct {
	from, at, to uint8
	digits       bool
}

func (t *token) glued() bool { return t.from == t.at }

// charClass sorts the bytes a text may have.
type charClass uint8

const (
	otherChar charClass = iota
	letterChar
	digitChar
	separatorChar
)

// charClasses knows the characters of tags, and the plus of semantic versions, which only an extract can bring in.
var charClasses = makeCharClasses()

func makeCharClasses() (table [256]charClass) {
	for c := 'a'; c <= 'z'; c++ {
		table[c], table[c-'a'+'A'] = letterChar, letterChar
	}
	for c := '0'; c <= '9'; c++ {
		table[c] = digitChar
	}
	for _, c := range "._-+" {
		table[c] = separatorChar
	}
	return table
}

// tokenize splits the text into tokens. What it finds is the fault that keeps the text from being a version at all. The
// digits and letters of a commit in the end are one token: a branch with its commit is the commonest tag that is no
// version, and forty hex digits are twenty runs.
func (p *parser) tokenize(text string) fault {
	if len(text) > maxText {
		return tooLong
	}
	tokens, digits := p.tokens[:0], false
	commit := lastCommit(text)
	for i := 0; i < len(text); {
		t := token{from: uint8(i)}
		for i < len(text) && charClasses[text[i]] == separatorChar {
			i++
		}
		t.at = uint8(i)
		if i > 0 && i == commit {
			i = len(text)
		}
		if i < len(text) {
			class := charClasses[text[i]]
			if class == otherChar {
				return strangeCharacter
			}
			t.digits = class == digitChar
			digits = digits || t.digits
			for i < len(text) && charClasses[text[i]] == class {
				i++
			}
		}
		t.to = uint8(i)
		tokens = append(tokens, t)
	}
	p.tokens = tokens
	switch {
	case digits:
		return noFault
	case commit > 0:
		return onlyHash
	}
	return noNumber
}

// lastCommit returns where the commit with digits and letters begins that the text ends with, 0 if it does not.
func lastCommit(text string) int {
	at, digits := len(text), 0
	for ; at > 0; at-- {
		class := charClasses[text[at-1]]
		if class == digitChar {
			digits++
		} else if class != letterChar {
			break
		}
	}
	hex := strings.TrimPrefix(text[at:], "g")
	if at == 0 || digits == 0 || digits == len(hex) || !isCommit(hex) || isNumberedWord(hex) {
		return 0
	}
	return at
}

// isNumberedWord reports whether hex digits are a or b with a number: b2024001 is the beta of that number, not a commit.
func isNumberedWord(hex string) bool { return (hex[0] == 'a' || hex[0] == 'b') && isDecimal(hex[1:]) }

// isHash reports whether the text is nothing but a commit or a digest: 7 to 64 hex digits, not all decimal.
func isHash(text string) bool {
	return len(text) >= 7 && len(text) <= 64 && isHex(text) && !isDecimal(text)
}

// commitAt returns the index of the first token of the commit that the text ends with, or the number of tokens.
func (p *parser) commitAt(text string) int {
	first := len(p.tokens) - 1
	for first > 0 && p.tokens[first].glued() {
		first--
	}
	if first <= 0 {
		return len(p.tokens)
	}
	last := text[p.tokens[first].at:]
	if before := &p.tokens[first-1]; isCommitWord(text[before.at:before.to]) && isCommit(last) {
		return first
	}
	if len(last) > 1 && last[0] == 'g' && isCommit(last[1:]) {
		return first
	}
	if isCommit(last) && !isDecimal(last) && !isNumberedWord(last) {
		return first
	}
	return len(p.tokens)
}

// shortestTime is how many digits the last number has at least that makes what is in front of it a commit: a date.
const shortestTime = 8

// midCommit returns where the commit and the number begin that a text like main-1a2b3c4-1700000000 ends with, zeros if it
// does not. Without a letter it may be anything, unless nothing else is a number: main-1234567-1700000000.
func midCommit(text string) (commit, number int) {
	number = strings.LastIndexAny(text, "-_.") + 1
	if number == 0 || !isDecimal(text[number:]) || len(text)-number < shortestTime {
		return 0, 0
	}
	commit = strings.LastIndexAny(text[:number-1], "-_.") + 1
	hex := text[commit : number-1]
	switch {
	case !isCommit(hex) || !strings.ContainsAny(hex, "0123456789"):
		return 0, 0
	case isDecimal(hex) && (commit == 0 || strings.ContainsAny(text[:commit], "0123456789") || isPackedDate(hex)):
		return 0, 0
	}
	return commit, number
}

func isCommitWord(s string) bool { return s == "sha" || s == "git" || s == "commit" }

func isCommit(s string) bool { return len(s) >= 7 && len(s) <= 40 && isHex(s) }

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

func isDecimal(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
