package policy

import (
	"errors"
	"slices"

	"github.com/image-updater/image-updater/image"
)

// Spec is a policy as its texts stand in a policy file. [New] compiles it.
type Spec struct {
	Match   string   // tags.match: RE2, unanchored; "" matches all
	Extract string   // tags.extract: template of what to order by; "" is the whole tag
	Ignore  []string // tags.ignore: RE2, anchored, of tags never to take
	Select  Select
	Guard   Guard
}

// Select is how tags are ordered. The zero value is Semver with the range "*".
type Select struct {
	Kind Kind   // "" is Semver
	Arg  string // range, format, "ascending" or "descending", "pushed" or "created", tag to follow
}

// Kind is a way of reading and ordering tags.
type Kind string

// The kinds of policies, by the key that selects them.
const (
	Semver       Kind = "semver"       // versions in a range, the highest wins
	Calver       Kind = "calver"       // versions of a format with a date
	Numeric      Kind = "numeric"      // digits of any length
	Alphabetical Kind = "alphabetical" // by bytes
	Newest       Kind = "newest"       // by the time of the push, or of the build
	FollowDigest Kind = "digest"       // one mutable tag, whose digest is followed
)

// Policy is a compiled [Spec]. It is immutable and may be used by many goroutines at once.
type Policy struct {
	spec     Spec
	filter   filter
	scale    scale // nil for FollowDigest
	warnings []string
}

// New compiles a policy. Its error joins a [*FieldError] for everything that is wrong.
func New(s Spec) (*Policy, error) {
	s.Ignore, s.Guard.Platforms = slices.Clone(s.Ignore), slices.Clone(s.Guard.Platforms)
	var wrong faults
	p := &Policy{spec: s, filter: newFilter(s, &wrong)}
	filtered := len(wrong) == 0
	p.scale, p.warnings = newScale(s, &wrong)
	if tag := s.Select.Arg; s.Select.Kind == FollowDigest && filtered && image.IsTag(tag) {
		wrong.add("select.digest", p.filter.admits(tag))
	}
	checkGuard(s.Guard, &wrong)
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return p, nil
}

// Warnings returns what is odd about the policy, though not wrong, as sentences for people.
func (p *Policy) Warnings() []string { return slices.Clone(p.warnings) }
