package reconcile

import (
	"fmt"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// The most tags of one repository that a pass looks up to tell them apart. Those to be written come on top: there are no
// more of them than references.
const (
	maxLooks     = 50
	maxTimeLooks = 1000 // where the order is that of their times
)

// How many of the tags of one repository a pass would choose and finds to be gone, or to be other images than listed. Each
// lets the next best be asked for; so many are no accident.
const (
	maxGone  = 20
	maxMoved = 100 // all tags of an image may be pushed again while its list is remembered
)

// How long a pass looks up tags of one repository, one answer after the other. Times are asked for all at once.
const looksWithin = time.Minute

// spent counts look-ups, those for the times that order tags by themselves, and the tags that have moved before they were
// written.
type spent struct {
	times, others, moved int
	took                 time.Duration // of the slowest look-up of each round
}

// allow settles the look-ups that are too many, and returns the others.
func (o *observation) allow(lookups []*lookup) []*lookup {
	for _, l := range lookups {
		if o.looks[l.Image] == nil {
			o.looks[l.Image] = &spent{}
		}
		if l.ordering() {
			o.looks[l.Image].times++
		}
	}
	var allowed []*lookup
	for _, l := range lookups {
		l.look.Asked = l.Facts
		until := o.quota[l.Image.Host]
		switch spent := o.looks[l.Image]; {
		case l.dear() && !until.IsZero():
			l.found, l.answered = policy.Candidate{NoQuotaUntil: until}, true
			continue
		case !l.ordering() && spent.took >= looksWithin:
			l.look.Err = fmt.Errorf("looking up tags of %s one after the other takes the registry more than %v, and a pass does not wait longer",
				l.Image, looksWithin)
			continue
		case l.ordering() && spent.times > maxTimeLooks:
			l.look.Err = fmt.Errorf("the times of %d tags of %s would have to be looked up, and a pass does that for %d at most: narrow tags.match",
				spent.times, l.Image, maxTimeLooks)
			continue
		case l.Chosen, l.ordering():
		case spent.others < maxLooks:
			spent.others++
		case l.Facts == image.DigestFact:
			// Its age begins with a later pass, and until then it waits.
			l.look = plan.Look{Waived: l.Facts}
			continue
		default:
			l.look.Err = fmt.Errorf("more than %d tags of %s would have to be looked up in one pass: narrow tags.match or select", maxLooks, l.Image)
			continue
		}
		allowed = append(allowed, l)
	}
	return allowed
}

// account notes what a round of look-ups has shown of the registries: how slow they are, and that a quota is spent.
func (o *observation) account(lookups []*lookup) {
	slowest := map[image.Repository]time.Duration{}
	for _, l := range lookups {
		if !l.ordering() {
			slowest[l.Image] = max(slowest[l.Image], l.took)
		}
		if until := l.found.NoQuotaUntil; l.look.Err == nil && until.After(o.quota[l.Image.Host]) {
			o.quota[l.Image.Host] = until
		}
	}
	for repository, took := range slowest {
		o.looks[repository].took += took
	}
}

// unaffordable returns the candidates with none to be looked up any more: the registry grants no pull. Ages, which cost
// none, were looked up before.
func unaffordable(candidates []policy.Candidate, until time.Time) []policy.Candidate {
	candidates = slices.Clone(candidates)
	for i := range candidates {
		if candidates[i].NoQuotaUntil.IsZero() {
			candidates[i].NoQuotaUntil = until
		}
	}
	return candidates
}

// distrust returns the error of a list that the registry does not stand for.
func distrust(repository image.Repository, gone, moved int) error {
	switch {
	case gone >= maxGone:
		return fmt.Errorf("%d of the tags listed for %s are not at the registry: nothing is chosen from such a list", gone, repository)
	case moved >= maxMoved:
		return fmt.Errorf("%d of the tags listed for %s are other images at the registry: nothing is chosen from such a list", moved, repository)
	}
	return nil
}

// moved counts the tags that were to be written, and are not the images that were listed.
func moved(list plan.List, lookups []*lookup) int {
	count := 0
	for _, l := range lookups {
		if l.Confirm && l.answered && slices.ContainsFunc(list.Candidates, func(c policy.Candidate) bool {
			return c.Tag == l.Tag && c.Digest != "" && c.Digest != l.found.Digest
		}) {
			count++
		}
	}
	return count
}
