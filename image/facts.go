package image

import "strings"

// Facts is a set of what can be known of a tag beside its name.
type Facts uint8

// The facts.
const (
	DigestFact    Facts = 1 << iota // which digest it points to
	PushedFact                      // when it was pushed
	CreatedFact                     // when its image was built
	PlatformsFact                   // which platforms it offers
)

// Has reports whether all of g are in f.
func (f Facts) Has(g Facts) bool { return f&g == g }

// String names the facts, for logs: "digest, push time".
func (f Facts) String() string {
	var names []string
	for _, fact := range []struct {
		is   Facts
		name string
	}{
		{DigestFact, "digest"}, {PushedFact, "push time"}, {CreatedFact, "build time"}, {PlatformsFact, "platforms"},
	} {
		if f.Has(fact.is) {
			names = append(names, fact.name)
		}
	}
	return strings.Join(names, ", ")
}
