package plan

import (
	"fmt"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

func (m *maker) decide(p Policy, site edit.Site) {
	m.seen[p.Name] = true
	list, listed := m.input.Lists[p.Image]
	followed, follows := p.Choice.Followed()
	switch {
	case !listed:
		m.fail(p, site, fmt.Errorf("%s was not listed in this pass: the reference to it has come meanwhile", p.Image))
		m.leave(p, site)
		return
	case list.Err != nil && (!follows || list.Ages && p.Choice.Facts().Has(image.PushedFact)):
		m.fail(p, site, list.Err)
		m.leave(p, site)
		return
	}
	current := policy.Current{Tag: site.Tag, Digest: site.Digest}
	key := decisionKey{policy: p.Name, tag: site.Tag, digest: site.Digest}
	decision, known := m.decisions[key]
	if !known {
		decision = p.Choice.Choose(current, list.Candidates, m.input.Now)
		m.decisions[key] = decision
	}
	if !decision.Usable && !site.Named {
		if follows && m.unfollowed(p, site, list, current) {
			m.leave(p, site)
			return
		}
		m.held = append(m.held, Held{Policy: p.Name, Rule: policy.RuleNoVersion, Detail: fmt.Sprintf(
			"%s:%d: %s; it is left alone unless a marker or a target names it", site.Path, site.Line, decision.Unusable)})
		m.stays(p, site, Held{Rule: policy.RuleNoVersion, Detail: decision.Unusable + "; it is left alone unless a marker or a target names it"})
		return
	}
	lacks, err := list.Lacks(p, current, decision)
	switch {
	case err != nil:
		m.fail(p, site, err)
		m.leave(p, site)
		return
	case len(lacks) > 0:
		m.miss(lacks)
		m.leave(p, site)
		return
	}
	if !m.told[key] {
		m.told[key] = true
		m.stops[key] = m.hold(p, decision)
		m.holdGone(p, current, decision)
		if follows && !list.has(followed) {
			m.holdLost(p, followed)
		}
	}
	m.change(p, site, decision)
}

// unfollowed reports whether it is not known that there is a tag to follow. Nobody but the policy has named it, so that a
// misspelled one has to be told even if all references are left alone.
func (m *maker) unfollowed(p Policy, site edit.Site, list List, current policy.Current) bool {
	lacks, err := list.unfollowed(p, current)
	if err != nil {
		m.fail(p, site, err)
	}
	m.miss(lacks)
	return err != nil || len(lacks) > 0
}

// change adds the change that brings the reference to what was decided, if it is not there.
func (m *maker) change(p Policy, site edit.Site, decision policy.Decision) {
	goal, ok := p.goal(policy.Current{Tag: site.Tag, Digest: site.Digest}, decision)
	stop := m.stops[decisionKey{policy: p.Name, tag: site.Tag, digest: site.Digest}]
	if !ok {
		m.stays(p, site, stop)
		return
	}
	if held, back := m.holdBack(p, site, goal); back {
		m.stays(p, site, held)
		return
	}
	change := Change{Policy: p.Name, Git: m.input.Git, Site: site, To: goal.tag, ToDigest: goal.written(), Decision: decision,
		PolicyHash: p.Name + " " + p.hash()}
	if goal.pinned && goal.digest == "" {
		m.stays(p, site, m.undigested(p, site, goal.tag))
		return
	}
	if stop, closed := p.Gate.Closed(m.input.Now); closed {
		m.withheld = append(m.withheld, Withheld{change, stop})
		m.leave(p, site)
		m.rule(Ruling{Policy: p.Name, Site: site, To: change.To, ToDigest: change.ToDigest,
			Held: Held{Tag: change.To, Rule: stop.Rule, Detail: stop.Why, Until: stop.Until}})
		return
	}
	m.group(p.Group).add(change)
	m.rule(Ruling{Policy: p.Name, Site: site, To: change.To, ToDigest: change.ToDigest, Changed: true, Held: stop})
}

// undigested notes why a tag that is to be written with its digest is not.
func (m *maker) undigested(p Policy, site edit.Site, tag string) Held {
	if until := m.input.Lists[p.Image].Candidate(tag).NoQuotaUntil; !until.IsZero() {
		m.leave(p, site)
		held := Held{Policy: p.Name, Tag: tag, Rule: policy.RuleQuota, Until: until,
			Detail: tag + ": its digest is not known, and asking would spend more of the registry's pull quota than this policy file allows"}
		m.held = append(m.held, held)
		return held
	}
	return m.holdLost(p, tag)
}

// holdLost notes a tag that stays although the registry has lost it.
func (m *maker) holdLost(p Policy, tag string) Held {
	return m.holdOnce(Held{Policy: p.Name, Rule: NotFound, Detail: fmt.Sprintf("%s: %s has no such tag any more; the reference is kept as it is", tag, p.Image)})
}

// holdGone notes the tags that would have been chosen, had the registry what it lists.
func (m *maker) holdGone(p Policy, current policy.Current, decision policy.Decision) {
	if _, follows := p.Choice.Followed(); follows {
		return
	}
	list := m.input.Lists[p.Image]
	chosen := list.Candidate(decision.Chosen)
	for _, gone := range list.Gone {
		better := p.Choice.Choose(current, []policy.Candidate{chosen, gone}, m.input.Now).Chosen
		if better == gone.Tag && better != decision.Chosen {
			m.holdOnce(Held{Policy: p.Name, Tag: gone.Tag, Rule: NotFound, Detail: gone.Tag + ": it is listed, but " + p.Image.String() + " has no such tag"})
		}
	}
}

// miss notes what has to be looked up, each tag once.
func (m *maker) miss(lacks []Missing) {
	for _, lack := range lacks {
		key := tagKey{lack.Image, lack.Tag}
		i, noted := m.missingAt[key]
		if !noted {
			m.missingAt[key] = len(m.missing)
			m.missing = append(m.missing, lack)
			continue
		}
		m.missing[i].Facts |= lack.Facts
		m.missing[i].Chosen = m.missing[i].Chosen || lack.Chosen
		m.missing[i].Confirm = m.missing[i].Confirm || lack.Confirm
	}
}

// hold notes what keeps references from a newer tag: waits, and the first refusal of a tag higher than the one chosen. It
// returns the first of all that.
func (m *maker) hold(p Policy, decision policy.Decision) (first Held) {
	for _, v := range decision.Verdicts {
		if v.Outcome == policy.Waiting {
			held := m.holdTag(p, v)
			if first.Rule == "" {
				first = held
			}
		}
	}
	if v, refused := decision.Refused(); refused && !(decision.Changed && otherKind(v.Rule)) {
		held := m.holdTag(p, v)
		if first.Rule == "" {
			first = held
		}
	}
	return first
}

// holdTag notes a tag once, however many tags it is held back from.
func (m *maker) holdTag(p Policy, v policy.Verdict) Held {
	return m.holdOnce(Held{Policy: p.Name, Tag: v.Tag, Rule: v.Rule, Detail: v.Tag + ": " + v.Detail(), Until: v.Until})
}

func (m *maker) holdOnce(held Held) Held {
	if !m.heldOnce[held] {
		m.heldOnce[held] = true
		m.held = append(m.held, held)
	}
	return held
}

// otherKind reports whether a rule says that a tag is of another kind. Beside a change that is no news: there are always
// higher tags of other variants.
func otherKind(rule policy.Rule) bool {
	return rule == policy.RuleVariant || rule == policy.RuleScheme
}
