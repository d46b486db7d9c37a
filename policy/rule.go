package policy

// Outcome is what became of a tag.
type Outcome string

// The outcomes of a tag.
const (
	Chosen   Outcome = "chosen"   // the tag to write, or the current one when nothing better is allowed
	Waiting  Outcome = "waiting"  // better than the chosen one, and may be taken later: too young, or not looked at yet
	Rejected Outcome = "rejected" // a rule is against it
)

// Rule names what rejected a tag or makes it wait. Rules are judged in the order below; a tag's verdict names the first
// that applies.
type Rule string

// The rules, in the order of judgement.
const (
	RuleArtifact   Rule = "artifact"      // a signature, attestation or bill of materials beside an image
	RuleMatch      Rule = "match"         // tags.match does not match
	RuleIgnore     Rule = "ignore"        // one of tags.ignore matches
	RuleNoVersion  Rule = "not-a-version" // cannot be read as this policy's kind of tag
	RuleScheme     Rule = "scheme"        // a date among numbers, or the other way round; another calver format
	RuleVariant    Rule = "variant"       // other words, another precision, a revision more or less
	RulePrerelease Rule = "prerelease"    // a pre-release, and none is allowed
	RuleRange      Rule = "range"         // outside select.semver
	RuleOlder      Rule = "older"         // lower than the current tag
	RuleBump       Rule = "bump"          // a larger step than guard.bump allows
	RuleMinAge     Rule = "min-age"       // younger than guard.minAge
	RulePlatforms  Rule = "platforms"     // lacks one of guard.platforms
	RuleQuota      Rule = "quota"         // looking up what the other rules need would spend more of a registry's quota than is allowed
	RuleHeld       Rule = "held"          // found by the pass: a person moved the reference below it
	RuleNotBest    Rule = "not-best"      // allowed, but another allowed tag is better
	noRule         Rule = ""
)
