package edit

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// CheckKey reports why key is no path to a value:
//
//	key    = "$" { step }
//	step   = "." name | "[" quoted "]" | "[" digits "]" | "[*]" | "[?(@." name "==" quoted ")]"
//	name   = letters, digits, "_", "-" and "/"
//	quoted = text between two ' or two ", without that quote
func CheckKey(key string) error {
	_, err := parseKey(key)
	return err
}

// keyPath is a parsed key.
type keyPath []step

type stepKind uint8

const (
	byName stepKind = iota
	byIndex
	byAll
	byField
)

// step goes from a value to some of those directly below it.
type step struct {
	kind  stepKind
	name  string // byName: the key; byField: the field that is compared
	text  string // byField: what it must be
	index int
}

func parseKey(key string) (keyPath, error) {
	rest, found := strings.CutPrefix(key, "$")
	if !found {
		return nil, fmt.Errorf("key %q does not begin with $", key)
	}
	var path keyPath
	for rest != "" {
		s, after, err := parseStep(rest)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", key, err)
		}
		path, rest = append(path, s), after
	}
	if len(path) == 0 {
		return nil, fmt.Errorf("key %q names the whole file", key)
	}
	return path, nil
}

func parseStep(s string) (_ step, rest string, _ error) {
	if s[0] == '.' {
		name, rest := cutName(s[1:])
		if name == "" {
			return step{}, "", fmt.Errorf("no name after the dot at %q", s)
		}
		return step{kind: byName, name: name}, rest, nil
	}
	inner, found := strings.CutPrefix(s, "[")
	if !found {
		return step{}, "", fmt.Errorf("want . or [ at %q", s)
	}
	var parsed step
	var err error
	switch {
	case strings.HasPrefix(inner, "*"):
		parsed, rest = step{kind: byAll}, inner[1:]
	case strings.HasPrefix(inner, "?"):
		parsed, rest, err = parseFilter(inner)
	case strings.HasPrefix(inner, "'"), strings.HasPrefix(inner, `"`):
		parsed.name, rest, err = cutQuoted(inner)
	default:
		parsed, rest, err = parseIndex(inner)
	}
	if err != nil {
		return step{}, "", err
	}
	rest, found = strings.CutPrefix(rest, "]")
	if !found {
		return step{}, "", fmt.Errorf("no closing bracket at %q", s)
	}
	return parsed, rest, nil
}

// parseFilter reads ?(@.name=="x").
func parseFilter(s string) (_ step, rest string, _ error) {
	wrong := fmt.Errorf(`want ?(@.name=="x") at %q`, s)
	rest, found := strings.CutPrefix(s, "?(@.")
	if !found {
		return step{}, "", wrong
	}
	name, rest := cutName(rest)
	rest, found = strings.CutPrefix(strings.TrimLeft(rest, " "), "==")
	if name == "" || !found {
		return step{}, "", wrong
	}
	text, rest, err := cutQuoted(strings.TrimLeft(rest, " "))
	if err != nil {
		return step{}, "", err
	}
	rest, found = strings.CutPrefix(rest, ")")
	if !found {
		return step{}, "", wrong
	}
	return step{kind: byField, name: name, text: text}, rest, nil
}

func parseIndex(s string) (_ step, rest string, _ error) {
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	index, err := strconv.Atoi(digits)
	if err != nil {
		return step{}, "", fmt.Errorf("want a quoted name, a number, * or ?(...) at %q", "["+s)
	}
	return step{kind: byIndex, index: index}, s[len(digits):], nil
}

func cutName(s string) (name, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '/')
	})
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:]
}

func cutQuoted(s string) (text, rest string, _ error) {
	if s == "" || s[0] != '\'' && s[0] != '"' {
		return "", "", fmt.Errorf("want a quoted text at %q", s)
	}
	text, rest, found := strings.Cut(s[1:], s[:1])
	if !found {
		return "", "", errors.New("no closing quote")
	}
	return text, rest, nil
}

// maxVisits bounds how many values one key looks at in a file: through aliases, [*] behind [*] multiplies.
const maxVisits = 1 << 20

// match is a value that a key leads to, and the aliases passed on the way there.
type match struct {
	node *node
	via  []*node
	hit  *hit // of the regexp that led there, if one did
}

// find returns the values that the path leads to from a document's root. It gives up when it has looked at too many.
func (p keyPath) find(root *node) (matches []match, tooMany bool) {
	visits := 0
	matches = []match{{node: root}}
	for _, s := range p {
		var next []match
		for _, m := range matches {
			visits += 1 + len(m.node.resolved().content)
			if visits > maxVisits {
				return nil, true
			}
			next = s.from(m, next)
		}
		matches = next
	}
	return matches, false
}

// from appends the values that a step leads to.
func (s step) from(m match, to []match) []match {
	n, via := m.node, m.via
	if n.kind == alias {
		via = append(via[:len(via):len(via)], n)
		n = n.more.target
	}
	switch s.kind {
	case byName:
		if v := n.value(s.name); v != nil {
			to = append(to, match{node: v, via: via})
		}
	case byIndex:
		if n.kind == sequence && s.index < len(n.content) {
			to = append(to, match{node: n.content[s.index], via: via})
		}
	default:
		for _, v := range n.values() {
			if s.kind == byAll || s.accepts(v) {
				to = append(to, match{node: v, via: via})
			}
		}
	}
	return to
}

// accepts reports whether a mapping has the field that the filter asks for.
func (s step) accepts(n *node) bool {
	text, found := n.value(s.name).scalarText()
	return found && text == s.text
}

// values returns the items of a sequence or the values of a mapping.
func (n *node) values() []*node {
	switch n.kind {
	case sequence:
		return n.content
	case mapping:
		values := make([]*node, 0, len(n.content)/2)
		for i := 1; i < len(n.content); i += 2 {
			values = append(values, n.content[i])
		}
		return values
	}
	return nil
}
