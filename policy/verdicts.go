package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// decide makes the decision of the chosen entry, nil if the current tag is kept, and of the rules all others have.
func (r *round) decide(chosen *entry, allowed []*entry, entries []entry) Decision {
	d := Decision{Current: r.current.Tag, Chosen: r.current.Tag, Usable: r.usable, Unusable: r.unusableDetail()}
	d.Digest = cmp.Or(r.digest, r.current.Digest)
	best := r.from
	if chosen != nil {
		best = chosen.version
		if chosen.tag != d.Chosen {
			d.Chosen, d.Digest = chosen.tag, chosen.candidate.Digest
		}
	}
	r.chosen = d.Chosen
	d.Changed = d.Chosen != r.current.Tag
	d.Verdicts = make([]Verdict, 0, len(entries)+1)
	if d.Chosen != "" {
		d.Verdicts = append(d.Verdicts, Verdict{Tag: d.Chosen, Outcome: Chosen, round: r})
	}
	for _, e := range append(allowed, r.needTimes(entries, best)...) {
		if (e.rule == RuleMinAge || e.rule == RuleQuota) && e.tag != r.chosen {
			d.Verdicts = append(d.Verdicts, r.waiting(e.rule, e.candidate))
		}
	}
	for _, e := range allowed {
		if e.rule == RuleNotBest {
			d.Verdicts = append(d.Verdicts, Verdict{Tag: e.tag, Outcome: Rejected, Rule: e.rule, round: r})
		}
	}
	d.Missing = r.wanted()
	return r.addOthers(d, entries, best)
}

func (r *round) waiting(rule Rule, c *Candidate) Verdict {
	v := Verdict{Tag: c.Tag, Outcome: Waiting, Rule: rule, Until: c.NoQuotaUntil, round: r}
	switch {
	case rule == RuleMinAge:
		v.Until, _ = r.policy.spec.Guard.young(c, r.now)
	case v.Until.IsZero():
		v.Until = r.blocked
	}
	return v
}

// addOthers adds the verdicts of all that is not allowed: versions downwards, then what is no version by bytes.
func (r *round) addOthers(d Decision, entries []entry, best *version) Decision {
	versions, others := r.places(entries)
	spare := make([]place, max(len(versions), len(others)))
	sortPlaces(versions, spare[:len(versions)], func(run []place) {
		slices.SortFunc(run, func(a, b place) int { return r.compareEntries(&entries[b.entry], &entries[a.entry]) })
	})
	sortTexts(others, spare[:len(others)], entries)
	above, last := true, ""
	for _, p := range versions {
		e := &entries[p.entry]
		above = above && (best == nil || r.policy.scale.compare(e.version, best) > 0)
		if e.tag != last {
			d.Verdicts = append(d.Verdicts, r.rejected(e, above))
		}
		last = e.tag
	}
	for _, p := range others {
		if e := &entries[p.entry]; e.tag != last {
			d.Verdicts = append(d.Verdicts, r.rejected(e, false))
			last = e.tag
		}
	}
	return d
}

// places returns the entries that are still without a verdict: those with a version, the best in front, and the others.
func (r *round) places(entries []entry) (versions, others []place) {
	all := make([]place, len(entries))
	flip := r.rankFlip()
	front, back := 0, len(all)
	for i := range entries {
		e := &entries[i]
		switch {
		case e.rule == noRule || e.rule == RuleMinAge || e.rule == RuleQuota || e.rule == RuleNotBest || e.tag == r.chosen:
		case e.version != nil:
			all[front] = place{^(e.version.key ^ flip), uint32(i)}
			front++
		default:
			back--
			all[back] = place{textKey(e.tag), uint32(i)}
		}
	}
	return all[:front], all[back:]
}

// rankFlip turns the ranks round where the smaller is the better.
func (r *round) rankFlip() uint64 {
	switch s := r.policy.scale.(type) {
	case *numericScale:
		return turnedKey(s.descending)
	case *alphabeticalScale:
		return turnedKey(s.descending)
	}
	return 0
}

func turnedKey(descending bool) uint64 {
	if descending {
		return ^uint64(0)
	}
	return 0
}

func (r *round) rejected(e *entry, above bool) Verdict {
	if e.rule == RulePlatforms {
		r.note(e.tag, notOffered(r.policy.spec.Guard.missing(e.candidate)))
	}
	return Verdict{Tag: e.tag, Outcome: Rejected, Rule: e.rule, round: r, above: above}
}

// notOffered says which platforms a tag lacks.
func notOffered(missing []image.Platform) string {
	names := make([]string, len(missing))
	for i, p := range missing {
		names[i] = p.String()
	}
	return "not offered for " + strings.Join(names, ", ")
}

// note keeps the detail of a tag that cannot be worked out again.
func (r *round) note(tag, detail string) {
	if r.notes == nil {
		r.notes = make(map[string]string)
	}
	r.notes[tag] = detail
}
