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

// Variant is how far a tag may differ from the current one in what is no version number.
type Variant string

// The ways of comparing variants.
const (
	SameVariant  Variant = "same"  // nothing but the version, its pre-release and the number of its revision may differ
	NewerVariant Variant = "newer" // the numbers inside words may also grow, and a revision may come to one that had none
	AnyVariant   Variant = "any"   // all may differ, but not the v in front
)
