package policy_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

// anySpec makes policies of all kinds with all guards.
func anySpec() *rapid.Generator[policy.Spec] {
	return rapid.Custom(func(t *rapid.T) policy.Spec {
		var s policy.Spec
		s.Select = rapid.SampledFrom([]policy.Select{
			{}, {}, {}, versions(">=1.2"), versions("<2"), versions("~1.2 || >=3"),
			{Kind: policy.Calver, Arg: "YYYY.0M"}, {Kind: policy.Calver, Arg: "YYYYMMDD"},
			{Kind: policy.Numeric, Arg: "ascending"}, {Kind: policy.Numeric, Arg: "descending"},
			{Kind: policy.Alphabetical, Arg: "ascending"}, {Kind: policy.Alphabetical, Arg: "descending"},
			{Kind: policy.Newest, Arg: "pushed"}, {Kind: policy.Newest, Arg: "created"},
			{Kind: policy.FollowDigest, Arg: "1.2"},
		}).Draw(t, "select")
		if rapid.IntRange(0, 3).Draw(t, "match?") == 0 {
			s.Match, s.Extract = `^v?(\d+[^-]*)`, rapid.SampledFrom([]string{"", "$1"}).Draw(t, "extract")
		}
		if rapid.IntRange(0, 3).Draw(t, "ignore?") == 0 {
			s.Ignore = []string{`1\.3.*`}
		}
		if kind := s.Select.Kind; kind == "" || kind == policy.Semver || kind == policy.Calver {
			s.Guard.Bump = rapid.SampledFrom([]policy.Bump{"", policy.Patch, policy.Minor}).Draw(t, "bump")
			s.Guard.Prerelease = rapid.Bool().Draw(t, "prerelease")
			s.Guard.Variant = rapid.SampledFrom([]policy.Variant{"", policy.NewerVariant, policy.AnyVariant}).Draw(t, "variant")
			s.Guard.Downgrade = kind == policy.Semver && rapid.Bool().Draw(t, "downgrade")
		}
		if rapid.Bool().Draw(t, "minAge?") {
			s.Guard.MinAge = 2 * time.Hour
		}
		if rapid.IntRange(0, 3).Draw(t, "platforms?") == 0 {
			s.Guard.Platforms = []image.Platform{{OS: "linux", Architecture: "arm64"}}
		}
		return s
	})
}

// anyTag makes tags that lie close enough to each other to compete.
func anyTag() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"", "", "", "", "v", "ee-", "nightly-"}).Draw(t, "prefix") +
			rapid.SampledFrom([]string{
				"1", "1.2", "1.3", "1.2.0", "1.2.1", "1.2.1.0", "1.3.0", "2.0.0", "3.0.1", "10", "2024.01", "2024.02", "20240131", "20240201",
				"latest", "alpine", "a1b2c3d", "python3.10-alpine3.20", "jdk-17.0.1_12",
			}).Draw(t, "version") +
			rapid.SampledFrom([]string{"", "", "", "-rc.1", "-rc.2", "b1", "-dev", "_1", "-r2", "-20240105"}).Draw(t, "stage") +
			rapid.SampledFrom([]string{"", "", "", "-alpine", "-alpine3.18", "-alpine3.19", "-slim", "-jdk-17", "-344b590f"}).Draw(t, "variant")
	})
}

func anyCandidate() *rapid.Generator[policy.Candidate] {
	hours := rapid.SampledFrom([]time.Duration{0, 1, 2, 3, 1000})
	return rapid.Custom(func(t *rapid.T) policy.Candidate {
		at := func(label string) time.Time {
			if h := hours.Draw(t, label); h > 0 {
				return noon.Add(-h * time.Hour)
			}
			return time.Time{}
		}
		var noQuota time.Time
		if rapid.IntRange(0, 7).Draw(t, "no quota?") == 0 {
			noQuota = noon.Add(time.Hour)
		}
		return policy.Candidate{
			NoQuotaUntil: noQuota,

			Tag:       anyTag().Draw(t, "tag"),
			Digest:    image.Digest(rapid.SampledFrom([]string{"", "sha256:a", "sha256:b"}).Draw(t, "digest")),
			Pushed:    at("pushed"),
			Created:   at("created"),
			FirstSeen: at("seen"),
			Platforms: rapid.SampledFrom([][]image.Platform{nil, {{OS: "linux", Architecture: "arm64"}}, {{OS: "linux", Architecture: "amd64"}}}).Draw(t, "platforms"),
		}
	})
}

// situation is a policy and what it is asked.
type situation struct {
	spec       policy.Spec
	policy     *policy.Policy
	current    policy.Current
	candidates []policy.Candidate
}

func anySituation(t *rapid.T) situation {
	s := situation{spec: anySpec().Draw(t, "spec")}
	var err error
	if s.policy, err = policy.New(s.spec); err != nil {
		t.Fatal(err)
	}
	s.candidates = rapid.SliceOfN(anyCandidate(), 0, 12).Draw(t, "candidates")
	s.current.Tag = rapid.OneOf(rapid.Just(""), anyTag()).Draw(t, "current")
	if len(s.candidates) > 0 && rapid.Bool().Draw(t, "listed?") {
		s.current.Tag = s.candidates[0].Tag
	}
	s.current.Digest = image.Digest(rapid.SampledFrom([]string{"", "sha256:a"}).Draw(t, "digest"))
	return s
}

func (s situation) choose() policy.Decision { return s.policy.Choose(s.current, s.candidates, noon) }

// written is all of a decision that can be seen.
func written(d policy.Decision) []string {
	all := []string{d.Current, d.Chosen, string(d.Digest)}
	for _, v := range d.Verdicts {
		all = append(all, strings.Join([]string{v.Tag, string(v.Outcome), string(v.Rule), v.Until.String(), v.Detail()}, " "))
	}
	for _, m := range d.Missing {
		all = append(all, m.Tag+" "+m.Facts.String())
	}
	refused, _ := d.Refused()
	return append(all, refused.Tag)
}

func TestOrderOfCandidatesDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation(t)
		want := written(s.choose())
		s.candidates = rapid.Permutation(s.candidates).Draw(t, "shuffled")
		if diff := cmp.Diff(want, written(s.choose())); diff != "" {
			t.Fatalf("in another order (-want +got):\n%s", diff)
		}
	})
}

func TestOneVerdictForEachTag(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation(t)
		checkVerdicts(t, s.choose(), s.candidates)
	})
}

// checkVerdicts holds what is true of every decision.
func checkVerdicts(t interface{ Fatalf(string, ...any) }, d policy.Decision, candidates []policy.Candidate) {
	seen := map[string]bool{}
	for i, v := range d.Verdicts {
		if seen[v.Tag] {
			t.Fatalf("two verdicts for %q", v.Tag)
		}
		seen[v.Tag] = true
		if chosen := v.Outcome == policy.Chosen; chosen && (i != 0 || v.Tag != d.Chosen || v.Rule != "") || !chosen && v.Rule == "" {
			t.Fatalf("verdict %d of %q is %+v, chosen is %q", i, v.Tag, v, d.Chosen)
		}
		if v.Detail() == "" || v.Detail() == string(v.Rule) {
			t.Fatalf("the detail of %q, %s, is %q", v.Tag, v.Rule, v.Detail())
		}
	}
	for _, c := range candidates {
		if !seen[c.Tag] {
			t.Fatalf("no verdict for %q", c.Tag)
		}
	}
	if d.Chosen != "" && !seen[d.Chosen] {
		t.Fatalf("no verdict for the chosen %q", d.Chosen)
	}
}

func TestChoosingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation(t)
		first := s.choose()
		s.current = policy.Current{Tag: first.Chosen, Digest: first.Digest}
		if second := s.choose(); second.Changed {
			t.Fatalf("%q, then %q:\n%v\n%v", first.Chosen, second.Chosen, verdicts(first), verdicts(second))
		}
	})
}

func TestUnacceptableTagChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation(t)
		before := s.choose()
		added := anyCandidate().Draw(t, "added")
		if slices.ContainsFunc(s.candidates, func(c policy.Candidate) bool { return c.Tag == added.Tag }) || added.Tag == s.current.Tag {
			return
		}
		s.candidates = append(s.candidates, added)
		after := s.choose()
		i := slices.IndexFunc(after.Verdicts, func(v policy.Verdict) bool { return v.Tag == added.Tag })
		if v := after.Verdicts[i]; v.Outcome != policy.Rejected || v.Rule == policy.RuleNotBest {
			return
		}
		after.Verdicts = slices.Delete(slices.Clone(after.Verdicts), i, i+1)
		if diff := cmp.Diff(verdicts(before), verdicts(after)); diff != "" {
			t.Fatalf("with %s (-before +after):\n%s", added.Tag, diff)
		}
	})
}

// What is chosen passes every guard, as far as that can be seen without knowing how.
func TestChosenPassesEveryGuard(t *testing.T) {
	t.Parallel()
	ignored := regexp.MustCompile(`^1\.3`)
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation(t)
		d := s.choose()
		if !d.Changed || s.spec.Select.Kind == policy.FollowDigest {
			return
		}
		if s.spec.Ignore != nil && ignored.MatchString(d.Chosen) {
			t.Fatalf("%q is ignored", d.Chosen)
		}
		passes := slices.ContainsFunc(s.candidates, func(c policy.Candidate) bool {
			birth := c.Pushed
			if birth.IsZero() {
				birth = c.FirstSeen
			}
			old := s.spec.Guard.MinAge == 0 || !birth.IsZero() && noon.Sub(birth) >= s.spec.Guard.MinAge
			offered := s.spec.Guard.Platforms == nil || c.Platforms == nil || slices.Contains(c.Platforms, s.spec.Guard.Platforms[0])
			return c.Tag == d.Chosen && old && offered
		})
		if !passes {
			t.Fatalf("%q is too young or not offered", d.Chosen)
		}
		alone := s
		alone.candidates = slices.DeleteFunc(slices.Clone(s.candidates), func(c policy.Candidate) bool { return c.Tag != d.Chosen })
		if again := alone.choose(); again.Chosen != d.Chosen {
			t.Fatalf("%q is not chosen alone", d.Chosen)
		}
	})
}

func TestChooseChangesNothingItIsGiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation(t)
		before := slices.Clone(s.candidates)
		s.choose()
		if diff := cmp.Diff(before, s.candidates); diff != "" {
			t.Fatalf("the candidates changed:\n%s", diff)
		}
	})
}

func FuzzChoose(f *testing.F) {
	f.Add("1.2.3-alpine", "1.2.4-alpine 1.3.0 latest 20240101 2.0.0-rc.1-alpine")
	f.Add("", "v1 1.0 8u372-b07 jdk-17.0.1_12 python3.10-alpine3.20")
	f.Add("latest-alpine", "1.2.3.4.5-x86_64 RELEASE.2024-01-01T00-00-00Z \xff ~")
	var policies []*policy.Policy
	for _, s := range []policy.Spec{
		{},
		{Guard: policy.Guard{Variant: policy.NewerVariant, Bump: policy.Minor}},
		{Guard: policy.Guard{Variant: policy.AnyVariant, Prerelease: true}},
		{Select: policy.Select{Kind: policy.Calver, Arg: "YYYY.MM.MICRO"}},
		{Select: policy.Select{Kind: policy.Numeric, Arg: "descending"}},
		{Select: policy.Select{Kind: policy.Alphabetical, Arg: "ascending"}},
		{Match: `(\d+)(.*)`, Extract: "$2+$1", Select: versions(">=0.1 <3 || 7.x")},
	} {
		policies = append(policies, compile(f, s))
	}
	f.Fuzz(func(t *testing.T, current, tags string) {
		candidates := candidatesOf(tags)
		for _, p := range policies {
			d := p.Choose(policy.Current{Tag: current}, candidates, noon)
			checkVerdicts(t, d, candidates)
			if again := p.Choose(policy.Current{Tag: d.Chosen}, candidates, noon); again.Changed {
				t.Fatalf("%q, then %q", d.Chosen, again.Chosen)
			}
		}
	})
}
