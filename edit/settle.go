package edit

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/image-updater/image-updater/image"
)

// settle turns the references that are sought into sites or refusals.
func (s *search) settle() {
	uses := s.usesOf()
	var from *origin
	var printed trace
	seen := map[wanted]bool{}
	for _, r := range s.refs {
		i, as, sought := s.scanner.screen.sought(r)
		if !sought || r.gone {
			continue
		}
		key := r.wanted(i)
		if seen[key] {
			continue // come to by an alias
		}
		seen[key] = true
		refusal := Refusal{Line: s.lineOf(r), Image: i, Policy: r.policy}
		if refusal.Reason, refusal.Hint = s.reject(r, as, uses); refusal.Reason != "" {
			refusal.Variable = r.variable && as.suffix == "" && (r.format == Compose || r.format == Dockerfile)
			if refusal.Variable {
				refusal.Hint = variableHint
			}
			s.refuse(refusal)
			continue
		}
		if from == nil {
			printed = traceOf(s.tree, nil)
			from = &origin{data: sha256.Sum256(s.tree.data), syntax: s.tree.syntax, sums: printed.sums}
		}
		at, reason := s.placeOf(r, printed.entries)
		if reason != "" {
			refusal.Reason = reason
			s.refuse(refusal)
			continue
		}
		at.origin = from
		s.found.Sites = append(s.found.Sites, s.siteOf(r, i, as.text, at))
	}
	s.order()
}

// wanted is what tells one reference from another: its image, and the values that hold what is written.
type wanted struct {
	image              image.Repository
	whole, tag, digest *node
	raw                *span
	name               *node // of a reference that has none of them
	target             *target
}

func (r *reference) wanted(i image.Repository) wanted {
	w := wanted{i, r.whole.resolved(), r.tag.resolved(), r.digest.resolved(), r.raw, nil, r.target}
	if w.whole == nil && w.tag == nil && w.digest == nil && w.raw == nil {
		w.name = r.parts[0].resolved()
	}
	return w
}

// lineOf returns where a reference is reported: at what is written first.
func (s *search) lineOf(r *reference) int {
	if r.raw != nil {
		return lineOf(s.tree.starts, r.raw.start)
	}
	for _, n := range append([]*node{r.whole, r.tag, r.digest}, r.parts...) {
		if n != nil {
			return int(n.line)
		}
	}
	return 0
}

// reject says why a reference cannot be edited safely, or returns "".
func (s *search) reject(r *reference, as spelling, uses map[*node]*use) (reason, hint string) {
	if r.problem != "" {
		return r.problem, r.hint
	}
	if as.suffix != "" {
		return fmt.Sprintf("its name %s has a variable or template in it", as.text), ""
	}
	nodes := append([]*node{r.whole, r.tag, r.digest, r.behind}, r.parts...)
	for _, n := range append(nodes, r.via...) {
		if reason := obstructed(n); reason != "" {
			return reason, ""
		}
		if reason := obstructed(n.resolved()); reason != "" {
			return reason, ""
		}
	}
	for _, n := range []*node{r.whole, r.tag, r.digest} {
		if reason := s.shared(n.resolved(), uses); reason != "" {
			return reason, "write it out where it is meant to differ"
		}
	}
	return "", ""
}

// obstructed says what is wrong with the keys that lead to a node: one that stands twice, of which readers take the
// first or the last, or one that is a template.
func obstructed(n *node) string {
	for ; n != nil; n = n.parent {
		if n.repeated {
			return fmt.Sprintf("the key %.80q stands more than once in its mapping, on line %d", n.key.text, n.key.line)
		}
		if n.key != nil && variableProblem(n.key.text) != "" {
			return fmt.Sprintf("the key on line %d %s", n.key.line, variableProblem(n.key.text))
		}
	}
	return ""
}

// use is how the file uses a value that is to be written.
type use struct {
	at    map[*node]bool // the places at which it is read as part of a reference: the value itself, and aliases of it
	part  part
	image image.Repository
	other string // what else it is used as, "" if nothing
	asked bool   // other is settled
}

// usesOf returns the uses of all values that references would write, sought or not: one scalar can serve two images.
func (s *search) usesOf() map[*node]*use {
	uses := map[*node]*use{}
	for _, r := range s.refs {
		i, _, found := s.scanner.screen.sought(r)
		if !found {
			i = r.names[0].repository
		}
		for _, n := range []*node{r.whole, r.tag, r.digest} {
			if n == nil {
				continue
			}
			scalar := n.resolved()
			u := uses[scalar]
			if u == nil {
				u = &use{at: map[*node]bool{}, part: r.partOf(scalar), image: i}
				uses[scalar] = u
			}
			u.at[n] = true
			switch part := r.partOf(scalar); {
			case u.image != i:
				u.other = fmt.Sprintf("serves both %s and, on line %d, %s", u.image.Familiar(), n.line, i.Familiar())
			case u.part != part && r.target == nil:
				u.other = fmt.Sprintf("serves both as %s and, on line %d, as %s", u.part.noun(), n.line, part.noun())
			}
		}
	}
	return uses
}

// shared says what else than a reference to its image a value is used as, or returns "". An anchor may be edited when
// every alias of it is used as the anchored value is.
func (s *search) shared(scalar *node, uses map[*node]*use) string {
	u := uses[scalar]
	if u == nil || u.asked || u.other != "" {
		return u.reason()
	}
	u.asked = true
	for _, user := range s.tree.users[scalar] {
		if !u.at[user] {
			u.other = fmt.Sprintf("has the anchor &%s, and its alias on line %d is used as something else", scalar.anchor(), user.line)
			return u.other
		}
	}
	if !u.at[scalar] && !isDefinition(scalar) {
		u.other = fmt.Sprintf("is an alias of line %d, which is used as something else", scalar.line)
	}
	return u.other
}

func (u *use) reason() string {
	if u == nil {
		return ""
	}
	return u.other
}

// isDefinition reports whether a value stands where files keep what only their aliases use: below a top-level key that
// begins with x- or a dot.
func isDefinition(n *node) bool {
	for n.parent != nil && n.parent.parent != nil {
		n = n.parent
	}
	return n.key != nil && (strings.HasPrefix(n.key.text, "x-") || strings.HasPrefix(n.key.text, "."))
}

// siteOf describes a reference to the outside, but for its line and column.
func (s *search) siteOf(r *reference, i image.Repository, name string, at *place) Site {
	return Site{Path: s.file.Path, Format: r.format, Image: i, Name: name, Tag: r.oldTag, Digest: r.oldDigest,
		Named: r.named, Policy: r.policy, at: at}
}

// order sorts the sites and says where they are. In the order of the file each character of a line is counted once.
func (s *search) order() {
	sites := s.found.Sites
	slices.SortStableFunc(sites, func(a, b Site) int { return cmp.Compare(a.at.start, b.at.start) })
	line, offset, column := 0, 0, 1
	for i := range sites {
		at := sites[i].at.start
		if l := lineOf(s.tree.starts, at); l != line {
			line, offset, column = l, s.tree.starts[l-1], 1
		}
		column += utf8.RuneCount(s.tree.data[offset:at])
		offset = at
		sites[i].Line, sites[i].Column = line, column
	}
}

// placeOf locates what is to be written for a reference; entries tell where in the trace each node is.
func (s *search) placeOf(r *reference, entries []int) (*place, string) {
	p := &place{start: -1, lacks: r.lacks, lacksHint: r.lacksHint, target: r.target}
	for _, value := range []struct {
		n  *node
		to **span
	}{{r.whole, &p.whole}, {r.tag, &p.tag}, {r.digest, &p.digest}} {
		if value.n == nil {
			continue
		}
		n := value.n.resolved()
		span, refusal := s.tree.span(n)
		if refusal != "" {
			return nil, refusal
		}
		span.entry = entries[n.ordinal]
		if r.hit != nil && r.hit.node == n {
			span.hit = r.hit
		}
		if p.start < 0 {
			p.start = span.start
		}
		*value.to = &span
		p.aliases = append(p.aliases, s.aliasesOf(n)...)
	}
	if r.behind != nil {
		p.insert = s.tree.insertionBehind(r.behind)
		if p.insert == nil {
			p.lacks, p.lacksHint = "it has no "+insertedKey+", and there is no safe place to put one in",
				"add one: "+insertedKey+`: ""`
		}
	}
	if r.raw != nil {
		p.whole, p.start = r.raw, r.raw.start
	}
	if p.start < 0 {
		p.start = max(0, int(r.parts[0].offset))
	}
	if r.beside != nil && !s.writtenBeside(r.beside) {
		p.beside = r.beside
	}
	slices.Sort(p.aliases)
	p.aliases = slices.Compact(p.aliases)
	return p, ""
}

// maxNamed is how many lines of aliases a note names.
const maxNamed = 8

// aliasesOf returns the lines of the aliases through which an edit of a value shows elsewhere.
func (s *search) aliasesOf(n *node) []int {
	var lines []int
	for ; n != nil && len(s.tree.users) > 0; n = n.parent {
		for _, user := range s.tree.users[n] {
			if len(lines) > maxNamed {
				return lines
			}
			lines = append(lines, int(user.line))
		}
	}
	return lines
}
