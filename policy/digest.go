package policy

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/image-updater/image-updater/image"
)

// follow decides about the digest of the one tag that the policy follows.
func (r *round) follow(candidates []Candidate) Decision {
	followed := r.policy.spec.Select.Arg
	r.usable = r.current.Tag == followed
	d := Decision{Current: r.current.Tag, Chosen: r.current.Tag, Digest: r.current.Digest, Usable: r.usable}
	d.Unusable = r.unusableDetail()
	var found *Candidate
	others := make([]string, 0, len(candidates))
	for i := range candidates {
		switch c := &candidates[i]; {
		case c.Tag != followed:
			others = append(others, c.Tag)
		case found == nil || compareDoubles(c, found) > 0:
			found = c
		}
	}
	r.listed = found != nil
	verdict, take := r.judgeFollowed(found, followed)
	if take {
		d.Chosen, d.Digest = followed, found.Digest
		d.Changed = !r.usable || r.current.Digest != "" && found.Digest != "" && found.Digest != r.current.Digest
	}
	r.chosen = d.Chosen
	if verdict.Rule == RulePlatforms {
		r.refused = verdict
	}
	if d.Chosen != "" && !(r.usable && verdict.Outcome == Waiting) {
		d.Verdicts = append(d.Verdicts, Verdict{Tag: d.Chosen, Outcome: Chosen, round: r})
	}
	if verdict.Tag != "" && (verdict.Outcome == Waiting || verdict.Tag != d.Chosen) {
		d.Verdicts = append(d.Verdicts, verdict)
	}
	if take || verdict.Outcome == Waiting {
		d.Missing = r.wanted()
	}
	slices.Sort(others)
	for _, tag := range slices.Compact(others) {
		if tag != d.Chosen {
			d.Verdicts = append(d.Verdicts, r.rejectedTag(tag))
		}
	}
	return d
}

// judgeFollowed judges the followed tag with the digest it has now. take is whether that one may be written. A reference
// without a digest has none that could stay: to write one is a choice like any other.
func (r *round) judgeFollowed(c *Candidate, followed string) (verdict Verdict, take bool) {
	if c == nil {
		return Verdict{}, false
	}
	verdict = Verdict{Tag: followed, Outcome: Rejected, round: r}
	same := r.usable && r.current.Digest != "" && (c.Digest == "" || c.Digest == r.current.Digest)
	guard := &r.policy.spec.Guard
	if c.Digest == "" && r.need(c, image.DigestFact) {
		return r.waiting(RuleQuota, c), false
	}
	if same {
		return verdict, true
	}
	if rule := r.delay(c); rule != noRule {
		return r.waiting(rule, c), false
	}
	if missing := guard.missing(c); len(missing) > 0 {
		verdict.Rule = RulePlatforms
		r.note(followed, fmt.Sprintf("%s is %s", cmp.Or(c.Digest.String(), "what it points to"), notOffered(missing)))
		return verdict, false
	}
	return verdict, true
}

// rejectedTag is the verdict of a tag that is not the followed one.
func (r *round) rejectedTag(tag string) Verdict {
	rule := RuleMatch
	if _, against := r.policy.filter.text(tag); against == RuleArtifact {
		rule = against
	}
	return Verdict{Tag: tag, Outcome: Rejected, Rule: rule, round: r}
}
