package config

import (
	"regexp"
	"slices"
	"strings"
)

// unsupported lists what a policy file may hold but this version cannot do yet, as KIND.PATH of a
// key. All of it is read and checked like the rest, and using it is an error. Whoever adds the function deletes
// the line.
var unsupported = []string{
	"file.notify",

	"policy.notify",
}

var itemNumber = regexp.MustCompile(`\[\d+\]`)

// isUnsupported reports whether the key at p is in the list.
func isUnsupported(p place) bool { return slices.Contains(unsupported, feature(p.section, p.path)) }

// refuseUnsupported reports each use of what is in the list.
func refuseUnsupported(s *section) {
	for path, m := range s.marks {
		if strings.HasSuffix(path, "]") {
			continue // an item of a list, whose key is refused
		}
		if slices.Contains(unsupported, feature(s, path)) {
			s.fail(m.key, "%s: not supported yet", path)
		}
	}
}

// feature returns how the path of a section is called in the list. What defaults hold is a policy's.
func feature(s *section, path string) string {
	kind := s.kind
	switch kind {
	case "":
		kind = "file"
	case "defaults":
		kind = "policy"
	}
	if strings.Contains(path, "[") {
		path = itemNumber.ReplaceAllString(path, "")
	}
	return kind + "." + path
}
