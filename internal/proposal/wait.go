package proposal

import (
	"fmt"
	"slices"
	"time"

	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// staleAfter is the age from which an open pull request does not count against write.maxOpen: one that nobody looks at
// must not stop all others.
const staleAfter = 14 * 24 * time.Hour

// full reports whether no further pull request may be opened, and how many count.
func (in Input) full() (open int, full bool) {
	for _, p := range in.Opened {
		if !stale(p, in.Now) {
			open++
		}
	}
	return open, in.Settings.MaxOpen > 0 && open >= in.Settings.MaxOpen
}

func stale(p Pull, now time.Time) bool {
	return !p.Created.IsZero() && now.Sub(p.Created) >= staleAfter
}

// Stale returns the open pull requests that are too old to count against write.maxOpen.
func Stale(opened []Pull, now time.Time) []Pull {
	var old []Pull
	for _, p := range opened {
		if stale(p, now) {
			old = append(old, p)
		}
	}
	return old
}

// settles holds a group back that changes digests alone, none of which is worth a pull request yet: all are too young, or
// of the same images as before. What the latter are may have to be asked first.
func (d *decider) settles() bool {
	settle := d.in.Settings.Settle
	if settle <= 0 || !digestsAlone(d.out.Group) {
		return false
	}
	if until, young := d.in.settling(d.out.Group); young {
		d.settle(fmt.Sprintf("a digest has to be %v old before a pull request is opened for it alone (write.settle)", settle), until)
		return true
	}
	if !d.in.Compared {
		d.out.Ask = AskSame
		return true
	}
	if d.in.sameImages(d.out.Group) {
		d.settle("the new digest is of the same images: only what stands beside them has changed (write.settle)", time.Time{})
		return true
	}
	return false
}

func (d *decider) settle(detail string, until time.Time) {
	d.hold(Settle, detail)
	for i := range d.out.Held {
		if d.out.Held[i].Rule == Settle && !until.IsZero() {
			d.out.Held[i].Until = until.UTC()
		}
	}
}

func digestsAlone(g plan.Group) bool {
	return !slices.ContainsFunc(g.Changes, func(c plan.Change) bool { return c.To != c.Site.Tag })
}

// settling reports whether none of the digests of a group is old enough to open a pull request for, and until when. One
// whose age is not known is old enough.
func (in Input) settling(g plan.Group) (until time.Time, waits bool) {
	for _, c := range g.Changes {
		settled := in.since(c)
		if settled.IsZero() || !in.Now.Before(settled.Add(in.Settings.Settle)) {
			return time.Time{}, false
		}
		if until.IsZero() || settled.Add(in.Settings.Settle).Before(until) {
			until = settled.Add(in.Settings.Settle)
		}
	}
	return until, !until.IsZero()
}

// sameImages reports whether all changes of a group are known to lead to the images that are there.
func (in Input) sameImages(g plan.Group) bool {
	return !slices.ContainsFunc(g.Changes, func(c plan.Change) bool { return !in.Same[stepOf(c)] })
}

// since returns from when on the tag of a change is known to have had its digest.
func (in Input) since(c plan.Change) time.Time {
	known := in.Lists[c.Site.Image].Candidate(c.To)
	if !known.Pushed.IsZero() && known.Pushed.Before(known.FirstSeen) || known.FirstSeen.IsZero() {
		return known.Pushed
	}
	return known.FirstSeen
}

// waits reports whether a rule keeps a tag back for now only.
func waits(rule policy.Rule) bool { return rule == policy.RuleMinAge || rule == policy.RuleQuota }
