package policy

import (
	"slices"
	"strings"
)

// asked is what is looked for when the current tag is no version: an image as plain as can be, or one with the words of
// the current tag.
type asked struct {
	words  []string // of the current tag, without those that name a channel
	strict bool     // one of them names a platform or runtime: no other will do
	tier   tier     // the best there is
}

// tier says how far a tag is from what is asked for; less is better.
type tier uint8

const (
	withBuild  tier = 1 << iota // plain, but for a count of builds
	withWords                   // not plain
	ofWord                      // the number of a word: alpine3.20
	isDate                      // a date
	otherWords                  // not the words asked for
)

// narrow rejects all allowed entries but the best tier. An entry without the platforms it needs does not count, as it
// will not be chosen.
func (r *round) narrow(allowed []*entry) {
	scale, ok := r.policy.scale.(*versionScale)
	if !ok {
		return
	}
	r.asked = r.askedFor()
	tiers := make([]tier, len(allowed))
	found := false
	for i, e := range allowed {
		tiers[i] = r.asked.tierOf(e.version, scale.guard.Variant)
		if len(scale.guard.missing(e.candidate)) > 0 || r.asked.strict && tiers[i]&otherWords != 0 {
			continue
		}
		if !found || tiers[i] < r.asked.tier {
			found, r.asked.tier = true, tiers[i]
		}
	}
	for i, e := range allowed {
		switch {
		case found && tiers[i] <= r.asked.tier: // less only without the platforms
		case found && tiers[i]^r.asked.tier == isDate:
			e.rule = RuleScheme
		case found || tiers[i]&otherWords != 0 && r.asked.strict:
			e.rule = RuleVariant
		}
	}
}

// askedFor reads the words of the current tag. A hash, or a tag that match does not match, says nothing.
func (r *round) askedFor() *asked {
	a := &asked{}
	if r.fault != noNumber && r.fault != ambiguous {
		return a
	}
	text, _ := r.policy.filter.text(r.current.Tag)
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return c == '-' || c == '_' }) {
		if channelTable[strings.ToLower(word)] {
			continue
		}
		a.words = append(a.words, word)
		letters := strings.TrimRight(word, "0123456789.")
		switch lookUp(letters).class {
		case platformWord, runtimeWord, archWord:
			a.strict = true
		}
	}
	return a
}

func (a *asked) tierOf(v *version, variant Variant) tier {
	var t tier
	if v.dated {
		t |= isDate
	}
	if v.borrowed {
		t |= ofWord
	}
	if variant == AnyVariant {
		return t
	}
	if v.revision && variant != NewerVariant {
		t |= withBuild
	}
	if len(a.words) > 0 {
		if slices.Equal(a.words, v.variantWords()) {
			return t
		}
		t |= otherWords
	}
	if !v.plain() {
		t = t&^withBuild | withWords
	}
	return t
}

// variantWords returns the words of the variant with the numbers glued to them.
func (v *version) variantWords() []string {
	var words []string
	for i, p := range v.parts {
		if p.kind != wordPart && p.kind != ownedPart || p.at == p.to {
			continue
		}
		if p.from == p.at && i > 0 && len(words) > 0 && (v.parts[i-1].kind == wordPart || v.parts[i-1].kind == ownedPart) {
			words[len(words)-1] += p.of(v.text)
			continue
		}
		if i+1 < len(v.parts) && v.parts[i+1].kind == numberPart && isMark(p.of(v.text)) {
			continue
		}
		words = append(words, p.of(v.text))
	}
	return words
}
