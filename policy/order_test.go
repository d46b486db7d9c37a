package policy_test

import (
	"testing"
	"time"

	"github.com/image-updater/image-updater/policy"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	early, late := time.Unix(1767225600, 0), time.Unix(1767312000, 0)
	tagged := func(tag string) policy.Candidate { return policy.Candidate{Tag: tag} }
	for _, test := range []struct {
		name  string
		spec  policy.Spec
		a, b  policy.Candidate
		order int
		ok    bool
	}{
		{name: "versions", a: tagged("1.10.0"), b: tagged("1.9.0"), order: 1, ok: true},
		{name: "variants are level", a: tagged("1.27.4-alpine"), b: tagged("1.27.4"), ok: true},
		{name: "so are they where any is taken", spec: policy.Spec{Guard: policy.Guard{Variant: policy.AnyVariant}},
			a: tagged("1.27.4-alpine"), b: tagged("1.27.4"), ok: true},
		{name: "builds", a: tagged("1.27.4-r2"), b: tagged("1.27.4-r1"), order: 1, ok: true},
		{name: "what is ignored has its place", spec: policy.Spec{Ignore: []string{"2.*"}}, a: tagged("2.0.0"), b: tagged("1.0.0"), order: 1, ok: true},
		{name: "no version", a: tagged("latest"), b: tagged("1.0.0")},
		{name: "numbers downwards", spec: policy.Spec{Select: policy.Select{Kind: policy.Numeric, Arg: "descending"}},
			a: tagged("9"), b: tagged("10"), order: 1, ok: true},
		{name: "times", spec: policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "pushed"}},
			a: policy.Candidate{Tag: "b", Pushed: early}, b: policy.Candidate{Tag: "a", Pushed: late}, order: -1, ok: true},
		{name: "a time that is not known", spec: policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "pushed"}},
			a: policy.Candidate{Tag: "b", Pushed: early}, b: tagged("a")},
		{name: "digests", spec: policy.Spec{Select: policy.Select{Kind: policy.FollowDigest, Arg: "stable"}}, a: tagged("stable"), b: tagged("stable")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := policy.New(test.spec)
			if err != nil {
				t.Fatal(err)
			}
			if order, ok := p.Compare(test.a, test.b); order != test.order || ok != test.ok {
				t.Errorf("%d, %v, want %d, %v", order, ok, test.order, test.ok)
			}
			if order, _ := p.Compare(test.b, test.a); order != -test.order {
				t.Errorf("the other way round %d, want %d", order, -test.order)
			}
		})
	}
}

// A fingerprint tells policies that choose differently apart, and stays the same for one that says the same in more words.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	specs := []policy.Spec{
		{},
		{Select: policy.Select{Kind: policy.Semver, Arg: "<2"}},
		{Select: policy.Select{Kind: policy.Semver, Arg: "<3"}},
		{Select: policy.Select{Kind: policy.Numeric, Arg: "ascending"}},
		{Ignore: []string{"a", "b"}},
		{Ignore: []string{"a b"}},
		{Match: "a"},
		{Guard: policy.Guard{Bump: policy.Minor}},
		{Guard: policy.Guard{Prerelease: true}},
		{Guard: policy.Guard{Downgrade: true}},
		{Guard: policy.Guard{MinAge: time.Hour}},
		{Guard: policy.Guard{Variant: policy.NewerVariant}},
	}
	seen := map[string]int{}
	for i, spec := range specs {
		p, err := policy.New(spec)
		if err != nil {
			t.Fatal(err)
		}
		print := p.Fingerprint()
		if j, ok := seen[print]; ok {
			t.Errorf("policies %d and %d have the same fingerprint", j, i)
		}
		seen[print] = i
	}
	kind, err := policy.New(policy.Spec{Select: policy.Select{Arg: "<2"}})
	if err != nil {
		t.Fatal(err)
	}
	if i := seen[kind.Fingerprint()]; i != 1 {
		t.Error("semver by default is another policy than semver by name")
	}
}
