package edit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// parsePattern compiles the regexp of a target: RE2, in which ^ and $ match at lines, with one group around what is
// written.
func parsePattern(text string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(text); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	pattern, err := regexp.Compile("(?m)" + text)
	if err != nil {
		return nil, err
	}
	if n := pattern.NumSubexp(); n != 1 {
		return nil, fmt.Errorf("regexp %q has %s, want one around what is written", text, count(n, "group"))
	}
	return pattern, nil
}

// maxGroups bounds how many matches of a regexp are looked at.
const maxGroups = 10_000

// group is what the group of a regexp holds in one match, without a line break at its end.
type group struct {
	extent     // begins at -1 if it has no part in the match
	match  int // offset of the match
}

func (t *target) groups(data []byte) []group {
	text := bytes.TrimPrefix(data, byteOrderMark) // the first line begins behind it
	mark := len(data) - len(text)
	var all []group
	for _, m := range t.pattern.FindAllSubmatchIndex(text, maxGroups) {
		g := group{extent{m[2], m[3]}, mark + m[0]}
		if g.start >= 0 {
			g.start, g.end = mark+g.start, mark+g.end
		}
		for g.start >= 0 && g.end > g.start && (data[g.end-1] == '\n' || data[g.end-1] == '\r') {
			g.end--
		}
		all = append(all, g)
	}
	return all
}

// hit is a match of a target's regexp that has led to a scalar: which one, of how many.
type hit struct {
	target        *target
	group, groups int
	node          *node
}

// findPattern adds the references that the regexp of a target leads to, and returns how many there are.
func (s *search) findPattern(t *target) int {
	groups := t.groups(s.file.Data)
	if !s.expected(t, len(groups), func() int { return lineOf(s.tree.starts, groups[0].match) }) {
		return len(groups)
	}
	for i, g := range groups {
		if g.start < 0 {
			s.refuse(Refusal{Line: lineOf(s.tree.starts, g.match), Image: t.Image, Policy: t.Policy,
				Reason: "matches the regexp without its group"})
			continue
		}
		if n := s.scalarAt(g.extent); n != nil {
			s.addTarget(t, match{node: n, hit: &hit{t, i, len(groups), n}})
			continue
		}
		text := string(s.file.Data[g.start:g.end])
		r := s.newTargeted(t, text)
		r.raw = &span{start: g.start, end: g.end, text: text, syntax: rawSyntax, target: t, group: i, groups: len(groups),
			around: s.plainAround(g.extent)}
		if strings.ContainsAny(text, "\r\n") {
			r.problem = "spans several lines"
		}
		s.refs = append(s.refs, r)
	}
	return len(groups)
}

// scalarAt returns the scalar whose text, with or without its quotes, is a part of the file. Written as a scalar it is
// quoted and proved as one.
func (s *search) scalarAt(g extent) *node {
	if s.scalars == nil {
		s.scalars = map[extent]*node{}
		for _, n := range s.tree.nodes {
			if n.kind != scalar || n.isKey || n.null {
				continue
			}
			if span, refusal := s.tree.span(n); refusal == "" {
				quote := len(n.style.quote())
				s.scalars[extent{span.start, span.end}] = n
				s.scalars[extent{span.start + quote, span.end - quote}] = n
			}
		}
	}
	return s.scalars[g]
}

// plainAround returns what stands around a part of a plain scalar of YAML, nil if it is none.
func (s *search) plainAround(g extent) *around {
	if s.tree.syntax != yamlSyntax {
		return nil
	}
	if s.plains == nil {
		s.plains = []extent{}
		for _, n := range s.tree.nodes {
			if span, refusal := s.tree.span(n); n.kind == scalar && n.style == plain && refusal == "" {
				s.plains = append(s.plains, extent{span.start, span.end})
			}
		}
		slices.SortFunc(s.plains, func(a, b extent) int { return cmp.Compare(a.start, b.start) })
	}
	i, _ := slices.BinarySearchFunc(s.plains, g.start+1, func(e extent, start int) int { return cmp.Compare(e.start, start) })
	if i == 0 || g.end > s.plains[i-1].end {
		return nil
	}
	return &around{string(s.file.Data[s.plains[i-1].start:g.start]), string(s.file.Data[g.end:s.plains[i-1].end])}
}

// stillMatch reports whether after the edits the regexp that has led to what each of them writes leads to just as many
// matches, and this one reads as it was to be written. An edit after which it did not would be the last.
func stillMatch(after []byte, edits []splice) bool {
	for _, e := range edits {
		switch {
		case e.target != nil && e.target.reads(after, e.group, e.groups) != e.want:
			return false
		case e.hit != nil && unquoted(e.hit.target.reads(after, e.hit.group, e.hit.groups)) != e.want:
			return false
		}
	}
	return true
}

// reads returns the text that one match of the regexp leads to, "" unless there are as many as there should be.
func (t *target) reads(data []byte, group, groups int) string {
	all := t.groups(data)
	if len(all) != groups || all[group].start < 0 {
		return ""
	}
	return string(data[all[group].start:all[group].end])
}

// unquoted returns what stands between quotes, where the group of a regexp holds them with the scalar.
func unquoted(raw string) string {
	for _, quote := range []string{`"`, "'"} {
		if inner, found := strings.CutPrefix(raw, quote); found {
			return strings.TrimSuffix(inner, quote)
		}
	}
	return raw
}
