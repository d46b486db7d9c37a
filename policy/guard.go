package policy

import (
	"time"

	"github.com/image-updater/image-updater/image"
)

// Guard holds what an update must not do. The zero value is the default of policy files: no pre-releases, no way down,
// no other variant, steps of any size, no waiting, any platform.
type Guard struct {
	Bump       Bump             // the largest step from the current tag; "" is Major
	Prerelease bool             // take pre-releases
	Downgrade  bool             // move down when the current tag lies outside the range
	Variant    Variant          // which other variants are taken; "" is SameVariant
	MinAge     time.Duration    // a younger tag waits
	Platforms  []image.Platform // a tag must offer all of these
}

// Bump is the size of a step between two versions.
type Bump string

// The sizes of a step: Major changes the first number, Minor the second, Patch anything behind it.
const (
	Patch Bump = "patch"
	Minor Bump = "minor"
	Major Bump = "major"
)

// allows reports whether a step is not larger than b.
func (b Bump) allows(step Bump) bool {
	switch b {
	case Patch:
		return step == Patch
	case Minor:
		return step != Major
	}
	return true
}

// Variant is how far a tag may differ from the current one in what is no version number.
type Variant string

// The ways of comparing variants.
const (
	SameVariant  Variant = "same"  // nothing but the version, its pre-release and the number of its build may differ
	NewerVariant Variant = "newer" // the numbers inside words may also grow, and a build may come where there was none
	AnyVariant   Variant = "any"   // all may differ, but not the v in front, and a build stays one
)

func checkGuard(g Guard, wrong *faults) {
	switch g.Bump {
	case "", Patch, Minor, Major:
	default:
		wrong.addf("guard.bump", "unknown step %q, want patch, minor or major", string(g.Bump))
	}
	switch g.Variant {
	case "", SameVariant, NewerVariant, AnyVariant:
	default:
		wrong.addf("guard.variant", "unknown variant %q, want same, newer or any", string(g.Variant))
	}
	if g.MinAge < 0 {
		wrong.addf("guard.minAge", "%v is negative", g.MinAge)
	}
}

// refuseVersionGuards reports guards that say something about versions in a policy that reads none.
func refuseVersionGuards(g Guard, kind Kind, wrong *faults) {
	const needs = "needs select.semver or select.calver, as select.%s knows no versions"
	if g.Bump != "" {
		wrong.addf("guard.bump", needs, string(kind))
	}
	if g.Prerelease {
		wrong.addf("guard.prerelease", needs, string(kind))
	}
	if g.Variant != "" {
		wrong.addf("guard.variant", needs, string(kind))
	}
}

// birth returns the time from which the age of a tag runs: when it was pushed, else when it was first seen. It is zero
// when neither is known.
func (c *Candidate) birth() time.Time {
	if !c.Pushed.IsZero() {
		return c.Pushed
	}
	return c.FirstSeen
}

// young reports whether the candidate has to wait, and until when; that is zero when its age is not known.
func (g *Guard) young(c *Candidate, now time.Time) (until time.Time, young bool) {
	if g.MinAge <= 0 {
		return time.Time{}, false
	}
	birth := c.birth()
	if birth.IsZero() {
		return time.Time{}, true
	}
	until = birth.Add(g.MinAge)
	return until, now.Before(until)
}

// missing returns the platforms that the candidate does not offer. Of unknown platforms none is missing.
func (g *Guard) missing(c *Candidate) []image.Platform {
	if c.Platforms == nil {
		return nil
	}
	var missing []image.Platform
	for _, want := range g.Platforms {
		if !offers(c.Platforms, want) {
			missing = append(missing, want)
		}
	}
	return missing
}

func offers(have []image.Platform, want image.Platform) bool {
	for _, p := range have {
		if p.Offers(want) {
			return true
		}
	}
	return false
}
