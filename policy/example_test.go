package policy_test

import (
	"fmt"
	"time"

	"github.com/image-updater/image-updater/policy"
)

func ExamplePolicy_Choose() {
	p, err := policy.New(policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: ">=1.25 <2"}})
	if err != nil {
		panic(err)
	}
	var candidates []policy.Candidate
	for _, tag := range []string{"1.25.3-alpine", "1.27.4-alpine", "1.27.4", "1.28.0-rc.1-alpine", "2.0.0-alpine", "latest"} {
		candidates = append(candidates, policy.Candidate{Tag: tag})
	}
	d := p.Choose(policy.Current{Tag: "1.25.3-alpine"}, candidates, time.Now())
	for _, v := range d.Verdicts {
		fmt.Printf("%-18s  %-8s  %-13s  %s\n", v.Tag, v.Outcome, v.Rule, v.Detail())
	}
	// Output:
	// 1.27.4-alpine       chosen                   the best of 2 allowed tags
	// 1.25.3-alpine       rejected  not-best       allowed, but 1.27.4-alpine is better
	// 2.0.0-alpine        rejected  range          outside the range >=1.25 <2
	// 1.28.0-rc.1-alpine  rejected  prerelease     pre-release; guard.prerelease is false
	// 1.27.4              rejected  variant        another variant: -alpine is missing
	// latest              rejected  not-a-version  no version, as there is no number in it
}
