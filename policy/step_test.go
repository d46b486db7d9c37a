package policy_test

import (
	"testing"
	"time"

	"github.com/image-updater/image-updater/policy"
)

func TestStep(t *testing.T) {
	t.Parallel()
	versions := policy.Spec{}
	extracted := policy.Spec{Match: `^release-(\d+\.\d+)$`, Extract: "$1"}
	for _, test := range []struct {
		name, current, to string
		spec              policy.Spec
		want              policy.Bump
	}{
		{name: "patch", spec: versions, current: "1.25.3", to: "1.25.4", want: policy.Patch},
		{name: "minor", spec: versions, current: "1.25.3-alpine", to: "1.27.0-alpine", want: policy.Minor},
		{name: "major", spec: versions, current: "v1.25.3", to: "v2.0.0", want: policy.Major},
		{name: "revision", spec: versions, current: "1.2.3-r1", to: "1.2.3-r2", want: policy.Patch},
		{name: "by what is extracted", spec: extracted, current: "release-1.2", to: "release-2.0", want: policy.Major},
		{name: "kept", spec: versions, current: "1.25.3", to: "1.25.3"},
		{name: "no version before", spec: versions, current: "latest", to: "1.25.3"},
		{name: "numbers", spec: policy.Spec{Select: policy.Select{Kind: policy.Numeric, Arg: "ascending"}}, current: "7", to: "8"},
		{name: "texts", spec: policy.Spec{Select: policy.Select{Kind: policy.Alphabetical, Arg: "ascending"}}, current: "1.0", to: "2.0"},
		{name: "a digest", spec: policy.Spec{Select: policy.Select{Kind: policy.FollowDigest, Arg: "stable"}}, current: "stable", to: "stable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := policy.New(test.spec)
			if err != nil {
				t.Fatal(err)
			}
			d := p.Choose(policy.Current{Tag: test.current}, []policy.Candidate{{Tag: test.current}, {Tag: test.to}}, time.Time{})
			if d.Chosen != test.to {
				t.Fatalf("chose %q, want %q", d.Chosen, test.to)
			}
			got, ok := d.Step()
			if got != test.want || ok != (test.want != "") {
				t.Errorf("step %q, %v, want %q", got, ok, test.want)
			}
		})
	}
	if step, ok := (policy.Decision{}).Step(); ok {
		t.Errorf("no decision is a step of %q", step)
	}
}
