package policy

import (
	"errors"
	"time"
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
	Kind Kind
	Arg  string // range, format, "ascending" or "descending", "pushed" or "created", tag to follow
}

// Kind is a way of reading and ordering tags.
type Kind string

// The kinds of policies, by the key that selects them.
const (
	Semver       Kind = "semver"
	Calver       Kind = "calver"
	Numeric      Kind = "numeric"
	Alphabetical Kind = "alphabetical"
	Newest       Kind = "newest"
	FollowDigest Kind = "digest"
)

// Policy is a compiled [Spec]. It is immutable and may be used by many goroutines at once.
type Policy struct {
	spec     Spec
	warnings []string
}

// New compiles a policy. Its error joins a [*FieldError] for everything that is wrong.
func New(s Spec) (*Policy, error) {
	var wrong faults
	return &Policy{spec: s}, errors.Join(wrong...)
}

// Warnings returns what is odd about the policy, though not wrong, as sentences for people.
func (p *Policy) Warnings() []string { return p.warnings }

// Choose decides which of the candidates the reference that holds current should have at the time now. It does not
// depend on the order of the candidates, and changes nothing it is given.
func (p *Policy) Choose(current Current, candidates []Candidate, now time.Time) Decision {
	return Decision{Current: current.Tag, Chosen: current.Tag}
}
