package proposal

import (
	"fmt"
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

// settling reports whether a group changes digests alone, none of which is old enough to open a pull request for, and
// until when. A digest whose age is not known is old enough.
func (in Input) settling(g plan.Group) (until time.Time, waits bool) {
	if in.Settings.Settle <= 0 {
		return time.Time{}, false
	}
	for _, c := range g.Changes {
		if c.To != c.Site.Tag {
			return time.Time{}, false
		}
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

// since returns from when on the tag of a change is known to have had its digest.
func (in Input) since(c plan.Change) time.Time {
	known := in.Lists[c.Site.Image].Candidate(c.To)
	if !known.Pushed.IsZero() && known.Pushed.Before(known.FirstSeen) || known.FirstSeen.IsZero() {
		return known.Pushed
	}
	return known.FirstSeen
}

func (d *decider) settle(until time.Time) {
	d.hold(Settle, fmt.Sprintf("a digest has to be %v old before a pull request is opened for it alone (write.settle)", d.in.Settings.Settle))
	for i := range d.out.Held {
		if d.out.Held[i].Rule == Settle {
			d.out.Held[i].Until = until.UTC()
		}
	}
}

// waits reports whether a rule keeps a tag back for now only.
func waits(rule policy.Rule) bool { return rule == policy.RuleMinAge || rule == policy.RuleQuota }
