package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

func TestOtherKinds(t *testing.T) {
	t.Parallel()
	kind := func(kind policy.Kind, arg string) policy.Spec {
		return policy.Spec{Select: policy.Select{Kind: kind, Arg: arg}}
	}
	builds := policy.Spec{Match: `^release-(?P<build>\d+)-[0-9a-f]{8}$`, Extract: "$build", Ignore: []string{"release-1180-.*"},
		Select: policy.Select{Kind: policy.Numeric, Arg: "ascending"}}
	decisions{
		{ruling: "12: numeric takes digits only", spec: kind(policy.Numeric, "ascending"), current: "9", tags: "10 99999999999999999999999 v11 1.2",
			want: "99999999999999999999999=chosen 10=not-best 1.2=not-a-version v11=not-a-version"},
		{ruling: "3: never down", spec: kind(policy.Numeric, "ascending"), current: "9", tags: "8", want: "9=chosen 8=older"},
		{ruling: "3: for descending down is the other way round", spec: kind(policy.Numeric, "descending"), current: "9", tags: "8 10 7", want: "7=chosen 8=not-best 10=older"},
		{ruling: "2: builds and commits by match and extract", spec: builds, current: "release-1178-344b590f", tags: "release-1179-344b590f release-1180-344b590f release-x",
			want: "release-1179-344b590f=chosen release-1180-344b590f=ignore release-x=match"},
		{ruling: "12: alphabetical compares bytes", spec: kind(policy.Alphabetical, "ascending"), current: "b", tags: "a c B", want: "c=chosen a=older B=older"},
		{ruling: "12: descending, too", spec: kind(policy.Alphabetical, "descending"), current: "b", tags: "a c B", want: "B=chosen a=not-best c=older"},
		{ruling: "11: a format reads all the numbers", spec: kind(policy.Calver, "YYYY.0M"), current: "2024.01", tags: "2024.02 2024.03.1 1.2 2024.13 latest",
			want: "2024.02=chosen 1.2=scheme 2024.03.1=scheme 2024.13=scheme latest=not-a-version"},
		{ruling: "11: prefix, suffix and build as for semver", spec: kind(policy.Calver, "YYYY.0M"), current: "v2024.01-alpine-r1", tags: "v2024.02-alpine-r2 2024.03-alpine-r1 v2024.03 v2024.03-alpine",
			want: "v2024.02-alpine-r2=chosen 2024.03-alpine-r1=variant v2024.03=variant v2024.03-alpine=variant"},
		{ruling: "11: bump counts the words of the format", spec: policy.Spec{Select: policy.Select{Kind: policy.Calver, Arg: "YYYY.MM.MICRO"}, Guard: policy.Guard{Bump: policy.Patch}},
			current: "2024.1.0", tags: "2024.1.7 2024.2.0 2025.1.0", want: "2024.1.7=chosen 2025.1.0=bump 2024.2.0=bump"},
		{ruling: "11: a day that does not exist does not fit", spec: kind(policy.Calver, "YYYYMMDD"), current: "20240131", tags: "20240230 20240229 21000229 20000229", want: "20240229=chosen 20000229=older 20240230=scheme 21000229=scheme"},
		{ruling: "11: a day in front of the year counts less", spec: kind(policy.Calver, "DD.MM.YYYY"), current: "31.1.2024", tags: "1.2.2024 30.1.2024", want: "1.2.2024=chosen 30.1.2024=older"},
		{ruling: "11: fixed text", spec: kind(policy.Calver, "YYYY-0M-0DT00-00-00Z"), current: "RELEASE.2024-01-01T00-00-00Z", tags: "RELEASE.2024-02-01T00-00-00Z RELEASE.2024-02-01T01-00-00Z",
			want: "RELEASE.2024-02-01T00-00-00Z=chosen RELEASE.2024-02-01T01-00-00Z=scheme"},
		{ruling: "11: fixed text at the end", spec: kind(policy.Calver, "YYYY.0M-lts"), current: "2024.01-lts-alpine", tags: "2024.02-lts-alpine 2024.02-alpine", want: "2024.02-lts-alpine=chosen 2024.02-alpine=scheme"},
		{ruling: "5: no plain tags first in kinds without versions", spec: kind(policy.Alphabetical, "ascending"), current: "", tags: "1.0 alpine", want: "alpine=chosen 1.0=not-best"},
	}.run(t)
}

func TestNewest(t *testing.T) {
	t.Parallel()
	at := func(tag string, pushed, created int) policy.Candidate {
		c := policy.Candidate{Tag: tag}
		if pushed != 0 {
			c.Pushed = noon.Add(-time.Duration(pushed) * time.Hour)
		}
		if created != 0 {
			c.Created = noon.Add(-time.Duration(created) * time.Hour)
		}
		return c
	}
	candidates := []policy.Candidate{at("a", 3, 1), at("b", 2, 2), at("c", 1, 3), at("d", 0, 0)}
	doubles := append(slices.Clone(candidates), at("e", 3, 1), at("e", 1, 2), at("e", 2, 3))
	for _, test := range []struct{ name, arg, current, want string }{
		{name: "pushed", arg: "pushed", current: "b", want: "c=chosen b=not-best a=older d=not-a-version"},
		{name: "created", arg: "created", current: "b", want: "a=chosen b=not-best c=older d=not-a-version"},
		{name: "any time is newer than an unknown one", arg: "pushed", current: "d", want: "c=chosen b=not-best a=not-best d=not-a-version"},
		{name: "of doubles the youngest counts", arg: "created", current: "e", want: "a=chosen e=not-best b=not-best c=older d=not-a-version"},
		{name: "or than one that is lost", arg: "pushed", current: "x", want: "c=chosen b=not-best a=not-best d=not-a-version"},
	} {
		p := compile(t, policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: test.arg}})
		given := candidates
		if test.current == "e" {
			given = doubles
		}
		d := p.Choose(policy.Current{Tag: test.current}, given, noon)
		if diff := cmp.Diff(strings.Fields(test.want), verdicts(d)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestMinAge(t *testing.T) {
	t.Parallel()
	aged := func(tag string, age time.Duration) policy.Candidate {
		return policy.Candidate{Tag: tag, Pushed: noon.Add(-age)}
	}
	p := compile(t, policy.Spec{Guard: policy.Guard{MinAge: 72 * time.Hour}})
	seen := policy.Candidate{Tag: "1.8.0", FirstSeen: noon.Add(-time.Hour)}
	candidates := []policy.Candidate{
		aged("1.0.0", 1000*time.Hour), aged("1.5.0", 72*time.Hour), aged("1.6.0", 72*time.Hour-1), aged("1.4.0", time.Hour),
		{Tag: "1.7.0"}, seen, aged("0.9.0", time.Hour),
	}
	d := p.Choose(policy.Current{Tag: "1.0.0"}, candidates, noon)
	want := "1.5.0=chosen 1.8.0=waiting 1.7.0=waiting 1.6.0=waiting 1.4.0=not-best 1.0.0=not-best 0.9.0=older"
	if diff := cmp.Diff(strings.Fields(want), verdicts(d)); diff != "" {
		t.Errorf("13: (-want +got):\n%s", diff)
	}
	for i, want := range []time.Time{{}, seen.FirstSeen.Add(72 * time.Hour), {}, noon.Add(1)} {
		if got := d.Verdicts[i].Until; !got.Equal(want) {
			t.Errorf("13: %s waits until %v, want %v", d.Verdicts[i].Tag, got, want)
		}
	}
	double := []policy.Candidate{aged("1.6.0", 80*time.Hour), aged("1.6.0", 70*time.Hour), aged("1.6.0", 75*time.Hour)}
	if d := p.Choose(policy.Current{Tag: "1.0.0"}, double, noon); d.Changed || !d.Verdicts[1].Until.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("of doubles the youngest counts, got %v", verdicts(d))
	}
	d = p.Choose(policy.Current{Tag: "1.5.0"}, candidates[:5], noon)
	if d.Changed || d.Chosen != "1.5.0" || d.Verdicts[1].Outcome != policy.Waiting {
		t.Errorf("13: what is younger waits, got %v", verdicts(d))
	}
}

func TestPlatforms(t *testing.T) {
	t.Parallel()
	platforms := func(names ...string) []image.Platform {
		list := []image.Platform{}
		for _, name := range names {
			p, err := image.ParsePlatform(name)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, p)
		}
		return list
	}
	p := compile(t, policy.Spec{Guard: policy.Guard{Platforms: platforms("linux/amd64", "linux/arm64")}})
	d := p.Choose(policy.Current{Tag: "1.0.0"}, []policy.Candidate{
		{Tag: "1.1.0", Platforms: platforms("linux/amd64", "linux/arm64/v8", "linux/s390x")},
		{Tag: "1.2.0", Platforms: platforms("linux/amd64")},
		{Tag: "1.0.5", Platforms: platforms()},
		{Tag: "1.0.1"},
	}, noon)
	want := "1.1.0=chosen 1.0.1=not-best 1.2.0=platforms 1.0.5=platforms"
	if diff := cmp.Diff(strings.Fields(want), verdicts(d)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := d.Verdicts[3].Detail(); got != "not offered for linux/amd64, linux/arm64" {
		t.Errorf("the detail is %q", got)
	}
	d = p.Choose(policy.Current{}, []policy.Candidate{{Tag: "1.3.0", Platforms: platforms()}, {Tag: "1.2.0-slim"}}, noon)
	if diff := cmp.Diff([]string{"1.2.0-slim=chosen", "1.3.0=platforms"}, verdicts(d)); diff != "" {
		t.Errorf("5: a plain tag without the platforms does not go first (-want +got):\n%s", diff)
	}
	d = p.Choose(policy.Current{Tag: "1.0.0"}, []policy.Candidate{{Tag: "1.3.0"}}, noon)
	if d.Chosen != "1.3.0" {
		t.Errorf("unknown platforms are judged: %v", verdicts(d))
	}
}
