package plan

import (
	"fmt"
	"slices"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

// List is what the registry told about one repository: its tags with what is known of them, or why they are not known. A
// list that is not known decides nothing, but for a policy that follows one tag: it needs no list, and its tag is among
// the candidates all the same.
type List struct {
	Candidates []policy.Candidate
	Err        error
	Ages       bool // it was to tell the ages of followed tags, too
	// SecondHand says that the list is not from the registry itself, or from memory: the registry has to confirm a tag
	// before it is written.
	SecondHand bool
	// Looked holds the tags that were looked up at the registry. What came of it is in Candidates; a tag that is not
	// there is not among them any more.
	Looked map[string]Look
	// Gone holds the tags that were listed and would have been chosen, but that the registry turned out not to have.
	Gone []policy.Candidate
}

// Look is what was asked about one tag.
type Look struct {
	Asked  image.Facts // what is still not known after that, nobody can tell
	Waived image.Facts // what was to be asked and was not: decisions are made without
	// Confirmed says that the registry itself was asked in this pass: the answer is not one that is remembered.
	Confirmed bool
	Err       error // why it is not known
}

// Missing is what has to be looked up before a plan can be made.
type Missing struct {
	Image image.Repository
	Tag   string
	Facts image.Facts
	// Chosen says that the tag is the one to be written. There are few of them, while the others may be all that a policy
	// has to tell apart.
	Chosen bool
	// Confirm says that an answer of an earlier pass does not do: what is written is what the registry says now.
	Confirm bool
}

// Lacks returns what has to be looked up before p's decision for a reference that holds current stands and can be
// written, or the error that makes it impossible to know.
func (l List) Lacks(p Policy, current policy.Current, d policy.Decision) ([]Missing, error) {
	_, follows := p.Choice.Followed()
	if follows {
		if lacks, err := l.unfollowed(p, current); err != nil || len(lacks) > 0 {
			return lacks, err
		}
	}
	lacks, err := l.undecided(p, d, follows)
	if err != nil || len(lacks) > 0 {
		return lacks, err
	}
	goal, ok := p.goal(current, d)
	if !ok {
		return nil, nil
	}
	look := l.Looked[goal.tag]
	if look.Err != nil {
		return nil, look.Err
	}
	if !look.Confirmed && (goal.pinned && goal.digest == "" || l.unconfirmed(goal.tag)) {
		// All that was asked about it is of the digest it had: if that has changed, it is needed of the new one.
		return []Missing{{Image: p.Image, Tag: goal.tag, Facts: image.DigestFact | look.Asked, Chosen: true, Confirm: true}}, nil
	}
	return nil, nil
}

// unfollowed returns the followed tag, if the registry has not told its digest in this pass: what a list tells of it may be
// from memory. A tag that is not there is an error, unless the reference carries it: it was there once.
func (l List) unfollowed(p Policy, current policy.Current) ([]Missing, error) {
	tag, _ := p.Choice.Followed()
	look := l.Looked[tag]
	switch {
	case !l.has(tag) && tag == current.Tag:
		return nil, nil
	case !l.has(tag):
		return nil, fmt.Errorf("%s has no tag %q to follow", p.Image, tag)
	case look.Err != nil:
		return nil, look.Err
	case look.Asked.Has(image.DigestFact):
		return nil, nil
	}
	return []Missing{{Image: p.Image, Tag: tag, Facts: image.DigestFact, Chosen: true}}, nil
}

// undecided returns what of a decision's wishes was not asked for yet.
func (l List) undecided(p Policy, d policy.Decision, chosen bool) ([]Missing, error) {
	var lacks []Missing
	times := false
	for _, w := range d.Missing {
		look := l.Looked[w.Tag]
		if look.Err != nil {
			return nil, look.Err
		}
		times = times || w.Facts.Has(image.PushedFact)
		if facts := w.Facts &^ (image.PushedFact | look.Asked | look.Waived); facts != 0 {
			lacks = append(lacks, Missing{Image: p.Image, Tag: w.Tag, Facts: facts, Chosen: chosen})
		}
	}
	if len(lacks) == 0 && times && l.untimed(d) {
		return nil, &UntimedError{Image: p.Image}
	}
	return lacks, nil
}

// UntimedError says that a policy goes by push times, and there are none to go by.
type UntimedError struct{ Image image.Repository }

// Error says so, and what to go by instead.
func (e *UntimedError) Error() string {
	return fmt.Sprintf("select.newest: nothing tells when the tags of %s were pushed; select.newest: created goes by when they were built", e.Image)
}

// untimed reports whether a decision by push times had none to go by: they stand in a list or nowhere. With the time of
// one tag that is allowed it would be changed, or say what is against that tag.
func (l List) untimed(d policy.Decision) bool {
	return !d.Changed && l.Candidate(d.Current).Pushed.IsZero() && !slices.ContainsFunc(d.Verdicts, func(v policy.Verdict) bool {
		return v.Outcome == policy.Waiting || v.Rule == policy.RulePlatforms
	})
}

// unconfirmed reports whether what is known of a tag may have changed since: it comes from another service, its age runs
// from an earlier look at it, or the answer to a look-up may be a remembered one.
func (l List) unconfirmed(tag string) bool {
	return l.SecondHand || seenBefore(l.Candidate(tag)) || l.Looked[tag].Asked != 0
}

// Unconfirmed reports whether that may be so of any of its tags. If not, no tag has to be looked up only because it is
// to be written.
func (l List) Unconfirmed() bool {
	return l.SecondHand || len(l.Looked) > 0 || slices.ContainsFunc(l.Candidates, seenBefore)
}

func seenBefore(c policy.Candidate) bool { return c.Pushed.IsZero() && !c.FirstSeen.IsZero() }

func (l List) has(tag string) bool {
	return slices.ContainsFunc(l.Candidates, func(c policy.Candidate) bool { return c.Tag == tag })
}

// Candidate returns what is known of a tag, which may be nothing.
func (l List) Candidate(tag string) policy.Candidate {
	for _, c := range l.Candidates {
		if c.Tag == tag {
			return c
		}
	}
	return policy.Candidate{Tag: tag}
}

// goal is what a reference is to carry.
type goal struct {
	tag    string
	digest image.Digest // of the tag, "" while it is not known
	pinned bool         // the digest is written, too
}

// goal returns what a reference that holds current is to carry, and whether that is something else. A followed digest
// that the policy does not take is not in the decision.
func (p Policy) goal(current policy.Current, d policy.Decision) (goal, bool) {
	g := goal{tag: d.Chosen, digest: d.Digest, pinned: p.Pin || current.Digest != ""}
	_, follows := p.Choice.Followed()
	pins := p.Pin && current.Digest == "" && !(follows && d.Digest == "")
	return g, d.Chosen != "" && (d.Changed || pins)
}

// written is the digest that is written with the tag, "" for none.
func (g goal) written() image.Digest {
	if !g.pinned {
		return ""
	}
	return g.digest
}
