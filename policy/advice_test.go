package policy_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/policy"
)

var (
	adviceMatch   = regexp.MustCompile(`match: '([^']+)'`)
	adviceExtract = regexp.MustCompile(`extract: '([^']+)'`)
)

// adviceIn reads what a sentence tells to write into the policy file.
func adviceIn(t *testing.T, sentence string) policy.Spec {
	t.Helper()
	var s policy.Spec
	if m := adviceMatch.FindStringSubmatch(sentence); m != nil {
		s.Match = m[1]
	}
	if m := adviceExtract.FindStringSubmatch(sentence); m != nil {
		s.Extract = m[1]
	}
	if strings.Contains(sentence, "guard.variant: any") {
		s.Guard.Variant = policy.AnyVariant
	}
	if strings.Contains(sentence, "guard.variant: newer") {
		s.Guard.Variant = policy.NewerVariant
	}
	if strings.Contains(sentence, "select.newest") {
		s.Select = policy.Select{Kind: policy.Newest, Arg: "pushed"}
	}
	if cmp.Equal(s, policy.Spec{}) {
		t.Fatalf("%q advises nothing", sentence)
	}
	return s
}

// What a refusal tells to write works as it stands: with it, the tag that was refused is taken.
func TestAdviceWorks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, from, to string
		not            string // other tags, none of which is taken then
	}{
		{name: "a branch, a commit and a time", from: "main-1a2b3c4-1699999999", to: "main-9f8e7d6-1700000100", not: "main-0a1b2c3-1600000000 feature-9f8e7d6-1800000000 latest"},
		{name: "with dots and a date", from: "main.1a2b3c4.20231106120000", to: "main.9f8e7d6.20231107120000", not: "main.0a1b2c3.20221106120000"},
		{name: "a commit that is a number", from: "main-1234567-1699999999", to: "main-1234568-1700000100", not: "main-9999999-1600000000"},
		{name: "a branch with a number", from: "release-1.2-1a2b3c4-1699999999", to: "release-1.2-9f8e7d6-1700000100", not: "release-1.3-9f8e7d6-1800000000"},
		{name: "a commit in front", from: "1a2b3c4-1699999999", to: "9f8e7d6-1700000100", not: "0a1b2c3-1600000000"},
		{name: "two numbers of words", from: "python3.10-alpine3.23", to: "python3.11-alpine3.23", not: "python3.12-alpine3.24 python3.9-alpine3.23"},
		{name: "a list of runtimes", from: "jdk-25-and-26", to: "jdk-26-and-26", not: "jdk-27-and-27"},
		{name: "a release of two numbers before one of three", from: "1.8", to: "1.8.1", not: "1.8.2-slim 1.9.0-rc1 1.7.9"},
		{name: "and behind one", from: "1.7.7-python2", to: "1.8-python2", not: "1.9-python3 1.9 2.0.0"},
		{name: "with a v", from: "v3.2.2-ubuntu", to: "v3.3-ubuntu", not: "3.4-ubuntu v3.4"},
		{name: "the number of a word", from: "1.2.0-alpine3.18", to: "1.3.0-alpine3.19", not: "1.4.0-slim 1.4.0"},
		{name: "a build that comes", from: "1.2.0", to: "1.3.0-2", not: "1.4.0-slim"},
		{name: "commits", from: "344b590f", to: "1a2b3c4d"},
		{name: "commits of a branch", from: "main-344b590f", to: "main-1a2b3c4d"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pushed := noon.Add(-time.Hour)
			candidates := []policy.Candidate{{Tag: test.from, Pushed: pushed}, {Tag: test.to, Pushed: noon}}
			for tag := range strings.FieldsSeq(test.not) {
				candidates = append(candidates, policy.Candidate{Tag: tag, Pushed: pushed})
			}
			d := compile(t, policy.Spec{}).Choose(policy.Current{Tag: test.from}, candidates, noon)
			i := slices.IndexFunc(d.Verdicts, func(v policy.Verdict) bool { return v.Tag == test.to })
			if d.Chosen != test.from || d.Verdicts[i].Outcome != policy.Rejected {
				t.Fatalf("without advice %s: %v", d.Chosen, verdicts(d))
			}
			spec := adviceIn(t, d.Verdicts[i].Detail())
			if !d.Usable { // what is said of the current tag is to work for the others
				spec = adviceIn(t, d.Unusable)
			}
			if d := compile(t, spec).Choose(policy.Current{Tag: test.from}, candidates, noon); d.Chosen != test.to || !d.Usable {
				t.Errorf("with %+v %q is chosen: %v", spec, d.Chosen, verdicts(d))
			}
		})
	}
}

// The styles of tags that hide the version are understood, or refused with a reason.
func TestHiddenVersions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, to, not string }{
		{from: "temurin-8-tools-deps-1.11.1", to: "temurin-8-tools-deps-1.11.2", not: "temurin-11-tools-deps-1.11.2 temurin-8-tools-deps"},
		{from: "jdk-17.0.1", to: "jdk-17.0.2", not: "jdk-17 jre-17.0.2 17.0.2"},
		{from: "bookworm-20240110-slim", to: "bookworm-20240211-slim", not: "trixie-20240211-slim bookworm-slim"},
		{from: "17.0.1_12-jre-alpine", to: "17.0.2_8-jre-alpine", not: "17.0.2_8-jdk-alpine 17-jre-alpine"},
		{from: "21-ea-32", to: "21-ea-33", not: "22-ea-1 21-ea-31"},
		{from: "2.1.3-debian-10-r38", to: "2.1.4-debian-10-r0", not: "2.1.4-debian-11-r0 2.1.3-debian-10-r9"},
		{from: "v3.9.0-177-ged5bcde", to: "v3.9.0-178-gabcdef1", not: "v3.9.1 v3.9.0-99-gabcdef1"},
		{from: "8.7-923.1669829893", to: "8.7-1026", not: "8.7 8.7-923.1669829892"},
		{from: "1803-KB4505057", to: "1803-KB4507435", not: "1803 ltsc2019-KB4507435"},
		{from: "RELEASE.2024-01-01T00-00-00Z", to: "RELEASE.2024-01-05T22-17-24Z", not: "2024-01-05 RELEASE.2023-12-31T00-00-00Z"},
		{from: "1.27", to: "1.28", not: "1.28.0 2"},
		{from: "1", to: "2", not: "1.28"},
	} {
		d := compile(t, policy.Spec{}).Choose(policy.Current{Tag: test.from}, candidatesOf(test.from+" "+test.to+" "+test.not), noon)
		if d.Chosen != test.to || !d.Usable {
			t.Errorf("%s: chosen %q, want %q: %v", test.from, d.Chosen, test.to, verdicts(d))
		}
	}
	if d := compile(t, policy.Spec{}).Choose(policy.Current{Tag: "mainline-alpine"}, candidatesOf("mainline-alpine"), noon); d.Changed || d.Usable {
		t.Errorf("mainline-alpine: %v", verdicts(d))
	}
}
