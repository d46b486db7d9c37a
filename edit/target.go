package edit

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// target is a Target ready to be looked for.
type target struct {
	Target
	index   int     // in Query.Targets
	path    keyPath // or else:
	pattern *regexp.Regexp
	value   valueTemplate
}

func compileTarget(index int, t Target) (*target, error) {
	var errs []error
	wrong := func(field string, err error) {
		if err != nil {
			errs = append(errs, &TargetError{Index: index, Field: field, Err: err})
		}
	}
	compiled := &target{Target: t, index: index}
	wrong("file", CheckGlob(t.File))
	var err error
	switch {
	case t.Key != "" && t.Regexp != "":
		wrong("regexp", errors.New("stands beside a key, want one of them"))
	case t.Regexp != "":
		compiled.pattern, err = parsePattern(t.Regexp)
		wrong("regexp", err)
	case t.Key != "":
		compiled.path, err = parseKey(t.Key)
		wrong("key", err)
	default:
		wrong("key", errors.New("is missing, and there is no regexp either"))
	}
	compiled.value, err = parseValue(t.Value)
	wrong("value", err)
	if t.Expect < 0 {
		wrong("expect", fmt.Errorf("%d is less than 0", t.Expect))
	}
	compiled.Expect = max(1, t.Expect)
	return compiled, errors.Join(errs...)
}

// targetIndex finds the targets whose glob matches a file, by the folder that the glob begins with. Thousands of targets
// cost a file no more than its depth.
type targetIndex map[string][]*target

func indexTargets(targets []*target) targetIndex {
	index := targetIndex{}
	for _, t := range targets {
		folder := literalFolder(t.File)
		index[folder] = append(index[folder], t)
	}
	return index
}

// literalFolder returns the folder of a glob as far as it holds no special character, with a slash; "" for the root.
func literalFolder(glob string) string {
	if i := strings.IndexAny(glob, globSpecial); i >= 0 {
		glob = glob[:i]
	}
	return glob[:strings.LastIndexByte(glob, '/')+1]
}

// of returns the targets of a file in the order of the query.
func (x targetIndex) of(path string) []*target {
	var matching []*target
	if len(x) == 0 {
		return nil
	}
	for end := 0; ; {
		for _, t := range x[path[:end]] {
			if matchGlob(t.File, path) {
				matching = append(matching, t)
			}
		}
		next := strings.IndexByte(path[end:], '/')
		if next < 0 {
			break
		}
		end += next + 1
	}
	slices.SortFunc(matching, func(a, b *target) int { return cmp.Compare(a.index, b.index) })
	return matching
}

// findTargets adds the references that targets lead to, to those that were found by themselves.
func (s *search) findTargets() {
	for i, t := range s.targets {
		file := &s.found.TargetFiles[i]
		switch {
		case t.pattern != nil:
			file.Matches = s.findPattern(t)
		case s.tree.syntax.hasTypes():
			file.Matches = s.findKey(t)
		case s.syntax == textSyntax || s.syntax == dockerSyntax:
			s.refuse(Refusal{Image: t.Image, Policy: t.Policy, Reason: "is neither YAML nor JSON, where a key leads somewhere",
				Hint: "use a regexp"})
			file.Unread = true
		}
	}
}

// findKey adds the references that the key of a target leads to, and returns how many there are.
func (s *search) findKey(t *target) int {
	matches := s.matchesOf(t)
	if s.expected(t, len(matches), func() int { return int(matches[0].node.line) }) {
		for _, m := range matches {
			s.addTarget(t, m)
		}
	}
	return len(matches)
}

// expected reports whether a target matches as often as it should, if it matches at all.
func (s *search) expected(t *target, matches int, line func() int) bool {
	if matches == 0 || matches == t.Expect {
		return true
	}
	s.refuse(Refusal{Line: line(), Image: t.Image, Policy: t.Policy,
		Reason: fmt.Sprintf("%s matches %s, want %d", t.way(), count(matches, "time"), t.Expect),
		Hint:   "make it narrower, or say with `expect` how many matches are right"})
	return false
}

// way names the key or regexp.
func (t *target) way() string {
	if t.pattern != nil {
		return "regexp " + t.Regexp
	}
	return "key " + t.Key
}

// matchesOf returns the values that a target's key leads to, each of them once.
func (s *search) matchesOf(t *target) []match {
	var distinct []match
	seen := map[*node]bool{}
	for _, root := range s.tree.roots {
		matches, tooMany := t.path.find(root)
		if tooMany {
			s.refuse(Refusal{Image: t.Image, Policy: t.Policy, Reason: fmt.Sprintf("key %s visits too many values", t.Key)})
			return nil
		}
		for _, m := range matches {
			if n := m.node.resolved(); !seen[n] {
				seen[n] = true
				distinct = append(distinct, m)
			}
		}
	}
	return distinct
}

// addTarget adds the reference that a target makes of a value. Where the value is found by itself and would be written
// the same way, the two are one.
func (s *search) addTarget(t *target, m match) {
	n := m.node.resolved()
	other := s.holding(n)
	if other != nil && !other.mayName(t.Image) {
		s.refuse(Refusal{Line: int(m.node.line), Image: t.Image, Policy: t.Policy,
			Reason: fmt.Sprintf("target of %s leads to a reference to %s", t.Image.Familiar(), other.names[0].text)})
		return
	}
	if other != nil && other.target == nil && t.writesLike(other, n) && (other.policy == "" || other.policy == t.Policy) {
		other.name(t.Policy, t.Image)
		other.hit = m.hit
		return
	}
	text, found := n.scalarText()
	r := s.newTargeted(t, text)
	r.whole, r.via, r.hit = m.node, m.via, m.hit
	if !found {
		r.problem = notScalar(n)
	}
	s.refs = append(s.refs, r)
}

// newTargeted returns the reference that a target makes of a text.
func (s *search) newTargeted(t *target, text string) *reference {
	r := &reference{format: Targeted, target: t, problem: variableProblem(text)}
	name := t.Image.Familiar()
	var spelled string
	spelled, r.oldTag, r.oldDigest = t.value.read(text)
	if spelled != "" {
		name = spelled
	}
	r.names = []spelling{{text: name, repository: t.Image}}
	if written, err := image.ParseRepository(name); r.problem == "" && t.value.wants("{image}") && (err != nil || written != t.Image) {
		r.problem = fmt.Sprintf("names %s, not %s", name, t.Image.Familiar())
	}
	r.name(t.Policy, t.Image)
	return r
}

// writesLike reports whether the target would put into n just what the reference found there would.
func (t *target) writesLike(r *reference, n *node) bool {
	return r.whole.resolved() == n && t.value.text == "{image}:{tag}" || r.tag.resolved() == n && t.value.text == "{tag}"
}
