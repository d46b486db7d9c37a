package edit

import "strings"

// isCompose tells the names that docker compose looks for, with words behind them for its overrides.
func isCompose(base string) bool {
	return isYAML(base) && (strings.HasPrefix(base, "compose") || strings.HasPrefix(base, "docker-compose"))
}

// isYAML reports whether a file is YAML by its name.
func isYAML(base string) bool {
	return strings.HasSuffix(base, ".yaml") || strings.HasSuffix(base, ".yml")
}

// findInCompose adds the image of each service. Where a service is built the image is the name of the result, and no
// tag of a registry belongs there.
func (s *search) findInCompose(root *node) {
	var w walker
	w.pairs(root.value("services"), func(_ string, service *node) {
		n := service.value("image")
		if build := service.value("build").resolved(); build == nil || build.null {
			s.addWhole(Compose, n, w.via)
			return
		}
		text, _ := n.scalarText()
		r := &reference{whole: n}
		if !r.read(text) {
			return
		}
		if i, _, found := s.scanner.screen.sought(r); found {
			s.note(Refusal{Line: int(n.line), Image: i, Reason: "is the name of what the service builds"})
		}
	})
}
