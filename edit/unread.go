package edit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// everything reports whether all images are looked for.
func (s *screen) everything() bool { return len(s.images) == 0 }

// addRead adds the reference if its text is one. Where it is none that can be read, as a variable is, nobody can say which
// image is meant: that is told to who looks for all of them, so that a place where an image belongs is never just missing.
func (s *search) addRead(r *reference, n *node, text string) {
	if r.read(text) {
		s.add(r)
		return
	}
	if r.readBroken(text) {
		s.add(r) // refused if the image is a sought one
		return
	}
	s.tellUnread(n, text)
}

// readBroken takes the text of a reference that cannot be read. It reports whether it names an image.
func (r *reference) readBroken(text string) bool {
	if variableProblem(text) != "" || !r.readName(frontOf(text)) {
		return false
	}
	r.problem = fmt.Sprintf("%.200q is no reference that can be read", text)
	return true
}

// looksBroken reports whether a text looks like a reference that cannot be read, where any text may stand: a tag or a
// digest follows a name, or nothing but space.
func looksBroken(text string) bool {
	behind := text[len(frontOf(text)):]
	return strings.HasPrefix(behind, ":") || strings.HasPrefix(behind, "@") || behind != "" && strings.TrimSpace(behind) == ""
}

// frontOf returns what stands for the name in a text that is no reference: all in front of a tag, a digest or what else
// follows it.
func frontOf(text string) string {
	base := strings.LastIndexByte(text, '/') + 1
	if i := strings.IndexAny(text[base:], ":@+ \t"); i >= 0 {
		return text[:base+i]
	}
	return text
}

// tellUnread notes a place where an image belongs, but whose text names none.
func (s *search) tellUnread(n *node, text string) {
	if text == "" || !s.scanner.screen.everything() {
		return
	}
	reason := variableProblem(text)
	if reason == "" {
		_, err := image.ParseReference(text)
		if err == nil {
			return
		}
		reason = err.Error()
	}
	s.note(Refusal{Line: int(n.line), Reason: reason})
}

// tellVariable is tellUnread where other things than images may stand, too: there only a variable could be one.
func (s *search) tellVariable(n *node, text string) {
	if variableProblem(text) != "" {
		s.tellUnread(n, text)
	}
}

// tellUnfound notes the references under a key image that belong to no format's place for one: most often a field of a
// custom resource. Who looks for all images is told that they are there, and how to have them written.
func (s *search) tellUnfound() {
	if !s.scanner.screen.everything() || !s.tree.syntax.hasTypes() {
		return
	}
	told := map[int]bool{}
	for _, r := range slices.Concat(s.found.Refused, s.found.Notes) {
		told[r.Line] = true
	}
	targeted := map[*node]bool{}
	for _, r := range s.refs {
		targeted[r.whole.resolved()] = true
		if r.raw != nil { // the regexp of a target leads to a part of a value
			told[s.lineOf(r)] = true
		}
	}
	for _, n := range s.tree.nodes {
		if n.key == nil || n.key.text != "image" || n.kind != scalar || n.repeated || s.holders[n] != nil || targeted[n] || told[int(n.line)] {
			continue
		}
		if ref, err := image.ParseReference(n.text); err == nil && (ref.Tag != "" || ref.Digest != "") {
			s.note(Refusal{Line: int(n.line), Image: ref.Repository, Reason: "is an image where none is looked for",
				Hint: "a marker or a target can name it"})
		}
	}
}
