package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/policy"
)

// noon is the time of all tests.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func versions(arg string) policy.Select { return policy.Select{Kind: policy.Semver, Arg: arg} }

func candidatesOf(tags string) []policy.Candidate { return asCandidates(strings.Fields(tags)) }

// verdicts writes a decision as "TAG=OUTCOME" in order, the outcome of a rejected tag being its rule.
func verdicts(d policy.Decision) []string {
	written := make([]string, len(d.Verdicts))
	for i, v := range d.Verdicts {
		written[i] = v.Tag + "=" + string(v.Outcome)
		if v.Outcome == policy.Rejected {
			written[i] = v.Tag + "=" + string(v.Rule)
		}
	}
	return written
}

// decisions is a table of decisions, each for one sentence of DESIGN section 2 or 2.1.
type decisions []struct {
	ruling  string // where it stands, and what it says
	spec    policy.Spec
	current string
	tags    string
	want    string // verdicts in order
}

func (table decisions) run(t *testing.T) {
	t.Helper()
	for _, test := range table {
		t.Run(test.ruling, func(t *testing.T) {
			t.Parallel()
			d := compile(t, test.spec).Choose(policy.Current{Tag: test.current}, candidatesOf(test.tags), noon)
			if diff := cmp.Diff(strings.Fields(test.want), verdicts(d)); diff != "" {
				t.Errorf("from %q of %s (-want +got):\n%s", test.current, test.tags, diff)
			}
			if d.Changed != (d.Chosen != test.current) {
				t.Errorf("changed = %v for %q -> %q", d.Changed, test.current, d.Chosen)
			}
		})
	}
}

func TestOrderOfJudgement(t *testing.T) {
	t.Parallel()
	signature := "sha256-" + strings.Repeat("0a", 32) + ".sig"
	decisions{
		{
			ruling:  "1: a tag's verdict is the first that applies, and verdicts are ordered",
			spec:    policy.Spec{Ignore: []string{`1\.4\..*`}, Select: versions("<2"), Guard: policy.Guard{Bump: policy.Minor}},
			current: "1.2.0",
			tags:    signature + " latest 1.2.0 1.3.0 1.3.1 1.4.0 1.1.0 1.5.0-rc.1 2.0.0-alpine 2.0.0-rc.1 2.0.0 0.9.0 20240101 abc1234f 1.3.1-slim",
			want: "1.3.1=chosen 1.3.0=not-best 1.2.0=not-best 20240101=scheme 2.0.0=range 2.0.0-alpine=variant 2.0.0-rc.1=prerelease 1.5.0-rc.1=prerelease 1.4.0=ignore " +
				"1.3.1-slim=variant 1.1.0=older 0.9.0=older abc1234f=not-a-version latest=not-a-version " + signature + "=artifact",
		},
		{
			ruling:  "1: ignore is anchored whole, match is not",
			spec:    policy.Spec{Match: `\d$`, Ignore: []string{`1\.3`}},
			current: "1.2",
			tags:    "1.2 1.3 11.3 1.3-slim",
			want:    "11.3=chosen 1.2=not-best 1.3=ignore 1.3-slim=match",
		},
		{
			ruling:  "1: rules look at the extracted text: an extract that drops the v and the suffix lifts their rules",
			spec:    policy.Spec{Match: `^v?(?P<version>[0-9.]+)`, Extract: "$version"},
			current: "v1.2.0-alpine",
			tags:    "v1.2.0-alpine 1.3.0-slim latest",
			want:    "1.3.0-slim=chosen v1.2.0-alpine=not-best latest=match",
		},
		{
			ruling:  "1: a kept current tag that the registry lost has a verdict",
			current: "1.2.0",
			tags:    "1.1.0",
			want:    "1.2.0=chosen 1.1.0=older",
		},
		{
			ruling:  "1: one verdict for each distinct tag",
			current: "1.2.0",
			tags:    "1.3.0 1.3.0 1.2.0 1.1.0 1.2.0 1.1.0 latest latest",
			want:    "1.3.0=chosen 1.2.0=not-best 1.1.0=older latest=not-a-version",
		},
		{
			ruling:  "14: an empty result of the template is no version",
			spec:    policy.Spec{Match: `^release(?:-(?P<build>\d+))?`, Extract: "$build", Select: policy.Select{Kind: policy.Numeric, Arg: "ascending"}},
			current: "release-7",
			tags:    "release-8 release",
			want:    "release-8=chosen release=not-a-version",
		},
	}.run(t)
}

func TestRange(t *testing.T) {
	t.Parallel()
	decisions{
		{
			ruling:  "2: the first three numbers are checked, a missing one is zero",
			spec:    policy.Spec{Select: versions(">=1.27.0 <1.28")},
			current: "1.26",
			tags:    "1.27 1.28",
			want:    "1.27=chosen 1.28=range",
		},
		{
			ruling:  "2: 2.0.0-rc.1 is not <2",
			spec:    policy.Spec{Select: versions("<2"), Guard: policy.Guard{Prerelease: true}},
			current: "1.0.0",
			tags:    "2.0.0-rc.1 1.9.0-rc.1",
			want:    "1.9.0-rc.1=chosen 2.0.0-rc.1=range",
		},
		{
			ruling:  "2: pre-release parts of a range do not let pre-releases in",
			spec:    policy.Spec{Select: versions(">=1.2.3-0 <2.0.0-0")},
			current: "1.2.3",
			tags:    "1.2.4-rc.1 1.2.4 2.0.0",
			want:    "1.2.4=chosen 2.0.0=range 1.2.4-rc.1=prerelease",
		},
		{
			ruling:  "2: the fourth number and builds only order",
			spec:    policy.Spec{Select: versions("<=1.2.3")},
			current: "1.2.3.1-r1",
			tags:    "1.2.3.2-r1 1.2.3.2-r3 1.2.4-r1",
			want:    "1.2.3.2-r3=chosen 1.2.3.2-r1=not-best 1.2.4-r1=range",
		},
		{
			ruling:  "2: numbers of any length",
			spec:    policy.Spec{Select: versions(">=1")},
			current: "1.0.99999999999999999999999",
			tags:    "1.0.100000000000000000000000 1.0.99999999999999999999998",
			want:    "1.0.100000000000000000000000=chosen 1.0.99999999999999999999998=older",
		},
		{
			ruling:  "4: a kept current tag is chosen even outside the range",
			spec:    policy.Spec{Select: versions("<1")},
			current: "1.2.0",
			tags:    "1.2.0 0.9.0",
			want:    "1.2.0=chosen 0.9.0=older",
		},
		{
			ruling:  "4: downgrade moves down when the current tag lies outside the range",
			spec:    policy.Spec{Select: versions("<1"), Guard: policy.Guard{Downgrade: true}},
			current: "1.2.0",
			tags:    "1.2.0 0.9.0 0.8.0",
			want:    "0.9.0=chosen 0.8.0=not-best 1.2.0=range",
		},
		{
			ruling:  "4: downgrade does not move down inside the range",
			spec:    policy.Spec{Select: versions("<2"), Guard: policy.Guard{Downgrade: true}},
			current: "1.2.0",
			tags:    "1.1.0",
			want:    "1.2.0=chosen 1.1.0=older",
		},
		{
			ruling:  "4: bump counts downwards too",
			spec:    policy.Spec{Select: versions("<1.3"), Guard: policy.Guard{Downgrade: true, Bump: policy.Minor}},
			current: "1.4.0",
			tags:    "1.2.9 0.9.0",
			want:    "1.2.9=chosen 0.9.0=bump",
		},
	}.run(t)
}

func TestBump(t *testing.T) {
	t.Parallel()
	tags := "1.2.4 1.3.0 2.0.0 1.2.3.1"
	decisions{
		{ruling: "patch", spec: policy.Spec{Guard: policy.Guard{Bump: policy.Patch}}, current: "1.2.3", tags: tags,
			want: "1.2.4=chosen 1.2.3.1=not-best 2.0.0=bump 1.3.0=bump"},
		{ruling: "minor", spec: policy.Spec{Guard: policy.Guard{Bump: policy.Minor}}, current: "1.2.3", tags: tags,
			want: "1.3.0=chosen 1.2.4=not-best 1.2.3.1=not-best 2.0.0=bump"},
		{ruling: "major", spec: policy.Spec{Guard: policy.Guard{Bump: policy.Major}}, current: "1.2.3", tags: tags,
			want: "2.0.0=chosen 1.3.0=not-best 1.2.4=not-best 1.2.3.1=not-best"},
		{ruling: "a build is a patch", spec: policy.Spec{Guard: policy.Guard{Bump: policy.Patch}}, current: "1.2.3-r1", tags: "1.2.3-r2",
			want: "1.2.3-r2=chosen"},
	}.run(t)
}

func TestVariant(t *testing.T) {
	t.Parallel()
	newer := policy.Spec{Guard: policy.Guard{Variant: policy.NewerVariant}}
	any := policy.Spec{Guard: policy.Guard{Variant: policy.AnyVariant}}
	decisions{
		{ruling: "2: words and the numbers inside them stay", current: "1.2.0-alpine3.18",
			tags: "1.3.0-alpine3.18 1.4.0-alpine3.19 1.4.0 1.4.0-alpine 1.4.0-slim-alpine3.18",
			want: "1.3.0-alpine3.18=chosen 1.4.0=variant 1.4.0-alpine=variant 1.4.0-alpine3.19=variant 1.4.0-slim-alpine3.18=variant"},
		{ruling: "2: v in front stays", current: "v1.2", tags: "1.3 v1.3", want: "v1.3=chosen 1.3=variant"},
		{ruling: "7: words count in their order and with their separators", current: "1.2.0-slim-bookworm",
			tags: "1.3.0-bookworm-slim 1.3.0_slim-bookworm 1.3.0-Slim-bookworm",
			want: "1.2.0-slim-bookworm=chosen 1.3.0-Slim-bookworm=variant 1.3.0-bookworm-slim=variant 1.3.0_slim-bookworm=variant"},
		{ruling: "7: platforms and runtimes own the number after a separator", current: "2.1.3-debian-10-r38",
			tags: "2.1.4-debian-10-r2 2.1.5-debian-11-r1", want: "2.1.4-debian-10-r2=chosen 2.1.5-debian-11-r1=variant"},
		{ruling: "7: having a build is part of the variant", current: "1.2.0-r1", tags: "1.3.0 1.3.0-r2", want: "1.3.0-r2=chosen 1.3.0=variant"},
		{ruling: "7: having none is, too", current: "1.2.0", tags: "1.2.0-r1 1.3.0-r2", want: "1.2.0=chosen 1.3.0-r2=variant 1.2.0-r1=variant"},
		{ruling: "7: having a commit is part of the variant, its digits do not order", current: "release-7-aaaaaaa1",
			tags: "release-8-bbbbbbb1 release-9 release-7-ccccccc1", want: "release-8-bbbbbbb1=chosen release-7-ccccccc1=not-best release-9=variant"},
		{ruling: "16: one and two numbers keep their count", current: "1.27", tags: "1.28 1.28.4 2", want: "1.28=chosen 2=variant 1.28.4=variant"},
		{ruling: "16: three and four numbers are one class", current: "11.0.9", tags: "11.0.9.1 11.0.10 11.1", want: "11.0.10=chosen 11.0.9.1=not-best 11.1=variant"},
		{ruling: "16: with a build any count is a full version", current: "17_35", tags: "17.0.1_12 17", want: "17.0.1_12=chosen 17=variant"},
		{ruling: "16: with a date, too", current: "17.0-20231024", tags: "17-20231107 17.0-20231101", want: "17-20231107=chosen 17.0-20231101=not-best"},
		{ruling: "9: newer lets numbers inside words grow", spec: newer, current: "1.2.0-alpine3.18-jdk17",
			tags: "1.3.0-alpine3.19-jdk17 1.3.0-alpine3.19-jdk21 1.3.0-alpine3.17-jdk17 1.4.0-alpine-jdk17 1.4.0-alpine3.19-jdk",
			want: "1.3.0-alpine3.19-jdk21=chosen 1.3.0-alpine3.19-jdk17=not-best 1.4.0-alpine-jdk17=variant 1.4.0-alpine3.19-jdk=variant 1.3.0-alpine3.17-jdk17=variant"},
		{ruling: "9: newer orders by numbers, then the build, then the variant's numbers", spec: newer, current: "1.2.0-r1-alpine3.18",
			tags: "1.3.0-r1-alpine3.20 1.3.0-r2-alpine3.19 1.3.0-r2-alpine3.18",
			want: "1.3.0-r2-alpine3.19=chosen 1.3.0-r2-alpine3.18=not-best 1.3.0-r1-alpine3.20=not-best"},
		{ruling: "7: under newer a build may come", spec: newer, current: "1.2.0", tags: "1.2.0-r1", want: "1.2.0-r1=chosen"},
		{ruling: "7: under newer a build is not left", spec: newer, current: "1.2.0-r1", tags: "1.3.0", want: "1.2.0-r1=chosen 1.3.0=variant"},
		{ruling: "9: any takes all variants", spec: any, current: "1.2.0-alpine", tags: "1.3 1.3.0-slim", want: "1.3=chosen 1.3.0-slim=not-best"},
		{ruling: "9: equal numbers never leave the variant", spec: any, current: "1.2.0-alpine", tags: "1.2.0 1.2.0-alpine 1.2.0-slim",
			want: "1.2.0-alpine=chosen 1.2.0=not-best 1.2.0-slim=not-best"},
		{ruling: "9: any prefers the current variant, then plain", spec: any, current: "1.2.0-alpine", tags: "1.3.0 1.3.0-alpine 1.3.0-slim",
			want: "1.3.0-alpine=chosen 1.3.0=not-best 1.3.0-slim=not-best"},
		{ruling: "9: v is kept even under any", spec: any, current: "v1.2.0", tags: "1.3.0 v1.3.0-slim", want: "v1.3.0-slim=chosen 1.3.0=variant"},
		{ruling: "9: an older build of the current variant is older", spec: any, current: "1.2.0-alpine-r2", tags: "1.2.0-alpine-r1 1.2.0-slim-r1",
			want: "1.2.0-alpine-r2=chosen 1.2.0-slim-r1=not-best 1.2.0-alpine-r1=older"},
		{ruling: "7: under any a build is not left", spec: any, current: "1.2.0-r1", tags: "1.3.0 1.3.0-alpine", want: "1.2.0-r1=chosen 1.3.0=variant 1.3.0-alpine=variant"},
		{ruling: "7: but for another one", spec: any, current: "1.2.0-r1", tags: "1.3.0 1.3.0-alpine-r4", want: "1.3.0-alpine-r4=chosen 1.3.0=variant"},
		{ruling: "7: not even one without a word, which may have come for one with a word", spec: any, current: "1.2.0-2", tags: "1.2.0 1.3.0-alpine", want: "1.2.0-2=chosen 1.3.0-alpine=variant 1.2.0=variant"},
		{ruling: "9: the number of a word is no version to compare with", spec: any, current: "1.2.0", tags: "alpine3.20 1.3.0-slim", want: "1.3.0-slim=chosen alpine3.20=variant"},
		{ruling: "9: unless it is the same word", spec: any, current: "alpine3.19", tags: "alpine3.20 php8.3 1.2", want: "alpine3.20=chosen php8.3=variant 1.2=variant"},
		{ruling: "8: a channel of pre-releases is one even under any", spec: any, current: "1.2.0", tags: "nightly-1.3.0", want: "1.2.0=chosen nightly-1.3.0=prerelease"},
		{ruling: "10: dates and other numbers are two schemes", current: "6.14.0", tags: "2021.12.14 20210804 6.15.0 2021.13.1",
			want: "2021.13.1=chosen 6.15.0=not-best 20210804=scheme 2021.12.14=scheme"},
		{ruling: "10: 3 never becomes 20210804", current: "3", tags: "20210804 4 2021", want: "2021=chosen 4=not-best 20210804=scheme"},
		{ruling: "10: 24.04 is no date", current: "22.04", tags: "24.04 2024.04", want: "24.04=chosen 2024.04=scheme"},
		{ruling: "10: two years are one scheme", current: "2025.13.1", tags: "2026.1.1", want: "2026.1.1=chosen"},
		{ruling: "10: joined by dashes or underscores", current: "2024-01-31", tags: "2024-02-01 2024_03_01", want: "2024-02-01=chosen 2024_03_01=variant"},
	}.run(t)
}

func TestPrerelease(t *testing.T) {
	t.Parallel()
	taken := policy.Spec{Guard: policy.Guard{Prerelease: true}}
	decisions{
		{ruling: "8: none from a release", current: "1.0.0", tags: "1.1.0-rc.1 1.1.0a1", want: "1.0.0=chosen 1.1.0-rc.1=prerelease 1.1.0a1=prerelease"},
		{ruling: "8: the classes rise, words of one class are equal", spec: taken, current: "1.0.0",
			tags: "1.1.0-nightly 1.1.0-preview1 1.1.0-ea2 1.1.0-a1 1.1.0-alpha2 1.1.0-b1 1.1.0-M1 1.1.0-rc9 1.1.0-RC10 1.1.0",
			want: "1.1.0=chosen 1.1.0-RC10=not-best 1.1.0-rc9=not-best 1.1.0-M1=not-best 1.1.0-b1=not-best 1.1.0-alpha2=not-best 1.1.0-a1=not-best " +
				"1.1.0-ea2=not-best 1.1.0-preview1=not-best 1.1.0-nightly=not-best"},
		{ruling: "8: then further numbers", spec: taken, current: "1.0.0", tags: "1.1.0-rc.1.2 1.1.0-rc.1 1.1.0-rc.1.10",
			want: "1.1.0-rc.1.10=chosen 1.1.0-rc.1.2=not-best 1.1.0-rc.1=not-best"},
		{ruling: "8: a pre-release moves within its numbers and to any final release", current: "1.1.0-rc.1", tags: "1.1.0-rc.2 1.2.0-rc.1 1.3.0 1.1.0-beta.9",
			want: "1.3.0=chosen 1.1.0-rc.2=not-best 1.2.0-rc.1=prerelease 1.1.0-beta.9=older"},
		{ruling: "8: the final release follows its candidates", current: "1.0.0rc2-alpine", tags: "1.0.0-alpine 1.0.0-rc3-alpine", want: "1.0.0-alpine=chosen 1.0.0-rc3-alpine=not-best"},
		{ruling: "8: in front of the version the word is a prefix", current: "nightly-20240101", tags: "nightly-20240102 20240103", want: "nightly-20240102=chosen 20240103=variant"},
		{ruling: "8: and a channel goes on over its pre-releases", current: "beta-6.3-RC3", tags: "beta-6.4-beta1", want: "beta-6.4-beta1=chosen"},
		{ruling: "8: and a pre-release when there is no current tag", tags: "nightly-20240102", want: "nightly-20240102=prerelease"},
		{ruling: "7: unnumbered dev and canary are flavours", current: "1.0.0-dev", tags: "1.1.0-dev 1.1.0-dev2", want: "1.1.0-dev=chosen 1.1.0-dev2=variant"},
		{ruling: "16: a numbered pre-release is full, its final release may have fewer numbers than three", current: "16rc1", tags: "16.0 16.1", want: "16.1=chosen 16.0=not-best"},
		{ruling: "16: but not fewer than it has itself", current: "1.21rc2", tags: "1.22 2", want: "1.22=chosen 2=variant"},
		{ruling: "16: so a release does not become one, which would lead it on to 17", spec: taken, current: "16.1", tags: "16.1 17rc1 17", want: "16.1=chosen 17=variant 17rc1=variant"},
		{ruling: "16: nor does one with a build that the next may drop", spec: taken, current: "1_1", tags: "10 10-rc.1", want: "1_1=chosen 10=variant 10-rc.1=variant"},
		{ruling: "16: what floats does not become a pre-release", spec: taken, current: "16", tags: "17rc1", want: "16=chosen 17rc1=variant"},
		{ruling: "16: pre-releases of as many numbers follow each other", current: "5.0-beta", tags: "5.0-beta2 5.0-beta", want: "5.0-beta2=chosen 5.0-beta=not-best"},
		{ruling: "16: an unnumbered one floats", current: "3.13-rc", tags: "3.13 3.13.0 3.13-rc", want: "3.13=chosen 3.13-rc=not-best 3.13.0=variant"},
		{ruling: "8: a pre-release of the runtime is none of the version", current: "1.3.0-python3.15-rc", tags: "1.3.1-python3.15-rc 1.3.1-python3.15", want: "1.3.1-python3.15-rc=chosen 1.3.1-python3.15=variant"},
	}.run(t)
}

func TestTies(t *testing.T) {
	t.Parallel()
	numeric := policy.Spec{Match: `(\d+)$`, Extract: "$1", Select: policy.Select{Kind: policy.Numeric, Arg: "ascending"}}
	decisions{
		{ruling: "6: the current tag", current: "1.2.0", tags: "1.2.0 1.2.0.0", want: "1.2.0=chosen 1.2.0.0=not-best"},
		{ruling: "6: else more components, else without v, else the shorter, else the smaller", tags: "v1.2 1.2 01.2 1.02 1.2.0",
			want: "1.2.0=chosen 1.2=not-best 01.2=not-best 1.02=not-best v1.2=not-best"},
		{ruling: "6: without v goes before shorter", tags: "v1.2.0 1.2.000", want: "1.2.000=chosen v1.2.0=not-best"},
		{ruling: "6: of texts that are equal after extract", spec: numeric, tags: "build-7 b-7 a-7 a-07", want: "a-7=chosen b-7=not-best a-07=not-best build-7=not-best"},
	}.run(t)
}

func TestWithoutUsableCurrentTag(t *testing.T) {
	t.Parallel()
	decisions{
		{ruling: "5: plain tags are taken", current: "latest", tags: "latest 1.27.4 1.28.0-alpine 1.27 20240101",
			want: "1.27.4=chosen 1.27=not-best 20240101=scheme 1.28.0-alpine=variant latest=not-a-version"},
		{ruling: "5: a v is plain", tags: "v1.28.0 1.27.0", want: "v1.28.0=chosen 1.27.0=not-best"},
		{ruling: "5: words of the current tag are the variant", current: "alpine", tags: "1.27.4 1.27.4-alpine 1.28.0-alpine-slim", want: "1.27.4-alpine=chosen 1.28.0-alpine-slim=variant 1.27.4=variant"},
		{ruling: "5: words of channels ask for nothing", current: "mainline-alpine", tags: "1.27.4 1.27.4-alpine", want: "1.27.4-alpine=chosen 1.27.4=variant"},
		{ruling: "5: a branch that no tag is named after", current: "feature-login", tags: "1.27.4 1.27.4-alpine", want: "1.27.4=chosen 1.27.4-alpine=variant"},
		{ruling: "5: another platform will not do", current: "alpine", tags: "1.27.4", want: "alpine=chosen 1.27.4=variant"},
		{ruling: "5: no build while one without is there", tags: "1.27.4 1.27.4-r9", want: "1.27.4=chosen 1.27.4-r9=variant"},
		{ruling: "5: under newer a build is taken at once, as it would be the next time", spec: policy.Spec{Guard: policy.Guard{Variant: policy.NewerVariant}},
			tags: "1.27.4 1.27.4-r9", want: "1.27.4-r9=chosen 1.27.4=not-best"},
		{ruling: "5: and under any another variant", spec: policy.Spec{Guard: policy.Guard{Variant: policy.AnyVariant}},
			current: "alpine", tags: "1.27.4 1.26.0-alpine", want: "1.27.4=chosen 1.26.0-alpine=not-best"},
		{ruling: "5: one with a build, if none is without", tags: "1.27.4-r9 1.27.5-alpine", want: "1.27.4-r9=chosen 1.27.5-alpine=variant"},
		{ruling: "5: plain must pass all rules", spec: policy.Spec{Select: versions("<1.27")}, tags: "1.27.4 1.26.4-alpine", want: "1.26.4-alpine=chosen 1.27.4=range"},
		{ruling: "5: else the best of all", tags: "1.27.4-slim 1.27.5-alpine", want: "1.27.5-alpine=chosen 1.27.4-slim=not-best"},
		{ruling: "5: dates only when nothing else is there", tags: "20240101 20240102", want: "20240102=chosen 20240101=not-best"},
		{ruling: "5: no bump limit", spec: policy.Spec{Guard: policy.Guard{Bump: policy.Patch}}, current: "abc1234", tags: "1.0.0 2.0.0", want: "2.0.0=chosen 1.0.0=not-best"},
		{ruling: "5: the number of a word comes after versions", current: "latest", tags: "temurin-26-lein temurin-21-lein-2.13.0", want: "temurin-21-lein-2.13.0=chosen temurin-26-lein=variant"},
		{ruling: "5: nothing to take, nothing kept", tags: "latest", want: "latest=not-a-version"},
		{ruling: "5: nothing to take, the current tag kept", current: "latest", tags: "edge", want: "latest=chosen edge=not-a-version"},
		{ruling: "5: a tag with several numbers is no start, but its words are", current: "python3.10-alpine3.23", tags: "1.3.0-python3.10-alpine3.23 1.3.0",
			want: "1.3.0-python3.10-alpine3.23=chosen 1.3.0=variant"},
	}.run(t)
}

func TestUsable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		ruling   string
		spec     policy.Spec
		current  string
		unusable string // why it is not
	}{
		{ruling: "a version", current: "1.2.3"},
		{ruling: "5: readable is usable even if ignored", spec: policy.Spec{Ignore: []string{"1.*"}}, current: "1.2.3"},
		{ruling: "5: or out of range", spec: policy.Spec{Select: versions(">2")}, current: "1.2.3"},
		{ruling: "5: what match drops is not", spec: policy.Spec{Match: "^v"}, current: "1.2.3", unusable: "1.2.3: tags.match '^v' does not match"},
		{ruling: "5: nor what a format drops", spec: policy.Spec{Select: policy.Select{Kind: policy.Calver, Arg: "YYYY.0M"}}, current: "1.2.3", unusable: "1.2.3: does not fit the format YYYY.0M"},
		{ruling: "5: nor an empty extract", spec: policy.Spec{Match: "v(x?)", Extract: "$1"}, current: "v1", unusable: "v1: tags.extract '$1' leaves nothing of it"},
		{ruling: "5: nor a floating word", current: "latest", unusable: "latest: no version, as there is no number in it"},
		{ruling: "5: nor a hash", current: "344b590f", unusable: "344b590f: a commit or a digest, not a version; only select.newest can order these"},
		{ruling: "5: nor an artifact", current: "sha256-" + strings.Repeat("0a", 32),
			unusable: "sha256-" + strings.Repeat("0a", 32) + ": a signature, an attestation or a bill of materials, not an image"},
		{ruling: "5: nor nothing", unusable: "there is no tag"},
	} {
		d := compile(t, test.spec).Choose(policy.Current{Tag: test.current}, candidatesOf("1.2.3"), noon)
		if d.Usable != (test.unusable == "") || d.Unusable != test.unusable {
			t.Errorf("%s: %q usable = %v: %q, want %q", test.ruling, test.current, d.Usable, d.Unusable, test.unusable)
		}
	}
}
