package edit

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// search is the reading of one file.
type search struct {
	scanner *Scanner
	file    File
	syntax  syntax
	targets []*target
	tree    *tree
	refs    []*reference
	holders map[*node]*reference // what each value is a part of
	scalars map[extent]*node     // by where their texts are, once asked for
	plains  []extent             // of the plain scalars of YAML, in the order of the file
	found   Found
}

func (s *search) refuse(r Refusal) {
	r.Path = s.file.Path
	if !slices.Contains(s.found.Refused, r) {
		s.found.Refused = append(s.found.Refused, r)
	}
}

func (s *search) note(r Refusal) {
	r.Path = s.file.Path
	s.found.Notes = append(s.found.Notes, r)
}

// add takes a reference that a finder has made out.
func (s *search) add(r *reference) {
	if len(r.names) == 0 {
		return
	}
	s.refs = append(s.refs, r)
	for _, n := range r.parts {
		if n = n.resolved(); s.holders[n] == nil {
			s.holders[n] = r
		}
	}
	for _, n := range []*node{r.whole, r.tag, r.digest} {
		if n != nil {
			s.holders[n.resolved()] = r
		}
	}
}

// run searches the file; byItself tells whether for more than the targets.
func (s *search) run(byItself bool) {
	for _, t := range s.targets {
		s.found.TargetFiles = append(s.found.TargetFiles, TargetFile{Target: t.index, Path: s.file.Path})
	}
	if isPointer(s.file.Data) {
		s.note(Refusal{Reason: "is a Git LFS pointer"})
		return
	}
	data := withoutZeros(s.file.Data)
	screened := unescaped(data)
	plainly := byItself && s.syntax.hasImages(screened) && s.scanner.screen.hits(screened)
	marked := byItself && s.scanner.query.Markers != nil && hasMarker(data)
	if !plainly && !marked && len(s.targets) == 0 {
		return
	}
	if isTemplate(s.file) {
		s.skip(data, "is a template of a Helm chart")
		return
	}
	if reason := obstacle(s.syntax, s.file.Data); reason != "" {
		s.unreadable(data, reason, s.targets)
		return
	}
	err := s.parse()
	switch {
	case err == nil:
		s.read(plainly)
		return
	case bytes.Contains(data, []byte("{{")):
		s.skip(data, "is a template: "+err.Error())
	default:
		s.unreadable(data, err.Error(), s.keyed())
	}
	s.tree = parseRaw(s.file.Data)
	s.read(false) // a regexp needs no file that parses
}

// parse makes the tree, if it is not at hand.
func (s *search) parse() (err error) {
	if s.tree == nil || s.tree.syntax != s.syntax {
		s.tree, err = parse(s.syntax, s.file.Data)
	}
	return err
}

// parse reads a file of a syntax.
func parse(s syntax, data []byte) (*tree, error) {
	switch s {
	case jsonSyntax:
		return parseJSON(data)
	case textSyntax:
		return parseText(data), nil
	case dockerSyntax:
		return parseDockerfile(data), nil
	case rawSyntax:
		return parseRaw(data), nil
	}
	return parseYAML(data)
}

// parseRaw reads nothing: a text of which only lines are known.
func parseRaw(data []byte) *tree {
	return &tree{syntax: rawSyntax, data: data, starts: lineStarts(data)}
}

// isPointer reports whether a file is the pointer that Git keeps in place of a file in LFS.
func isPointer(data []byte) bool { return bytes.HasPrefix(data, []byte("version https://git-lfs")) }

// withoutZeros returns the bytes without NUL, so that the words of a file in UTF-16 are seen too.
func withoutZeros(data []byte) []byte {
	if bytes.IndexByte(data, 0) < 0 {
		return data
	}
	return bytes.ReplaceAll(data, []byte{0}, nil)
}

// obstacle says why the bytes of a file cannot be edited, whatever is in them, or returns "".
func obstacle(s syntax, data []byte) string {
	switch {
	case len(data) > MaxFile:
		return fmt.Sprintf("is larger than %d bytes", MaxFile)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return "is UTF-16, want UTF-8"
	case bytes.IndexByte(data, 0) >= 0:
		return "holds NUL bytes, want UTF-8 text"
	case s == yamlSyntax && bytes.Contains(data, []byte("\n\ufeff")):
		return "has a byte order mark in its middle" // to yaml.v3 a part of the key behind it
	}
	return ""
}

// keyed returns the targets that lead somewhere by a key.
func (s *search) keyed() (keyed []*target) {
	for _, t := range s.targets {
		if t.pattern == nil {
			keyed = append(keyed, t)
		}
	}
	return keyed
}

// unreadable reports a file that cannot be edited: as refused where it is one of targets, or names a sought image.
func (s *search) unreadable(data []byte, reason string, targets []*target) {
	for _, t := range targets {
		s.refuse(Refusal{Image: t.Image, Policy: t.Policy, Reason: reason})
		s.found.TargetFiles[slices.Index(s.targets, t)].Unread = true
	}
	if len(targets) > 0 || s.syntax == jsonSyntax && !bytes.Contains(data, []byte("apiVersion")) {
		return
	}
	if len(s.scanner.screen.images) == 0 {
		s.note(Refusal{Reason: reason})
		return
	}
	if i, line := s.scanner.screen.mentions(data); line > 0 {
		s.refuse(Refusal{Line: line, Image: i, Reason: reason})
	}
}

// skip notes a file that is left out on purpose, if it names a sought image.
func (s *search) skip(data []byte, reason string) {
	if s.scanner.screen.everything() {
		s.note(Refusal{Reason: reason})
		return
	}
	if i, line := s.scanner.screen.mentions(data); line > 0 || len(s.targets) > 0 {
		s.note(Refusal{Line: line, Image: i, Reason: reason})
	}
}

// read looks for references in the parsed file: by their format, by markers, by targets.
func (s *search) read(plainly bool) {
	s.holders = map[*node]*reference{}
	if plainly {
		for _, root := range s.tree.roots {
			s.readDocument(root)
		}
	}
	s.findMarked()
	s.findTargets()
	if plainly {
		s.tellUnfound()
	}
	s.settle()
	byLine := func(a, b Refusal) int { return cmp.Compare(a.Line, b.Line) }
	slices.SortStableFunc(s.found.Refused, byLine)
	slices.SortStableFunc(s.found.Notes, byLine)
}

// holding returns the reference that a value is a part of.
func (s *search) holding(n *node) *reference { return s.holders[n] }
