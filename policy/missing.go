package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
)

// Missing is what has to be known of a tag before a decision stands.
type Missing struct {
	Tag   string
	Facts image.Facts
}

// Facts returns which facts help [Policy.Choose] if the registry gives them with the list of tags at no cost. What is
// still needed of single tags stands in [Decision.Missing].
func (p *Policy) Facts() image.Facts {
	var facts image.Facts
	switch s := p.scale.(type) {
	case nil:
		facts = image.DigestFact
	case *newestScale:
		facts = s.fact() | image.PushedFact // which tells what cannot have been built last
	}
	if p.spec.Guard.MinAge > 0 {
		facts |= image.PushedFact | image.DigestFact
	}
	if len(p.spec.Guard.Platforms) > 0 {
		facts |= image.PlatformsFact
	}
	return facts
}

// Followed returns the one tag whose digest the policy follows. It needs no list of tags, only what is known of this one.
func (p *Policy) Followed() (tag string, ok bool) {
	return p.spec.Select.Arg, p.scale == nil
}

// lack returns what has to be known of a candidate that would be chosen but for that. Its age goes first, as it costs
// less: to look at a tag for the first time is what its age runs from.
func (g *Guard) lack(c *Candidate, now time.Time) image.Facts {
	until, young := g.young(c, now)
	switch {
	case len(g.missing(c)) > 0:
		return 0
	case young && until.IsZero():
		return image.DigestFact
	case !young && len(g.Platforms) > 0 && c.Platforms == nil:
		return image.PlatformsFact
	}
	return 0
}

// need notes that facts of a candidate are missing. It reports whether they cannot be had for now, as looking the
// candidate up would cost more than is allowed: it waits then.
func (r *round) need(c *Candidate, facts image.Facts) (waits bool) {
	if !c.NoQuotaUntil.IsZero() {
		r.note(c.Tag, notAffordable(r.factNames(c, facts)))
		return true
	}
	r.missing = append(r.missing, Missing{c.Tag, facts})
	return false
}

// wanted returns what is missing, but platforms only when nothing else is: they may cost a pull, and what else is missing
// may decide for another tag.
func (r *round) wanted() []Missing {
	missing := slices.Compact(r.missing)
	dear := func(m Missing) bool { return m.Facts == image.PlatformsFact }
	if slices.ContainsFunc(missing, func(m Missing) bool { return !dear(m) }) {
		return slices.DeleteFunc(missing, dear)
	}
	return missing
}

func notAffordable(what string) string {
	return what + " not known, and asking would spend more of the registry's pull quota than this policy file allows"
}

// factNames names facts of a candidate as the subject of a sentence, by what they are wanted for.
func (r *round) factNames(c *Candidate, facts image.Facts) string {
	switch {
	case facts == image.PlatformsFact:
		return "its platforms are"
	case facts == image.DigestFact && (r.policy.scale != nil || c.Digest != ""):
		return "its age is"
	}
	return "its " + facts.String() + " is"
}

// needTimes notes which tags may be newer than the best one, though the time that tells it is not known. It returns
// those that have to wait for it. Of tags whose push is known only the one pushed last is asked for its build time: that
// is often enough, as what was pushed before it was built was built before it, too.
func (r *round) needTimes(entries []entry, best *version) (waiting []*entry) {
	scale, ok := r.policy.scale.(*newestScale)
	if !ok {
		return nil
	}
	asked, last := false, &entry{}
	for _, e := range r.mayBeNewer(scale, entries, best) {
		if e.tag == last.tag {
			e.rule = last.rule
			continue
		}
		last = e
		pushed := !e.candidate.Pushed.IsZero()
		switch {
		case pushed && asked:
		case r.need(e.candidate, scale.fact()):
			e.rule = RuleQuota
			waiting = append(waiting, e)
		default:
			asked = asked || pushed
		}
	}
	return waiting
}

// mayBeNewer returns the entries that lack nothing but the time by which they are ordered, and may be newer than the best
// one. Those pushed last come first.
func (r *round) mayBeNewer(scale *newestScale, entries []entry, best *version) []*entry {
	var found []*entry
	for i := range entries {
		e := &entries[i]
		if e.rule != RuleNoVersion || !scale.time(e.candidate).IsZero() || !image.IsTag(e.tag) {
			continue
		}
		pushed := e.candidate.Pushed // or known to be before
		if pushed.IsZero() {
			pushed = e.candidate.PushedBefore
		}
		late := best == nil || pushed.IsZero() || pushed.After(time.UnixMicro(best.moment))
		if text, _ := r.policy.filter.text(e.tag); late && text != "" {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *entry) int {
		return cmp.Or(b.candidate.birth().Compare(a.candidate.birth()), strings.Compare(b.tag, a.tag))
	})
	return found
}
