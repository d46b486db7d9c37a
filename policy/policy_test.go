package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/policy"
)

func TestNewErrors(t *testing.T) {
	t.Parallel()
	kind := func(kind policy.Kind, arg string) policy.Spec {
		return policy.Spec{Select: policy.Select{Kind: kind, Arg: arg}}
	}
	for _, test := range []struct {
		name string
		spec policy.Spec
		want string // FIELD: part of the text, one line for each error
	}{
		{name: "match", spec: policy.Spec{Match: "("}, want: `tags.match: regular expression "(": missing closing )`},
		{name: "ignore", spec: policy.Spec{Ignore: []string{"ok", "a)|(b", "*", ""}},
			want: "tags.ignore[1]: unexpected )\ntags.ignore[2]: missing argument to repetition operator\ntags.ignore[3]: is empty"},
		{name: "extract without match", spec: policy.Spec{Extract: "$1"}, want: "tags.extract: needs tags.match"},
		{name: "unknown group", spec: policy.Spec{Match: "(?P<build>.)", Extract: "${biuld}"}, want: `tags.extract: no group "biuld"`},
		{name: "number of a group", spec: policy.Spec{Match: "(.)", Extract: "$1.$2"}, want: `tags.extract: no group "2"`},
		{name: "group that goes on", spec: policy.Spec{Match: "(?P<build>.)", Extract: "$build_x"}, want: `tags.extract: did you mean ${build}_x?`},
		{name: "open brace", spec: policy.Spec{Match: ".", Extract: "${1"}, want: "tags.extract: ${ without a name and }"},
		{name: "lone dollar", spec: policy.Spec{Match: ".", Extract: "a$"}, want: "tags.extract: write $$"},
		{name: "range", spec: kind(policy.Semver, "1.x.y.z"), want: `select.semver: "1.x.y.z" is not a range of versions`},
		{name: "empty range", spec: kind(policy.Semver, " "), want: "select.semver: is empty"},
		{name: "empty format", spec: kind(policy.Calver, ""), want: "select.calver: is empty"},
		{name: "format without a year", spec: kind(policy.Calver, "0M.0D"), want: "select.calver: no year"},
		{name: "format with half a word", spec: kind(policy.Calver, "YYYY.M"), want: `select.calver: unknown word "M"`},
		{name: "format with a modifier", spec: kind(policy.Calver, "YYYY.0M-MODIFIER"), want: `select.calver: unknown word "MODIFIER"`},
		{name: "format with a word twice", spec: kind(policy.Calver, "YYYY.YYYY"), want: "select.calver: YYYY twice"},
		{name: "too many words", spec: kind(policy.Calver, "YYYY.0M.0D.MAJOR.MINOR.MICRO.WW"), want: "select.calver: more than 6 words"},
		{name: "order", spec: kind(policy.Numeric, "up"), want: `select.numeric: unknown order "up"`},
		{name: "no order", spec: kind(policy.Alphabetical, ""), want: "select.alphabetical: is empty"},
		{name: "time", spec: kind(policy.Newest, "build"), want: `select.newest: unknown time "build"`},
		{name: "no time", spec: kind(policy.Newest, ""), want: `select.newest: is empty`},
		{name: "tag to follow", spec: kind(policy.FollowDigest, "a:b"), want: "select.digest: illegal character"},
		{name: "unmatched tag to follow", spec: policy.Spec{Match: "^v", Select: policy.Select{Kind: policy.FollowDigest, Arg: "stable"}},
			want: `select.digest: tags.match '^v' does not match "stable"`},
		{name: "ignored tag to follow", spec: policy.Spec{Ignore: []string{"edge", "sta.*"}, Select: policy.Select{Kind: policy.FollowDigest, Arg: "stable"}},
			want: `select.digest: tags.ignore[1] 'sta.*' matches "stable"`},
		{name: "artifact to follow", spec: kind(policy.FollowDigest, "sha256-"+strings.Repeat("0", 64)+".sig"), want: "select.digest: a signature"},
		{name: "kind", spec: kind("semvar", "*"), want: `select.semvar: unknown kind`},
		{name: "guards of versions elsewhere", spec: policy.Spec{
			Select: policy.Select{Kind: policy.Numeric, Arg: "ascending"},
			Guard:  policy.Guard{Bump: policy.Minor, Variant: policy.AnyVariant, Prerelease: true, Downgrade: true}},
			want: "guard.bump: needs select.semver\nguard.prerelease: needs select.semver\nguard.variant: needs select.semver\nguard.downgrade: needs select.semver"},
		{name: "downgrade without a range", spec: policy.Spec{
			Select: policy.Select{Kind: policy.Calver, Arg: "YYYY"}, Guard: policy.Guard{Downgrade: true}},
			want: "guard.downgrade: needs select.semver"},
		{name: "values of guards", spec: policy.Spec{Guard: policy.Guard{Bump: "mini", Variant: "none", MinAge: -time.Hour}},
			want: "guard.bump: unknown step \"mini\"\nguard.variant: unknown variant \"none\"\nguard.minAge: -1h0m0s is negative"},
	} {
		p, err := policy.New(test.spec)
		if p != nil || err == nil {
			t.Errorf("%s: no error", test.name)
			continue
		}
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok {
			t.Errorf("%s: %T is no joined error", test.name, err)
			continue
		}
		wants := strings.Split(test.want, "\n")
		if got := joined.Unwrap(); len(got) != len(wants) {
			t.Errorf("%s: errors %q, want %q", test.name, got, wants)
			continue
		}
		for i, err := range joined.Unwrap() {
			field, text, _ := strings.Cut(wants[i], ": ")
			fieldError, ok := errors.AsType[*policy.FieldError](err)
			if !ok || fieldError.Field != field || !strings.Contains(errors.Unwrap(err).Error(), text) {
				t.Errorf("%s: error %q, want %q", test.name, err, wants[i])
			}
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		spec policy.Spec
		want string
	}{
		{name: "defaults", spec: policy.Spec{}},
		{name: "2: -0 is cut off silently", spec: policy.Spec{Select: versions(">=1.2.3-0 <2-0")}},
		{name: "2: behind a star, too", spec: policy.Spec{Select: versions("1.*-0 || *-0")}},
		{name: "2: other pre-releases not", spec: policy.Spec{Select: versions(">=1.2.3-rc.1")}, want: `"-rc.1" in ">=1.2.3-rc.1"`},
		{name: "2: behind a star as well", spec: policy.Spec{Select: versions("*-rc")}, want: `"-rc" in "*-rc"`},
		{name: "2: a range with a dash is none", spec: policy.Spec{Select: versions("1.2 - 1.4")}},
		{name: "12: newest without match", spec: policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "pushed"}}, want: "select.newest: without tags.match"},
		{name: "12: alphabetical without match", spec: policy.Spec{Select: policy.Select{Kind: policy.Alphabetical, Arg: "ascending"}}, want: "select.alphabetical"},
		{name: "12: with match", spec: policy.Spec{Match: "^v", Select: policy.Select{Kind: policy.Alphabetical, Arg: "ascending"}}},
	} {
		got := strings.Join(compile(t, test.spec).Warnings(), "\n")
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: warnings %q, want %q", test.name, got, test.want)
		}
	}
}

// The sentences are for a person who does not know the code.
func TestDetail(t *testing.T) {
	t.Parallel()
	bumpMinor := policy.Spec{Select: versions(">=1.25 <2"), Guard: policy.Guard{Bump: policy.Minor}}
	for _, test := range []struct {
		spec                       policy.Spec
		current, tag, others, want string
	}{
		{current: "1.2.0", tag: "latest", want: "no version, as there is no number in it"},
		{current: "1.2.0", tag: "32bit", want: "no version, as its digits belong to words"},
		{current: "1.2.0", tag: "abc1234", want: "a commit or a digest, not a version; only select.newest can order these"},
		{current: "1.2.0", tag: "1.3.0~1", want: "no tag that a registry could have"},
		{current: "1.2.0", tag: "1.3." + strings.Repeat("1", 130), want: "no tag that a registry could have"},
		{current: "1.2.0", tag: "sha256-" + strings.Repeat("0", 64), want: "a signature, an attestation or a bill of materials, not an image"},
		{current: "1.2.0", tag: "python3.10-alpine3.23", want: "not clear which number is the version, 3.10 or 3.23; say so with tags, for example match: '^python(?P<version>[0-9.]+)-alpine3\\.23$', extract: '$version'"},
		{spec: policy.Spec{Match: "^v"}, current: "v1", tag: "1", want: "tags.match '^v' does not match"},
		{spec: policy.Spec{Ignore: []string{"2", "3|4"}}, current: "1", tag: "4", want: "tags.ignore[1] '3|4' matches"},
		{current: "6.14.0", tag: "2021.12.14", want: "a date, and 6.14.0 is none"},
		{current: "2021.12.14", tag: "6.14.0", want: "no date, and 2021.12.14 is one"},
		{current: "20240101", tag: "202401021200", want: "a date written in another way than 20240101"},
		{spec: policy.Spec{Select: policy.Select{Kind: policy.Calver, Arg: "YYYY.0M"}}, current: "2024.01", tag: "1.2", want: "does not fit the format YYYY.0M"},
		{current: "1.2.0-alpine", tag: "1.3.0", want: "another variant: -alpine is missing"},
		{current: "1.2.0", tag: "1.3.0-alpine", want: "another variant: -alpine is added"},
		{current: "1.2.0-slim", tag: "1.3.0-alpine", want: "another variant: -alpine instead of -slim"},
		{current: "1.2.0-alpine3.18", tag: "1.3.0-alpine3.19", want: "another variant: -alpine3.19 instead of -alpine3.18; guard.variant: newer takes it"},
		{current: "1.2.0-debian-10", tag: "1.3.0-debian-11", want: "another variant: -debian-11 instead of -debian-10; guard.variant: newer takes it"},
		{current: "1.2.0-r1", tag: "1.3.0", want: "another variant: revision missing, 1.2.0-r1 has one; guard.variant: newer does not drop it either"},
		{spec: policy.Spec{Guard: policy.Guard{Variant: policy.NewerVariant}}, current: "1.2.0-2", tag: "1.3.0", want: "another variant: revision missing, 1.2.0-2 has one; guard.variant: same drops it when the numbers rise"},
		{spec: policy.Spec{Guard: policy.Guard{Variant: policy.AnyVariant}}, current: "1.2.0-alpine-r1", tag: "1.3.0-slim", want: "another variant: revision missing, 1.2.0-alpine-r1 has one"},
		{current: "1.2.0", tag: "1.3.0-r1", want: "another variant: a revision, and 1.2.0 has none; guard.variant: newer takes it"},
		{current: "8u382-b05", tag: "11.0.1_8", want: "another variant: builds are counted in another way than in 8u382-b05; guard.variant: newer takes it"},
		{current: "1.2.0", tag: "alpine3.20", want: "another variant: the version of alpine3.20 is the number of a word"},
		{current: "alpine3.20", tag: "4.1.0", want: "another variant: the version of alpine3.20 is the number of a word"},
		{current: "1.2.0-abcdef1", tag: "1.3.0", want: "another variant: -(commit) is missing"},
		{current: "v1.2.0", tag: "1.3.0", want: "another variant: the v of v1.2.0 is missing"},
		{current: "1.2.0", tag: "v1.3.0", want: "another variant: a v in front, unlike 1.2.0"},
		{current: "1.2.0-a-b", tag: "1.3.0-b-a", want: "another variant: the same words in another order, or with other separators"},
		{current: "1.27", tag: "1.28.4", want: "another precision: 3 numbers, and 1.27 has 2 numbers; guard.variant: any takes it, best with tags.match: '^[0-9.]+$'"},
		{current: "1", tag: "1.28", want: "another precision: 2 numbers, and 1 has 1 number"},
		{current: "latest", tag: "1.2.0-alpine", others: "1.0.0", want: "another variant: plain tags go first where there is no version to start from"},
		{current: "slim", tag: "1.2.0-alpine", others: "1.0.0", want: "another variant: plain tags go first where there is no version to start from"},
		{current: "slim", tag: "1.2.0-jdk17", others: "1.0.0-slim", want: "another variant than slim"},
		{current: "alpine", tag: "1.2.0", want: "another variant than alpine"},
		{current: "latest", tag: "20240101", others: "1.0.0", want: "a date, and there are tags that are none"},
		{current: "1.2.0", tag: "1.3.0-rc.1", want: "pre-release; guard.prerelease is false"},
		{current: "1.2.0-rc.1", tag: "1.3.0-rc.1", want: "pre-release of another version than 1.2.0-rc.1; guard.prerelease is false"},
		{spec: bumpMinor, current: "1.26.0", tag: "2.1.0", want: "outside the range >=1.25 <2"},
		{current: "1.2.0", tag: "1.1.0", want: "lower than 1.2.0"},
		{spec: policy.Spec{Guard: policy.Guard{Bump: policy.Patch}}, current: "1.26.0", tag: "1.27.1", want: "a minor step from 1.26.0; guard.bump is patch"},
		{spec: policy.Spec{Guard: policy.Guard{MinAge: 72 * time.Hour}}, current: "1.2.0", tag: "1.3.0", want: "push time unknown, so not known to be 72h old"},
		{spec: policy.Spec{Select: policy.Select{Kind: policy.Numeric, Arg: "descending"}}, current: "7", tag: "8", want: "higher than 7, and the lowest is wanted"},
		{spec: policy.Spec{Select: policy.Select{Kind: policy.Numeric, Arg: "ascending"}}, current: "7", tag: "v8", want: `"v8" is not a number`},
		{spec: policy.Spec{Select: policy.Select{Kind: policy.Alphabetical, Arg: "ascending"}}, current: "b", tag: "a", want: "in front of b, and the last is wanted"},
		{spec: policy.Spec{Select: policy.Select{Kind: policy.Alphabetical, Arg: "descending"}}, current: "b", tag: "c", want: "behind b, and the first is wanted"},
		{spec: policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "pushed"}}, current: "b", tag: "c", want: "push time unknown"},
		{spec: policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "created"}}, current: "b", tag: "c", want: "build time unknown"},
		{spec: policy.Spec{Select: policy.Select{Kind: policy.FollowDigest, Arg: "stable"}}, current: "stable", tag: "edge", want: "the policy follows stable and no other tag"},
		// The chosen one.
		{current: "1.2.0", tag: "1.2.0", want: "nothing better is allowed"},
		{current: "1.2.0", tag: "1.4.0", others: "1.3.0", want: "the best of 2 allowed tags"},
		{current: "1.2.0", tag: "1.4.0", want: "the only allowed tag"},
		{current: "1.2.0", tag: "1.3.0", others: "1.4.0", want: "allowed, but 1.4.0 is better"},
		{current: "", tag: "1.4.0", others: "1.3.0", want: "the best of 2 allowed tags"},
		{current: "latest", tag: "1.4.0", others: "1.3.0", want: "the best of 2 allowed tags; a reference that was only found would be left alone (latest: no version, as there is no number in it)"},
		{spec: policy.Spec{Select: versions("<1")}, current: "1.2.0", tag: "1.2.0", want: "nothing better is allowed; 1.2.0 is outside the range <1"},
		{spec: policy.Spec{Ignore: []string{"9.9.9"}}, current: "9.9.9", tag: "9.9.9", want: "nothing better is allowed; tags.ignore[0] '9.9.9' matches"},
	} {
		d := compile(t, test.spec).Choose(policy.Current{Tag: test.current}, candidatesOf(test.tag+" "+test.others), noon)
		i := slices.IndexFunc(d.Verdicts, func(v policy.Verdict) bool { return v.Tag == test.tag })
		if got := d.Verdicts[i].Detail(); got != test.want {
			t.Errorf("%s from %q is %s:\n got %s\nwant %s", test.tag, test.current, verdicts(d)[i], got, test.want)
		}
	}
}

func TestDetailOfAge(t *testing.T) {
	t.Parallel()
	p := compile(t, policy.Spec{Guard: policy.Guard{MinAge: 36*time.Hour + 30*time.Minute}})
	d := p.Choose(policy.Current{Tag: "1.0.0"}, []policy.Candidate{{Tag: "1.1.0", Pushed: noon}}, noon)
	if got, want := d.Verdicts[1].Detail(), "younger than 36h30m, old enough at 2026-11-23 00:30 UTC"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := d.Verdicts[0].Detail(), "nothing better is allowed; 1.0.0 is no longer in the registry"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		spec          policy.Spec
		current, tags string
		want          string
	}{
		{name: "nothing higher", current: "1.2.0", tags: "1.2.0 1.1.0 1.2.0-alpine latest"},
		{name: "out of range", spec: policy.Spec{Select: versions("<2")}, current: "1.2.0", tags: "1.3.0 2.0.0 2.1.0", want: "2.1.0"},
		{name: "a larger step", spec: policy.Spec{Guard: policy.Guard{Bump: policy.Minor}}, current: "1.2.0", tags: "1.3.0 2.0.0 1.4.0-alpine", want: "2.0.0"},
		{name: "a pre-release", current: "1.2.0", tags: "1.3.0-rc.1 1.2.9", want: "1.3.0-rc.1"},
		{name: "a rule goes before another variant", spec: policy.Spec{Select: versions("<2")}, current: "1.2.0", tags: "3.0.0-alpine 2.0.0", want: "2.0.0"},
		{name: "a near variant before another one", current: "1.2.0-alpine3.18", tags: "1.4.0-slim 1.3.0-alpine3.19 1.4.0", want: "1.3.0-alpine3.19"},
		{name: "another variant", current: "1.2.0-alpine", tags: "1.4.0 1.3.0", want: "1.4.0"},
		{name: "another precision is no refusal", current: "1.2", tags: "1.2.4 1.3.1"},
		{name: "nor is the number of a word", current: "1.2.0", tags: "windowsservercore-ltsc2025 alpine3.20"},
		{name: "without a current version no variant is", current: "alpine", tags: "1.4.0"},
		{name: "another variant before a date", current: "1.2.0-alpine", tags: "1.4.0 20240101", want: "1.4.0"},
		{name: "a date", current: "1.2.0", tags: "20240101", want: "20240101"},
		{name: "what waits is no refusal", spec: policy.Spec{Guard: policy.Guard{MinAge: time.Hour}}, current: "1.2.0", tags: "1.3.0"},
	} {
		d := compile(t, test.spec).Choose(policy.Current{Tag: test.current}, candidatesOf(test.tags), noon)
		got, found := d.Refused()
		if got.Tag != test.want || found != (test.want != "") {
			t.Errorf("%s: refused %q, want %q", test.name, got.Tag, test.want)
		}
	}
}

func TestFollowDigest(t *testing.T) {
	t.Parallel()
	spec := policy.Spec{Select: policy.Select{Kind: policy.FollowDigest, Arg: "stable"}}
	aged := spec
	aged.Guard.MinAge = 2 * time.Hour
	offered := spec
	offered.Guard.Platforms = arm64
	young := policy.Candidate{Tag: "stable", Digest: "sha256:b", FirstSeen: noon.Add(-time.Hour)}
	other := policy.Candidate{Tag: "stable", Digest: "sha256:b", Platforms: amd64}
	for _, test := range []struct {
		name       string
		spec       policy.Spec
		current    policy.Current
		candidates []policy.Candidate
		want       policy.Decision
		verdicts   string
		refused    string
	}{
		{name: "12: changed by its digest", spec: spec, current: policy.Current{Tag: "stable", Digest: "sha256:a"}, candidates: []policy.Candidate{young, {Tag: "edge"}},
			want: policy.Decision{Chosen: "stable", Digest: "sha256:b", Changed: true, Usable: true}, verdicts: "stable=chosen edge=match"},
		{name: "12: the same digest", spec: spec, current: policy.Current{Tag: "stable", Digest: "sha256:b"}, candidates: []policy.Candidate{young},
			want: policy.Decision{Chosen: "stable", Digest: "sha256:b", Usable: true}, verdicts: "stable=chosen"},
		{name: "12: without a digest only tags are compared", spec: spec, current: policy.Current{Tag: "stable"}, candidates: []policy.Candidate{young},
			want: policy.Decision{Chosen: "stable", Digest: "sha256:b", Usable: true}, verdicts: "stable=chosen"},
		{name: "3: but a digest to be written where there is none is judged", spec: aged, current: policy.Current{Tag: "stable"}, candidates: []policy.Candidate{young},
			want: policy.Decision{Chosen: "stable", Usable: true}, verdicts: "stable=waiting"},
		{name: "3: by its platforms, too", spec: offered, current: policy.Current{Tag: "stable"}, candidates: []policy.Candidate{other},
			want: policy.Decision{Chosen: "stable", Usable: true}, verdicts: "stable=chosen", refused: "stable: sha256:b is not offered for linux/arm64"},
		{name: "3: platforms hold for the digest", spec: offered, current: policy.Current{Tag: "stable", Digest: "sha256:a"}, candidates: []policy.Candidate{other},
			want: policy.Decision{Chosen: "stable", Digest: "sha256:a", Usable: true}, verdicts: "stable=chosen", refused: "stable: sha256:b is not offered for linux/arm64"},
		{name: "3: and for the tag", spec: offered, current: policy.Current{Tag: "1.2"}, candidates: []policy.Candidate{other},
			want: policy.Decision{Chosen: "1.2"}, verdicts: "1.2=chosen stable=platforms", refused: "stable: sha256:b is not offered for linux/arm64"},
		{name: "but not for the digest that is there", spec: offered, current: policy.Current{Tag: "stable", Digest: "sha256:b"}, candidates: []policy.Candidate{other},
			want: policy.Decision{Chosen: "stable", Digest: "sha256:b", Usable: true}, verdicts: "stable=chosen"},
		{name: "another tag", spec: spec, current: policy.Current{Tag: "1.2"}, candidates: []policy.Candidate{young, {Tag: "1.2"}},
			want: policy.Decision{Chosen: "stable", Digest: "sha256:b", Changed: true}, verdicts: "stable=chosen 1.2=match"},
		{name: "12: a lost one is kept", spec: spec, current: policy.Current{Tag: "stable", Digest: "sha256:a"}, candidates: []policy.Candidate{{Tag: "edge"}},
			want: policy.Decision{Chosen: "stable", Digest: "sha256:a", Usable: true}, verdicts: "stable=chosen edge=match"},
		{name: "3: minAge holds for the digest", spec: aged, current: policy.Current{Tag: "stable", Digest: "sha256:a"}, candidates: []policy.Candidate{young},
			want: policy.Decision{Chosen: "stable", Digest: "sha256:a", Usable: true}, verdicts: "stable=waiting"},
		{name: "3: and for the tag", spec: aged, current: policy.Current{Tag: "1.2"}, candidates: []policy.Candidate{young},
			want: policy.Decision{Chosen: "1.2"}, verdicts: "1.2=chosen stable=waiting"},
		{name: "nothing", spec: spec},
	} {
		got := compile(t, test.spec).Choose(test.current, test.candidates, noon)
		if diff := cmp.Diff(strings.Fields(test.verdicts), verdicts(got)); diff != "" {
			t.Errorf("%s: verdicts (-want +got):\n%s", test.name, diff)
		}
		refused := ""
		if v, ok := got.Refused(); ok {
			refused = v.Tag + ": " + v.Detail()
		}
		if refused != test.refused {
			t.Errorf("%s: refused %q, want %q", test.name, refused, test.refused)
		}
		if (got.Unusable == "") != got.Usable {
			t.Errorf("%s: usable = %v, but %q", test.name, got.Usable, got.Unusable)
		}
		got.Verdicts, got.Unusable, test.want.Current = nil, "", test.current.Tag
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestDigestOfTheChosenTag(t *testing.T) {
	t.Parallel()
	p := compile(t, policy.Spec{})
	candidates := []policy.Candidate{{Tag: "1.0.0", Digest: "sha256:a"}, {Tag: "1.1.0", Digest: "sha256:b"}}
	if d := p.Choose(policy.Current{Tag: "1.0.0", Digest: "sha256:x"}, candidates, noon); d.Digest != "sha256:b" {
		t.Errorf("the digest of %s is %s", d.Chosen, d.Digest)
	}
	if d := p.Choose(policy.Current{Tag: "1.1.0", Digest: "sha256:x"}, candidates, noon); d.Digest != "sha256:b" || d.Changed {
		t.Errorf("the digest of the kept %s is %s, changed = %v", d.Chosen, d.Digest, d.Changed)
	}
	if d := p.Choose(policy.Current{Tag: "1.2.0", Digest: "sha256:x"}, candidates, noon); d.Digest != "sha256:x" {
		t.Errorf("the digest of the lost %s is %s", d.Chosen, d.Digest)
	}
}
