package proposal

import (
	"fmt"
	"slices"

	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// reject takes the changes out of the group that somebody has closed a pull request for, or has taken back after its merge.
// It returns the numbers of those pull requests whose changes have to be read from their commits first.
func (d *decider) reject() (unread []int) {
	var kept []plan.Change
	var refused []refusal
	for _, c := range d.in.Group.Changes {
		if by, ok := d.rejecting(c.Trailer()); ok {
			refused = append(refused, refusal{c, by})
		} else {
			kept = append(kept, c)
		}
	}
	for i, p := range d.in.Pulls {
		if p.Status == Closed && p.Base == d.in.Base && !d.said[i].known && !p.Read && p.HeadTip != "" {
			unread = append(unread, p.Number)
		}
	}
	d.out.Group = plan.NewGroup(d.in.Group.Key, kept)
	d.out.Held = append(d.out.Held, tell(refused)...)
	if len(d.in.Group.Changes) == 0 {
		return nil
	}
	return unread
}

// rejecting returns the pull request by whose end a change is rejected. What was merged and is to be changed again was taken
// back: plans see that in the commits, where the merge has left them their words.
func (d *decider) rejecting(t plan.Trailer) (*Pull, bool) {
	for i := range d.in.Pulls {
		p, s := &d.in.Pulls[i], d.said[i]
		if p.Base != d.in.Base {
			continue
		}
		has := s.known && s.state.Changes.Has(t)
		switch {
		case p.Status == Closed && (has || !s.known && slices.Contains(p.Changes, t)), p.Status == Merged && has && !d.in.Past.Told(t):
			return p, true
		}
	}
	return nil, false
}

type refusal struct {
	plan.Change
	by *Pull
}

// tell says what is rejected: a step that many references would make alike, once.
func tell(refused []refusal) []plan.Held {
	type step struct {
		policy, step string
		number       int
	}
	var first []refusal
	places := map[step]int{}
	of := func(r refusal) step { return step{r.Policy, r.Trailer().Step(), r.by.Number} }
	for _, r := range refused {
		if places[of(r)]++; places[of(r)] == 1 {
			first = append(first, r)
		}
	}
	held := make([]plan.Held, len(first))
	for i, r := range first {
		where := fmt.Sprintf("%s:%d", r.Site.Path, r.Site.Line)
		if n := places[of(r)]; n > 1 {
			where += fmt.Sprintf(" and %d more", n-1)
		}
		held[i] = plan.Held{Policy: r.Policy, Rule: Rejected,
			Detail: fmt.Sprintf("%s: %s is not proposed again: %s", where, of(r).step, closedBy(*r.by))}
		if r.by.Status == Merged {
			held[i].Rule = policy.RuleHeld
			held[i].Detail = fmt.Sprintf("%s: %s was merged in #%d and taken back since, so it is held until a newer one comes", where, of(r).step, r.by.Number)
		}
	}
	return held
}

func closedBy(p Pull) string {
	if p.ClosedBy == "" {
		return fmt.Sprintf("closed in #%d", p.Number)
	}
	return fmt.Sprintf("closed by %s in #%d", p.ClosedBy, p.Number)
}
