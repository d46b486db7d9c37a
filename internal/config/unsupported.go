package config

import (
	"regexp"
	"slices"
	"strings"
)

// unsupported lists what a policy file may hold but this version cannot do yet, as KIND.PATH of a key or KIND.PATH=WORD
// of a value. All of it is read and checked like the rest, and using it is an error. Whoever adds the function deletes
// the line.
var unsupported = []string{
	"file.hooks",
	"file.notify",

	"git.forge",
	"git.policies",
	"git.write.mode=pull-request",
	"git.write.maxOpen",
	"git.write.settle",
	"git.write.labels",
	"git.write.reviewers",
	"git.write.assignees",
	"git.write.draft",
	"git.write.autoMerge",

	"policy.write.mode=pull-request",
	"policy.write.settle",
	"policy.write.labels",
	"policy.write.reviewers",
	"policy.write.assignees",
	"policy.write.draft",
	"policy.write.autoMerge",
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
		key := feature(s, path)
		switch {
		case slices.Contains(unsupported, key):
			s.fail(m.key, "%s: not supported yet", path)
		case slices.Contains(unsupported, key+"="+m.text):
			s.fail(m.value, "%s: %s: not supported yet", path, m.text)
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
