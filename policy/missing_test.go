package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

var (
	arm64 = []image.Platform{{OS: "linux", Architecture: "arm64"}}
	amd64 = []image.Platform{{OS: "linux", Architecture: "amd64"}}
)

func TestFacts(t *testing.T) {
	t.Parallel()
	newest := func(arg string) policy.Select { return policy.Select{Kind: policy.Newest, Arg: arg} }
	follow := policy.Select{Kind: policy.FollowDigest, Arg: "stable"}
	for _, test := range []struct {
		name     string
		spec     policy.Spec
		want     image.Facts
		followed string
	}{
		{name: "a plain policy needs names only"},
		{name: "age", spec: policy.Spec{Guard: policy.Guard{MinAge: time.Hour}}, want: image.PushedFact | image.DigestFact},
		{name: "platforms", spec: policy.Spec{Guard: policy.Guard{Platforms: arm64}}, want: image.PlatformsFact},
		{name: "pushed", spec: policy.Spec{Select: newest("pushed")}, want: image.PushedFact},
		{name: "created, which is never later than pushed", spec: policy.Spec{Select: newest("created")}, want: image.CreatedFact | image.PushedFact},
		{name: "digest", spec: policy.Spec{Select: follow}, want: image.DigestFact, followed: "stable"},
		{name: "digest with all guards", spec: policy.Spec{Select: follow, Guard: policy.Guard{MinAge: 1, Platforms: arm64}},
			want: image.DigestFact | image.PushedFact | image.PlatformsFact, followed: "stable"},
		{name: "numeric", spec: policy.Spec{Select: policy.Select{Kind: policy.Numeric, Arg: "ascending"}}},
	} {
		p := compile(t, test.spec)
		if got := p.Facts(); got != test.want {
			t.Errorf("%s: facts %v, want %v", test.name, got, test.want)
		}
		if tag, ok := p.Followed(); ok != (test.followed != "") || ok && tag != test.followed {
			t.Errorf("%s: follows %q, %v, want %q", test.name, tag, ok, test.followed)
		}
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	aged := policy.Spec{Guard: policy.Guard{MinAge: 72 * time.Hour}}
	offered := policy.Spec{Guard: policy.Guard{Platforms: arm64}}
	both := policy.Spec{Guard: policy.Guard{MinAge: 72 * time.Hour, Platforms: arm64}}
	created := policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "created"}}
	pushed := policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "pushed"}, Ignore: []string{"tmp-.*"}}
	follow := policy.Spec{Select: policy.Select{Kind: policy.FollowDigest, Arg: "stable"}}
	followGuarded := policy.Spec{Select: follow.Select, Guard: both.Guard}
	old, young := hour(-100), hour(-1)
	digest := func(tag string) policy.Missing { return policy.Missing{Tag: tag, Facts: image.DigestFact} }
	platforms := func(tag string) policy.Missing { return policy.Missing{Tag: tag, Facts: image.PlatformsFact} }
	build := func(tag string) policy.Missing { return policy.Missing{Tag: tag, Facts: image.CreatedFact} }
	at := policy.Current{Tag: "1.0.0"}
	for _, test := range []struct {
		name       string
		spec       policy.Spec
		current    policy.Current
		candidates []policy.Candidate
		want       []policy.Missing
	}{
		{name: "names are enough for a plain policy", current: at, candidates: candidatesOf("1.0.0 1.1.0")},
		{name: "the age of what is better, best first", spec: aged, current: at, candidates: candidatesOf("1.0.0 0.9.0 1.1.0 1.3.0 1.2.0-alpine 1.2.0"),
			want: []policy.Missing{digest("1.3.0"), digest("1.2.0"), digest("1.1.0")}},
		{name: "not of what is worse than one that is old enough", spec: aged, current: at,
			candidates: []policy.Candidate{{Tag: "1.1.0"}, {Tag: "1.2.0", Pushed: old}, {Tag: "1.3.0"}, {Tag: "1.4.0", FirstSeen: young}},
			want:       []policy.Missing{digest("1.3.0")}},
		{name: "the platforms of what would be chosen", spec: offered, current: at, candidates: candidatesOf("1.0.0 1.1.0 1.2.0"),
			want: []policy.Missing{platforms("1.2.0")}},
		{name: "then those of the next", spec: offered, current: at, candidates: []policy.Candidate{{Tag: "1.1.0"}, {Tag: "1.2.0", Platforms: amd64}},
			want: []policy.Missing{platforms("1.1.0")}},
		{name: "an empty list of platforms is known", spec: offered, current: at, candidates: []policy.Candidate{{Tag: "1.2.0", Platforms: []image.Platform{}}}},
		{name: "none for the tag that is kept", spec: both, current: at, candidates: candidatesOf("1.0.0 0.9.0")},
		{name: "ages go before platforms, which may cost a pull", spec: both, current: at,
			candidates: []policy.Candidate{{Tag: "1.1.0", Pushed: old}, {Tag: "1.2.0"}}, want: []policy.Missing{digest("1.2.0")}},
		{name: "no platforms of what waits", spec: both, current: at,
			candidates: []policy.Candidate{{Tag: "1.1.0", Pushed: old}, {Tag: "1.2.0", Pushed: young}}, want: []policy.Missing{platforms("1.1.0")}},
		{name: "no age of what lacks a platform", spec: both, current: at, candidates: []policy.Candidate{{Tag: "1.2.0", Platforms: amd64}}},
		{name: "the times of all that may be the newest", spec: pushed, current: at,
			candidates: []policy.Candidate{{Tag: "1.0.0", Pushed: old}, {Tag: "a"}, {Tag: "b", Pushed: young}, {Tag: "c"}, {Tag: "c"}, {Tag: "tmp-1"}},
			want:       []policy.Missing{{Tag: "c", Facts: image.PushedFact}, {Tag: "a", Facts: image.PushedFact}}},
		{name: "but of none that is known to be older than another", spec: pushed, current: at,
			candidates: []policy.Candidate{{Tag: "a", PushedBefore: old}, {Tag: "b", Pushed: young}, {Tag: "c", PushedBefore: hour(0)}},
			want:       []policy.Missing{{Tag: "c", Facts: image.PushedFact}}},
		{name: "the time of the current tag, too", spec: created, current: at, candidates: candidatesOf("1.0.0"), want: []policy.Missing{build("1.0.0")}},
		{name: "of builds only the one pushed last, as the others may have been built before", spec: created, current: at,
			candidates: []policy.Candidate{{Tag: "1.0.0", Created: old, Pushed: old}, {Tag: "a", Pushed: hour(-3)}, {Tag: "b", Pushed: hour(-2)}, {Tag: "c", Pushed: hour(-200)}},
			want:       []policy.Missing{build("b")}},
		{name: "and none that was pushed before another was built", spec: created, current: at,
			candidates: []policy.Candidate{{Tag: "1.0.0", Created: old}, {Tag: "a", Pushed: hour(-3)}, {Tag: "b", Pushed: hour(-2), Created: hour(-3)}}},
		{name: "but those of which nothing is known", spec: created, current: at,
			candidates: []policy.Candidate{{Tag: "1.0.0", Created: old}, {Tag: "a"}, {Tag: "b", Pushed: hour(-2)}, {Tag: "c"}},
			want:       []policy.Missing{build("b"), build("c"), build("a")}},
		{name: "the digest that is followed", spec: follow, current: policy.Current{Tag: "stable"}, candidates: candidatesOf("edge stable"),
			want: []policy.Missing{digest("stable")}},
		{name: "once", spec: followGuarded, current: policy.Current{Tag: "1"}, candidates: candidatesOf("stable"), want: []policy.Missing{digest("stable")}},
		{name: "its age", spec: followGuarded, current: policy.Current{Tag: "stable", Digest: "sha256:a"},
			candidates: []policy.Candidate{{Tag: "stable", Digest: "sha256:b"}}, want: []policy.Missing{digest("stable")}},
		{name: "its platforms", spec: followGuarded, current: policy.Current{Tag: "stable", Digest: "sha256:a"},
			candidates: []policy.Candidate{{Tag: "stable", Digest: "sha256:b", FirstSeen: old}}, want: []policy.Missing{platforms("stable")}},
		{name: "nothing of a digest that is there already", spec: followGuarded, current: policy.Current{Tag: "stable", Digest: "sha256:a"},
			candidates: []policy.Candidate{{Tag: "stable", Digest: "sha256:a"}}},
		{name: "nothing of a followed tag that is lost", spec: follow, current: policy.Current{Tag: "stable"}, candidates: candidatesOf("edge")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := compile(t, test.spec).Choose(test.current, test.candidates, noon).Missing
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	offered := policy.Spec{Guard: policy.Guard{Platforms: arm64}}
	aged := policy.Spec{Guard: policy.Guard{MinAge: 72 * time.Hour}}
	created := policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "created"}}
	follow := policy.Spec{Select: policy.Select{Kind: policy.FollowDigest, Arg: "stable"}}
	later := hour(6)
	const costs = " not known, and asking would spend more of the registry's pull quota than this policy file allows"
	for _, test := range []struct {
		name         string
		spec         policy.Spec
		current      policy.Current
		candidates   []policy.Candidate
		want, detail string
	}{
		{name: "what cannot be looked at waits, and the next is taken", spec: offered, current: policy.Current{Tag: "1.0.0"},
			candidates: []policy.Candidate{{Tag: "1.2.0", NoQuotaUntil: later}, {Tag: "1.1.0", Platforms: arm64}},
			want:       "1.1.0=chosen 1.2.0=waiting", detail: "its platforms are" + costs},
		{name: "unless it is known after all", spec: offered, current: policy.Current{Tag: "1.0.0"},
			candidates: []policy.Candidate{{Tag: "1.2.0", NoQuotaUntil: later, Platforms: arm64}, {Tag: "1.1.0"}}, want: "1.2.0=chosen 1.1.0=not-best"},
		{name: "or does not matter", current: policy.Current{Tag: "1.0.0"},
			candidates: []policy.Candidate{{Tag: "1.2.0", NoQuotaUntil: later}, {Tag: "0.9.0", NoQuotaUntil: later}}, want: "1.2.0=chosen 0.9.0=older"},
		{name: "its age cannot be asked for", spec: aged, current: policy.Current{Tag: "1.0.0"},
			candidates: []policy.Candidate{{Tag: "1.2.0", NoQuotaUntil: later}, {Tag: "1.0.0"}},
			want:       "1.0.0=chosen 1.2.0=waiting", detail: "its age is" + costs},
		{name: "its build time cannot", spec: created, current: policy.Current{Tag: "1.0.0"},
			candidates: []policy.Candidate{{Tag: "1.0.0", Created: hour(-9)}, {Tag: "a", NoQuotaUntil: later}, {Tag: "a", NoQuotaUntil: later}, {Tag: "b", Created: hour(-8)},
				{Tag: "c", Pushed: hour(-8), NoQuotaUntil: later}},
			want: "b=chosen a=waiting 1.0.0=not-best c=not-a-version", detail: "its build time is" + costs},
		{name: "that of the current tag cannot: nothing is known to be newer", spec: created, current: policy.Current{Tag: "1.0.0"},
			candidates: []policy.Candidate{{Tag: "1.0.0", NoQuotaUntil: later}, {Tag: "b", Created: hour(-8)}},
			want:       "1.0.0=chosen b=waiting", detail: "the build time of 1.0.0 is" + costs},
		{name: "the digest that is followed cannot", spec: follow, current: policy.Current{Tag: "stable", Digest: "sha256:a"},
			candidates: []policy.Candidate{{Tag: "stable", NoQuotaUntil: later}}, want: "stable=waiting", detail: "its digest is" + costs},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := compile(t, test.spec).Choose(test.current, test.candidates, noon)
			if diff := cmp.Diff(strings.Fields(test.want), verdicts(d)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, v := range d.Verdicts {
				if v.Outcome == policy.Waiting && (v.Rule != policy.RuleQuota || !v.Until.Equal(later) || v.Detail() != test.detail) {
					t.Errorf("%s waits by %s until %v: %q, want %q", v.Tag, v.Rule, v.Until, v.Detail(), test.detail)
				}
			}
			if len(d.Missing) > 0 {
				t.Errorf("missing %v", d.Missing)
			}
		})
	}
}

// known makes a candidate of which everything is known: the age by push or by first sight, and a build that was not
// pushed before it was made.
func known(tag string) *rapid.Generator[policy.Candidate] {
	return rapid.Custom(func(t *rapid.T) policy.Candidate {
		pushed := noon.Add(-time.Duration(rapid.IntRange(0, 9).Draw(t, "pushed")) * 30 * time.Minute)
		c := policy.Candidate{
			Tag: tag, Created: pushed.Add(-time.Duration(rapid.IntRange(0, 9).Draw(t, "built")) * 30 * time.Minute),
			Digest:    image.Digest(rapid.SampledFrom([]string{"sha256:a", "sha256:b"}).Draw(t, "digest")),
			Platforms: rapid.SampledFrom([][]image.Platform{arm64, amd64, {}}).Draw(t, "platforms"),
			Pushed:    pushed,
		}
		if rapid.Bool().Draw(t, "seen?") {
			c.Pushed, c.FirstSeen = time.Time{}, pushed
		}
		return c
	})
}

// forget drops some of what is known of a candidate, but its push only where that may be asked for.
func forget(t *rapid.T, s policy.Spec, c policy.Candidate) policy.Candidate {
	gone := func(what string) bool { return rapid.IntRange(0, 3).Draw(t, what) > 0 }
	if gone("digest gone?") {
		c.Digest, c.FirstSeen = "", time.Time{}
	}
	if gone("platforms gone?") {
		c.Platforms = nil
	}
	if gone("build gone?") {
		c.Created = time.Time{}
	}
	if s.Select.Arg == "pushed" && gone("push gone?") {
		c.Pushed = time.Time{}
	}
	return c
}

// learn fills in facts of a candidate.
func learn(c *policy.Candidate, facts image.Facts, from policy.Candidate) {
	switch facts {
	case image.DigestFact:
		c.Digest, c.FirstSeen = from.Digest, from.FirstSeen
	case image.PlatformsFact:
		c.Platforms = from.Platforms
	case image.CreatedFact:
		c.Created = from.Created
	case image.PushedFact:
		c.Pushed = from.Pushed
	}
}

// Whoever fills in what is missing, in any order, soon gets the decision that knowing all would have given.
func TestWhatIsMissingDecides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation(t)
		tags := rapid.SliceOfNDistinct(anyTag(), 0, 12, rapid.ID).Draw(t, "tags")
		if s.spec.Select.Kind == policy.FollowDigest {
			tags = append(slices.DeleteFunc(tags, func(tag string) bool { return tag == s.spec.Select.Arg }), s.spec.Select.Arg)
		}
		all := make([]policy.Candidate, len(tags))
		s.candidates = make([]policy.Candidate, len(tags))
		for i, tag := range tags {
			all[i] = known(tag).Draw(t, "known")
			if s.spec.Select.Arg == "pushed" {
				all[i].Pushed = all[i].Created
			}
			s.candidates[i] = forget(t, s.spec, all[i])
		}
		want := s.policy.Choose(s.current, all, noon)
		if len(want.Missing) > 0 {
			t.Fatalf("missing of known tags: %v", want.Missing)
		}
		d := s.choose()
		for looks := 0; len(d.Missing) > 0; looks++ {
			if looks > 3*len(tags) {
				t.Fatalf("no end of %v", d.Missing)
			}
			m := rapid.SampledFrom(d.Missing).Draw(t, "look up")
			checkMissing(t, d, m)
			i := slices.Index(tags, m.Tag)
			before := s.candidates[i]
			learn(&s.candidates[i], m.Facts, all[i])
			if cmp.Equal(before, s.candidates[i]) {
				t.Fatalf("%v was known", m)
			}
			d = s.choose()
		}
		// The platforms of a young tag are not asked for, and as long as it waits, nothing that is asked for less is taken.
		if holds := slices.ContainsFunc(d.Verdicts, func(v policy.Verdict) bool { return v.Outcome == policy.Waiting }); !d.Usable && holds {
			return
		}
		if d.Chosen != want.Chosen || d.Changed != want.Changed || d.Changed && d.Digest != want.Digest && d.Digest != "" {
			t.Fatalf("chosen %q %s, knowing all %q %s:\n%v\n%v", d.Chosen, d.Digest, want.Chosen, want.Digest, verdicts(d), verdicts(want))
		}
	})
}

// checkMissing holds that nothing is asked of a tag that a rule is against.
func checkMissing(t *rapid.T, d policy.Decision, m policy.Missing) {
	i := slices.IndexFunc(d.Verdicts, func(v policy.Verdict) bool { return v.Tag == m.Tag })
	v := d.Verdicts[i]
	timeless := m.Facts.Has(image.CreatedFact) || m.Facts.Has(image.PushedFact)
	if v.Outcome == policy.Rejected && !(timeless && v.Rule == policy.RuleNoVersion) {
		t.Fatalf("%v is asked of a tag that is rejected: %s", m, v.Rule)
	}
}

// What cannot be looked up is never chosen for what is not known of it, and nothing is asked of it.
func TestWithoutQuota(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySituation(t)
		for i := range s.candidates {
			if rapid.Bool().Draw(t, "quota?") {
				s.candidates[i].NoQuotaUntil = hour(rapid.IntRange(1, 3).Draw(t, "until"))
			}
		}
		d := s.choose()
		checkVerdicts(t, d, s.candidates)
		for _, c := range s.candidates {
			if c.NoQuotaUntil.IsZero() {
				continue
			}
			if slices.ContainsFunc(d.Missing, func(m policy.Missing) bool { return m.Tag == c.Tag && onlyOne(s.candidates, c.Tag) }) {
				t.Fatalf("asked for %v", d.Missing)
			}
			unknown := s.spec.Guard.Platforms != nil && c.Platforms == nil || s.spec.Select.Kind == policy.FollowDigest && c.Digest == ""
			if d.Chosen == c.Tag && d.Changed && unknown && onlyOne(s.candidates, c.Tag) {
				t.Fatalf("%+v is chosen", c)
			}
		}
	})
}

func onlyOne(candidates []policy.Candidate, tag string) bool {
	n := 0
	for _, c := range candidates {
		if c.Tag == tag {
			n++
		}
	}
	return n == 1
}
