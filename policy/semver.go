package policy

import "cmp"

// versionScale orders versions: those of the grammar of tags for semver, those of a format for calver.
type versionScale struct {
	guard  Guard
	within *versionRange // of semver
	format *format       // of calver, nil for semver
}

func (s *versionScale) read(p *parser, text string, _ *Candidate) (*version, fault) {
	if s.format == nil {
		return p.parse(text)
	}
	return p.parseAs(s.format, text)
}

func (s *versionScale) judge(r *round, to *version) Rule {
	from := r.from
	if !r.usable {
		return s.judgeAlone(to)
	}
	if s.guard.Variant == AnyVariant { // noted once, as it is asked in every comparison
		to.own = sameVariant(from, to, true) && samePrecision(from, to)
	}
	switch {
	case s.format == nil && !sameScheme(from, to):
		return RuleScheme
	case !s.allowsVariant(from, to):
		return RuleVariant
	case !s.allowsStage(from, to):
		return RulePrerelease
	case !s.within.has(to):
		return RuleRange
	case !r.down && s.compareVersions(to, from) < 0:
		return RuleOlder
	case !s.guard.Bump.allows(stepBetween(from, to)):
		return RuleBump
	}
	return noRule
}

// judgeAlone judges a version that has no current one to be compared with.
func (s *versionScale) judgeAlone(to *version) Rule {
	switch {
	case !s.guard.Prerelease && (to.stage != stageFinal || to.channel):
		return RulePrerelease
	case !s.within.has(to):
		return RuleRange
	}
	return noRule
}

func (s *versionScale) allowsVariant(from, to *version) bool {
	switch s.guard.Variant {
	case AnyVariant:
		return from.marked == to.marked && sameOwner(from, to) && !from.losesBuild(to)
	case NewerVariant:
		return sameVariant(from, to, true) && (s.format != nil || samePrecision(from, to))
	}
	if from.shape != to.shape && !from.dropsBuild(to) { // most tags, at little cost
		return false
	}
	return sameVariant(from, to, false) && (s.format != nil || samePrecision(from, to))
}

// allowsStage reports whether a pre-release is allowed: by the guard, as a later one of the version that the current
// tag is a pre-release of, or in a channel of pre-releases (nightly-20240101) that the current tag is in already.
func (s *versionScale) allowsStage(from, to *version) bool {
	switch {
	case s.guard.Prerelease, from.channel && to.channel:
		return true
	case to.channel:
		return false
	case to.stage == stageFinal:
		return true
	}
	return from.stage != stageFinal && compareNumbers(from, to) == 0
}

func (s *versionScale) compare(a, b *version) int {
	if c := s.compareVersions(a, b); c != 0 || s.guard.Variant != AnyVariant {
		return c
	}
	return compareVariants(a, b)
}

// compareVersions compares what makes one version lower than another. Under variant any that is only what does not
// belong to the variant, so that all variants of a version are level.
func (s *versionScale) compareVersions(a, b *version) int {
	if c := compareNumbers(a, b); c != 0 {
		return c
	}
	if c := compareStages(a, b); c != 0 {
		return c
	}
	switch s.guard.Variant {
	case AnyVariant:
		if a.own && b.own {
			return compareRevisions(a, b)
		}
		return 0
	case NewerVariant:
		if c := compareRevisions(a, b); c != 0 {
			return c
		}
		return compareOwned(a, b)
	}
	return compareRevisions(a, b)
}

// compareVariants says which of two variants of one version is wanted when any is: the current one, else a plain one,
// else the one with the later build.
func compareVariants(a, b *version) int {
	return cmp.Or(compareBool(a.own, b.own), compareBool(a.plain(), b.plain()), compareRevisions(a, b))
}

// stepBetween returns the size of the step between two versions: which of their numbers differs first.
func stepBetween(a, b *version) Bump {
	steps := [...]Bump{Major, Minor}
	for i, step := range steps {
		if compareDigits(a.number(i), b.number(i)) != 0 {
			return step
		}
	}
	return Patch
}
