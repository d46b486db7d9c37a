package policy

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Compare orders two tags as the policy does, the better one being the larger, whatever rules are against them. ok is
// false when that cannot be said: one of them is none of the policy's kind of tag, its time is not known, or the policy
// follows a digest and knows no order.
func (p *Policy) Compare(a, b Candidate) (order int, ok bool) {
	if p.scale == nil {
		return 0, false
	}
	x, y := p.readAny(&a), p.readAny(&b)
	if x == nil || y == nil {
		return 0, false
	}
	if s, versions := p.scale.(*versionScale); versions {
		x.own, y.own = true, true // no variant goes before another here
		return s.compareVersions(x, y), true
	}
	return p.scale.compare(x, y), true
}

// readAny reads a candidate that the policy may ignore, nil if it is no tag of its kind.
func (p *Policy) readAny(c *Candidate) *version {
	text, against := p.filter.text(c.Tag)
	if against == RuleArtifact || against == RuleMatch {
		return nil
	}
	v, f := p.read(newParser(), text, c)
	if f != noFault {
		return nil
	}
	return v
}

// Fingerprint is a short text that is the same for policies that choose alike: tags, select and guard as written. A key
// that is not set does not count, so that a new one changes no fingerprint.
func (p *Policy) Fingerprint() string {
	var b strings.Builder
	s := p.spec
	add := func(key string, value any) {
		if text := fmt.Sprint(value); text != "" && text != "false" && text != "0s" && text != "[]" {
			fmt.Fprintf(&b, "%s=%q\n", key, text)
		}
	}
	add("tags.match", s.Match)
	add("tags.extract", s.Extract)
	for _, expression := range s.Ignore {
		add("tags.ignore", expression)
	}
	if s.Select != (Select{}) {
		add("select."+string(cmp.Or(s.Select.Kind, Semver)), s.Select.Arg)
	}
	add("guard.bump", s.Guard.Bump)
	add("guard.prerelease", s.Guard.Prerelease)
	add("guard.downgrade", s.Guard.Downgrade)
	add("guard.variant", s.Guard.Variant)
	add("guard.minAge", s.Guard.MinAge)
	add("guard.platforms", s.Guard.Platforms)
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:6])
}
