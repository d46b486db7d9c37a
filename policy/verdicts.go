package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// decide makes the decision of the chosen entry, nil if the current tag is kept, and of the rules all others have.
func (r *round) decide(chosen *entry, allowed []*entry, entries []entry) Decision {
	d := Decision{Current: r.current.Tag, Chosen: r.current.Tag, Digest: r.current.Digest, Usable: r.usable}
	best := &r.from
	if chosen != nil {
		d.Chosen, best = chosen.tag, &chosen.version
		if chosen.candidate.Digest != "" || chosen.tag != r.current.Tag {
			d.Digest = chosen.candidate.Digest
		}
	} else if i := slices.IndexFunc(entries, func(e entry) bool { return e.tag == d.Chosen }); i >= 0 {
		d.Digest = cmp.Or(entries[i].candidate.Digest, d.Digest)
	}
	r.chosen = d.Chosen
	d.Changed = d.Chosen != r.current.Tag
	d.Verdicts = make([]Verdict, 0, len(entries)+1)
	if d.Chosen != "" {
		d.Verdicts = append(d.Verdicts, Verdict{Tag: d.Chosen, Outcome: Chosen, round: r})
	}
	for _, e := range allowed {
		if e.rule == RuleMinAge {
			d.Verdicts = append(d.Verdicts, Verdict{Tag: e.tag, Outcome: Waiting, Rule: e.rule, Until: e.until, round: r})
		}
	}
	for _, e := range allowed {
		if e.rule == RuleNotBest {
			d.Verdicts = append(d.Verdicts, Verdict{Tag: e.tag, Outcome: Rejected, Rule: e.rule, round: r})
		}
	}
	return r.addOthers(d, entries, best)
}

// place is where an entry stands in the order of verdicts. The rank says all where it differs: comparing entries costs
// ten times as much.
type place struct {
	rank  uint64
	entry *entry
}

// addOthers adds the verdicts of all that is not allowed: versions downwards, then what is no version by bytes.
func (r *round) addOthers(d Decision, entries []entry, best *version) Decision {
	var versions, others []place
	versions = make([]place, 0, len(entries))
	flip := r.rankFlip()
	for i := range entries {
		e := &entries[i]
		switch {
		case e.rule == noRule || e.rule == RuleMinAge || e.rule == RuleNotBest || e.tag == d.Chosen:
		case e.readable:
			versions = append(versions, place{e.version.key ^ flip, e})
		default:
			others = append(others, place{textKey(e.tag), e})
		}
	}
	slices.SortFunc(versions, func(a, b place) int {
		if a.rank != b.rank {
			return cmp.Compare(b.rank, a.rank)
		}
		return r.compareEntries(b.entry, a.entry)
	})
	slices.SortFunc(others, func(a, b place) int {
		if a.rank != b.rank {
			return cmp.Compare(a.rank, b.rank)
		}
		return strings.Compare(a.entry.tag, b.entry.tag)
	})
	above := true
	for i, p := range versions {
		above = above && (best.text == "" || r.policy.scale.compare(r, &p.entry.version, best) > 0)
		if i == 0 || versions[i-1].entry.tag != p.entry.tag {
			d.Verdicts = append(d.Verdicts, r.rejected(p.entry, above))
		}
	}
	for i, p := range others {
		if i == 0 || others[i-1].entry.tag != p.entry.tag {
			d.Verdicts = append(d.Verdicts, r.rejected(p.entry, false))
		}
	}
	return d
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
	v := Verdict{Tag: e.tag, Outcome: Rejected, Rule: e.rule, round: r, above: above}
	if e.rule == RulePlatforms {
		v.note = missingDetail(r.policy.spec.Guard.missing(e.candidate))
	}
	return v
}

func missingDetail(missing []image.Platform) string {
	names := make([]string, len(missing))
	for i, p := range missing {
		names[i] = p.String()
	}
	return "not offered for " + strings.Join(names, ", ")
}
