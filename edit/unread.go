package edit

import "github.com/image-updater/image-updater/image"

// everything reports whether all images are looked for.
func (s *screen) everything() bool { return len(s.images) == 0 }

// addRead adds the reference if its text is one. Where it is none that can be read, as a variable is, nobody can say which
// image is meant: that is told to who looks for all of them, so that a place where an image belongs is never just missing.
func (s *search) addRead(r *reference, n *node, text string) {
	if r.read(text) {
		s.add(r)
		return
	}
	s.tellUnread(n, text)
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
