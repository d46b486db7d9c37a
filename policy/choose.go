package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
)

// round is one call of [Policy.Choose]. The verdicts keep it for their details, the entries it is made from not.
type round struct {
	policy  *Policy
	current Current
	now     time.Time

	from   *version // the current tag, nil if it is not usable
	usable bool
	listed bool         // the registry has the current tag
	digest image.Digest // that it has there
	fault  fault        // why the current tag is not usable
	down   bool         // the current tag lies outside the range, and guard.downgrade allows to leave it downwards

	asked  *asked // what is looked for without a usable current tag
	chosen string
	count  int               // of tags that all rules allow
	notes  map[string]string // details that cannot be worked out again, by tag

	ahead map[string]time.Time // times in the future, which are taken for unknown, by tag

	refused Verdict // of the followed tag, where a rule is against the digest it has now

	missing []Missing
	blocked time.Time // until when nothing is known to be newer than the current tag, whose own time is not known
}

// entry is a candidate on its way to a verdict.
type entry struct {
	tag       string
	candidate *Candidate
	version   *version // nil when it cannot be read
	rule      Rule     // the first that is against it
}

// Choose decides which of the candidates the reference that holds current should have at the time now. It does not
// depend on the order of the candidates, and changes nothing it is given. Of doubles the youngest counts.
func (p *Policy) Choose(current Current, candidates []Candidate, now time.Time) Decision {
	r := &round{policy: p, current: current, now: now}
	candidates = r.credible(candidates)
	if p.scale == nil {
		return r.follow(candidates)
	}
	r.readCurrent(candidates)
	entries := make([]entry, len(candidates))
	allowed := make([]*entry, 0, 64)
	for i := range candidates {
		e := &entries[i]
		e.tag, e.candidate = candidates[i].Tag, &candidates[i]
	}
	if _, timed := p.scale.(*newestScale); timed {
		shareDoubles(entries)
	}
	reader := newParser()
	for i := range entries {
		r.judge(reader, &entries[i])
		if entries[i].rule == noRule {
			allowed = append(allowed, &entries[i])
		}
	}
	allowed = mergeDoubles(r.bestFirst(allowed))
	if !r.usable {
		r.narrow(allowed)
		allowed = slices.DeleteFunc(allowed, func(e *entry) bool { return e.rule != noRule })
	}
	chosen := r.pick(allowed)
	for _, e := range allowed {
		if e.rule == noRule || e.rule == RuleNotBest {
			r.count++
		}
	}
	return r.decide(chosen, allowed, entries)
}

// readCurrent reads the current tag, with a parser of its own, as the round outlives all others.
func (r *round) readCurrent(candidates []Candidate) {
	if r.current.Tag == "" {
		r.fault = emptyText
		return
	}
	var candidate *Candidate
	for i := range candidates {
		if c := &candidates[i]; c.Tag == r.current.Tag && (candidate == nil || compareDoubles(c, candidate) > 0) {
			candidate = c
		}
	}
	if candidate != nil {
		r.listed, r.digest = true, candidate.Digest
		if s, ok := r.policy.scale.(*newestScale); ok && s.time(candidate).IsZero() {
			r.blocked = candidate.NoQuotaUntil
		}
	}
	text, against := r.policy.filter.text(r.current.Tag)
	switch against {
	case RuleArtifact:
		r.fault = artifact
		return
	case RuleMatch:
		r.fault = unmatched
		return
	}
	var reader parser
	r.from, r.fault = r.policy.read(&reader, text, candidate)
	if r.fault == noTime {
		r.from, r.fault = r.policy.read(&reader, text, nil)
	}
	if r.usable = r.fault == noFault; !r.usable {
		return
	}
	r.from.own = true
	if scale, ok := r.policy.scale.(*versionScale); ok {
		r.down = r.policy.spec.Guard.Downgrade && !scale.within.has(r.from)
	}
}

// read reads the text of a tag.
func (p *Policy) read(reader *parser, text string, c *Candidate) (*version, fault) {
	if text == "" {
		return nil, emptyText
	}
	return p.scale.read(reader, text, c)
}

// judge finds the first rule against a candidate, up to and with bump.
func (r *round) judge(reader *parser, e *entry) {
	text, against := r.policy.filter.text(e.tag)
	if against == RuleArtifact || against == RuleMatch {
		e.rule = against
		return
	}
	var f fault
	e.version, f = r.policy.read(reader, text, e.candidate)
	switch {
	case against != noRule:
		e.rule = against
	case f == noFit:
		e.rule = RuleScheme
	case f != noFault:
		e.rule = RuleNoVersion
	default:
		e.rule = r.policy.scale.judge(r, e.version)
	}
	// What a registry lists is a tag, but this is the last place before a file to make sure.
	if e.rule == noRule && !image.IsTag(e.tag) {
		e.rule, e.version = RuleNoVersion, nil
	}
}

// pick finds the best of the allowed entries, best first, that is neither too young nor lacks a platform, and gives all
// others of them a rule. It returns nil when none is better than the current tag.
func (r *round) pick(allowed []*entry) *entry {
	guard := &r.policy.spec.Guard
	var chosen *entry
	settled := false
	for _, e := range allowed {
		if !settled && r.isCurrent(e.tag) {
			chosen, settled = e, true
			continue
		}
		settled = settled || r.usable && !r.down && r.policy.scale.compare(e.version, r.from) <= 0
		if !settled {
			if e.rule = r.delay(e.candidate); e.rule != noRule {
				continue
			}
		}
		switch {
		case len(guard.missing(e.candidate)) > 0:
			e.rule = RulePlatforms
		case settled:
			e.rule = RuleNotBest
		default:
			chosen, settled = e, true
		}
	}
	return chosen
}

// delay returns the rule for which a candidate waits that nothing else is against.
func (r *round) delay(c *Candidate) Rule {
	guard := &r.policy.spec.Guard
	if !r.blocked.IsZero() {
		r.note(c.Tag, notAffordable("the "+r.policy.scale.(*newestScale).fact().String()+" of "+r.current.Tag+" is"))
		return RuleQuota
	}
	if lack := guard.lack(c, r.now); lack != 0 && r.need(c, lack) {
		return RuleQuota
	}
	until, young := guard.young(c, r.now)
	if young && (!until.IsZero() || len(guard.missing(c)) == 0) {
		return RuleMinAge
	}
	return noRule
}

func (r *round) isCurrent(tag string) bool { return r.usable && tag == r.current.Tag }

// mergeDoubles drops all but one of the entries of one tag, which lie beside each other.
func mergeDoubles(sorted []*entry) []*entry {
	merged := sorted[:0]
	for _, e := range sorted {
		last := len(merged) - 1
		if last < 0 || merged[last].tag != e.tag {
			merged = append(merged, e)
			continue
		}
		e.rule = RuleNotBest // it gets no verdict of its own
		if compareDoubles(e.candidate, merged[last].candidate) > 0 {
			merged[last].candidate = e.candidate
		}
	}
	return merged
}

// shareDoubles gives all entries of one tag the same candidate, so that they have the same time.
func shareDoubles(entries []entry) {
	best := make(map[string]*Candidate, len(entries))
	for _, e := range entries {
		if other := best[e.tag]; other == nil || compareDoubles(e.candidate, other) > 0 {
			best[e.tag] = e.candidate
		}
	}
	for i := range entries {
		entries[i].candidate = best[entries[i].tag]
	}
}

// compareDoubles orders two candidates with the same tag; the larger one counts: the younger, an unknown age being the
// youngest. The rest only makes the order complete.
func compareDoubles(a, b *Candidate) int {
	x, y := a.birth(), b.birth()
	switch {
	case x.IsZero() != y.IsZero():
		return compareBool(x.IsZero(), y.IsZero())
	case !x.Equal(y):
		return x.Compare(y)
	case !a.Created.Equal(b.Created):
		return a.Created.Compare(b.Created)
	case a.Digest != b.Digest:
		return strings.Compare(string(a.Digest), string(b.Digest))
	case (a.Platforms == nil) != (b.Platforms == nil):
		return compareBool(a.Platforms == nil, b.Platforms == nil)
	}
	return cmp.Or(slices.CompareFunc(a.Platforms, b.Platforms, func(p, q image.Platform) int {
		return strings.Compare(p.String(), q.String())
	}), a.NoQuotaUntil.Compare(b.NoQuotaUntil))
}
