package policy

import (
	"slices"
	"time"
)

// skew is how far the clocks of others may be ahead of ours.
const skew = 24 * time.Hour

// credible returns the candidates without times that lie in the future. Such a tag would be the newest for years, or
// wait as long.
func (r *round) credible(candidates []Candidate) []Candidate {
	latest, cloned := r.now.Add(skew), false
	for i := range candidates {
		c := candidates[i]
		if !c.Pushed.After(latest) && !c.Created.After(latest) {
			continue
		}
		if !cloned {
			candidates, cloned = slices.Clone(candidates), true
			r.ahead = make(map[string]time.Time)
		}
		for _, at := range []*time.Time{&candidates[i].Created, &candidates[i].Pushed} {
			if at.After(latest) {
				r.ahead[c.Tag] = *at
				*at = time.Time{}
			}
		}
	}
	return candidates
}

// untimed reports whether a verdict is what it is because a time is not known.
func (r *round) untimed(v Verdict) bool {
	_, newest := r.policy.scale.(*newestScale)
	return v.Rule == RuleMinAge && v.Until.IsZero() || v.Rule == RuleNoVersion && newest
}
