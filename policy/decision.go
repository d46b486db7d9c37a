package policy

import (
	"time"

	"github.com/image-updater/image-updater/image"
)

// Current is what a reference in a file holds now.
type Current struct {
	Tag    string       // "" when it has none
	Digest image.Digest // "" when it has none
}

// Candidate is a tag of the registry, with what is known about it. Of a time, a digest or platforms that are not known
// the zero value is given.
type Candidate struct {
	Tag       string
	Digest    image.Digest
	Pushed    time.Time        // when the registry says it was pushed
	Created   time.Time        // when its configuration says it was built
	FirstSeen time.Time        // when this program first saw the tag with this digest
	Platforms []image.Platform // nil when unknown: they are not judged then
	// PushedBefore may be set where Pushed is not known: it was pushed then or before. Only for the order, not for an age.
	PushedBefore time.Time
	// NoQuotaUntil is set when something of the tag was wanted and not looked up, since that would have spent more of the
	// registry's quota than is allowed; it may be until then. A tag that needs it waits.
	NoQuotaUntil time.Time
}

// Decision is which tag to write, with a verdict for each tag there is.
type Decision struct {
	Current string
	// Chosen is the tag to write: the current one when nothing better is allowed, "" when there is neither.
	Chosen string
	// Digest is the digest of Chosen where it is known.
	Digest image.Digest
	// Changed reports whether the reference has to be written: Chosen is not the current tag or, when a digest is
	// followed, its digest is not the current one.
	Changed bool
	// Usable reports whether the current tag could be read as this policy's kind of tag. If not, only a reference that
	// a marker, a target or the command line names is to be written; one that was merely found is left alone.
	Usable bool
	// Unusable says why the current tag is not usable, as a sentence for people; "" when it is.
	Unusable string
	// Missing says what has to be known of which tags before the decision stands, best first. With that filled in, the
	// policy has to be asked again; tags that a rule is against are never in it. It is empty when the decision stands.
	Missing []Missing
	// Verdicts holds one verdict for each distinct tag: the chosen one, what waits, what is allowed but not the best
	// (best first), the other versions downwards, and what is no version by bytes.
	Verdicts []Verdict
}

// Verdict is what became of one tag.
type Verdict struct {
	Tag     string
	Outcome Outcome
	Rule    Rule      // "" for the chosen tag
	Until   time.Time // when a waiting tag will be old enough, or can be looked up; zero when that is not known

	round *round
	above bool // a version higher than the chosen one
}

// Above reports whether it is of a version higher than the chosen one, which a rule is against.
func (v Verdict) Above() bool { return v.above }

// Equal reports whether two verdicts say the same of the same tag.
func (v Verdict) Equal(w Verdict) bool {
	return v.Tag == w.Tag && v.Outcome == w.Outcome && v.Rule == w.Rule && v.Until.Equal(w.Until)
}
