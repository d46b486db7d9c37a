package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
)

// Detail returns a sentence about the verdict for people. It is worked out when it is asked for, so that 100,000
// rejected tags cost nothing.
func (v Verdict) Detail() string {
	switch {
	case v.round == nil:
		return string(v.Rule)
	case v.Outcome == Chosen:
		return v.round.chosenDetail()
	}
	return v.round.detail(v)
}

func (r *round) detail(v Verdict) string {
	if at := r.ahead[v.Tag]; !at.IsZero() && r.untimed(v) {
		return "its time is taken for unknown, as " + at.UTC().Format(time.DateOnly) + " lies in the future"
	}
	switch v.Rule {
	case RuleArtifact:
		return artifactDetail
	case RuleMatch:
		if r.policy.scale == nil {
			return fmt.Sprintf("the policy follows %s and no other tag", r.policy.spec.Select.Arg)
		}
		return r.faultDetail(unmatched, "")
	case RuleIgnore:
		i := r.policy.filter.ignoredBy(v.Tag)
		return fmt.Sprintf("tags.ignore[%d] '%s' matches", i, r.policy.filter.sources[i])
	case RuleMinAge:
		return r.ageDetail(v.Until)
	case RulePlatforms, RuleQuota:
		return r.notes[v.Tag]
	case RuleNotBest:
		return fmt.Sprintf("allowed, but %s is better", r.chosen)
	}
	var reader parser
	text, _ := r.policy.filter.text(v.Tag)
	to, f := r.policy.read(&reader, text, nil)
	if v.Rule == RuleNoVersion && !image.IsTag(v.Tag) {
		f = strangeCharacter
	}
	if f == noFault {
		return r.versionDetail(v.Rule, to)
	}
	return r.faultDetail(f, text)
}

// versionDetail explains the rules about versions.
func (r *round) versionDetail(rule Rule, to *version) string {
	guard := &r.policy.spec.Guard
	switch rule {
	case RuleNoVersion: // it can be read, but its time is not known
		return r.faultDetail(noTime, to.text)
	case RuleScheme:
		return r.schemeDetail(to)
	case RuleVariant:
		if !r.usable {
			return r.askedDetail()
		}
		return variantDetail(r.from, to, guard.Variant)
	case RulePrerelease:
		if r.usable && r.from.stage != stageFinal && !to.channel {
			return fmt.Sprintf("pre-release of another version than %s; guard.prerelease is false", r.from.text)
		}
		return "pre-release; guard.prerelease is false"
	case RuleRange:
		return "outside the range " + r.policy.spec.Select.Arg
	case RuleOlder:
		return r.olderDetail()
	case RuleBump:
		step := stepBetween(r.from, to)
		return fmt.Sprintf("a %s step from %s; guard.bump is %s", step, r.from.text, guard.Bump)
	}
	return string(rule)
}

const artifactDetail = "a signature, an attestation or a bill of materials, not an image"

func (r *round) faultDetail(f fault, text string) string {
	switch f {
	case tooLong:
		return fmt.Sprintf("no version, as it is longer than %d characters", maxText)
	case strangeCharacter:
		return "no tag that a registry could have"
	case noNumber:
		if strings.ContainsAny(text, "0123456789") {
			return "no version, as its digits belong to words"
		}
		return "no version, as there is no number in it"
	case onlyHash:
		return "a commit or a digest, not a version; only select.newest can order these"
	case commitInside:
		return midCommitDetail(text)
	case ambiguous:
		return ambiguousDetail(text)
	case emptyText:
		return fmt.Sprintf("tags.extract '%s' leaves nothing of it", r.policy.spec.Extract)
	case notDigits:
		return fmt.Sprintf("%q is not a number", text)
	case noFit:
		return "does not fit the format " + r.policy.spec.Select.Arg
	case unmatched:
		return fmt.Sprintf("tags.match '%s' does not match", r.policy.spec.Match)
	case artifact:
		return artifactDetail
	case noTime:
		if s, ok := r.policy.scale.(*newestScale); ok && s.created {
			return "build time unknown"
		}
		return "push time unknown"
	}
	return "no version"
}

// unusableDetail says why the current tag is not usable, "" if it is.
func (r *round) unusableDetail() string {
	switch {
	case r.usable:
		return ""
	case r.current.Tag == "":
		return "there is no tag"
	case r.policy.scale == nil:
		return fmt.Sprintf("%s: the policy follows %s", r.current.Tag, r.policy.spec.Select.Arg)
	}
	text, _ := r.policy.filter.text(r.current.Tag)
	return r.current.Tag + ": " + r.faultDetail(r.fault, text)
}

func (r *round) schemeDetail(to *version) string {
	switch {
	case !r.usable:
		return "a date, and there are tags that are none"
	case to.dated && !r.from.dated:
		return fmt.Sprintf("a date, and %s is none", r.from.text)
	case !to.dated:
		return fmt.Sprintf("no date, and %s is one", r.from.text)
	}
	return fmt.Sprintf("a date written in another way than %s", r.from.text)
}

func (r *round) olderDetail() string {
	switch s := r.policy.scale.(type) {
	case *newestScale:
		return fmt.Sprintf("%s before %s", s.verb(), r.current.Tag)
	case *numericScale:
		if s.descending {
			return fmt.Sprintf("higher than %s, and the lowest is wanted", r.from.text)
		}
	case *alphabeticalScale:
		if s.descending {
			return fmt.Sprintf("behind %s, and the first is wanted", r.from.text)
		}
		return fmt.Sprintf("in front of %s, and the last is wanted", r.from.text)
	}
	return "lower than " + r.from.text
}

func (r *round) ageDetail(until time.Time) string {
	age := formatDuration(r.policy.spec.Guard.MinAge)
	if until.IsZero() {
		return fmt.Sprintf("push time unknown, so not known to be %s old", age)
	}
	return fmt.Sprintf("younger than %s, old enough at %s", age, until.UTC().Format("2006-01-02 15:04 MST"))
}

// formatDuration writes 72h as 72h and not as 72h0m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// chosenDetail says why the chosen tag is chosen, or why nothing better is.
func (r *round) chosenDetail() string {
	if r.policy.scale == nil {
		return r.followedDetail()
	}
	if r.chosen != r.current.Tag {
		s := fmt.Sprintf("the best of %d allowed tags", r.count)
		if r.count == 1 {
			s = "the only allowed tag"
		}
		if !r.usable && r.current.Tag != "" {
			s += fmt.Sprintf("; a reference that was only found would be left alone (%s)", r.unusableDetail())
		}
		return s
	}
	const kept = "nothing better is allowed"
	if against := r.againstCurrent(); against != "" {
		return kept + "; " + against
	}
	return kept
}

// againstCurrent says what is wrong with the current tag.
func (r *round) againstCurrent() string {
	if !r.usable {
		return r.unusableDetail()
	}
	if _, against := r.policy.filter.text(r.current.Tag); against != noRule {
		return r.detail(Verdict{Tag: r.current.Tag, Rule: against})
	}
	if s, ok := r.policy.scale.(*versionScale); ok && !s.within.has(r.from) {
		return r.current.Tag + " is outside the range " + s.within.source
	}
	if !r.listed {
		return r.current.Tag + " is no longer in the registry"
	}
	return ""
}

func (r *round) followedDetail() string {
	switch {
	case r.usable && r.refused.Rule != noRule:
		return fmt.Sprintf("kept as it is, as guard.platforms is against what %s points to now: %s", r.chosen, r.refused.Detail())
	case r.chosen != r.policy.spec.Select.Arg:
		return fmt.Sprintf("kept, as %s may not be taken", r.policy.spec.Select.Arg)
	case !r.listed:
		return "kept, though it is no longer in the registry"
	}
	return "the tag whose digest is followed"
}
