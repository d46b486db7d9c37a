package policy_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/image-updater/image-updater/policy"
)

// What is no version is ordered by bytes, however much of it is alike.
func TestManyTextsAreSorted(t *testing.T) {
	t.Parallel()
	p := compile(t, policy.Spec{Match: "^x"})
	var tags []string
	for i := range 500 {
		tags = append(tags, fmt.Sprintf("feature-branch-%04d", i*7919%5000), fmt.Sprintf("feature-%d", i), fmt.Sprintf("%d", i))
		tags = append(tags, "nul"+string(make([]byte, i%100))) // no registry has these, and they must do no harm
	}
	var got []string
	for _, v := range p.Choose(policy.Current{}, asCandidates(tags), time.Time{}).Verdicts {
		got = append(got, v.Tag)
	}
	slices.Sort(tags)
	if want := slices.Compact(tags); !slices.Equal(got, want) {
		t.Errorf("got %d tags, want %d; sorted: %t", len(got), len(want), slices.IsSorted(got))
	}
}

// What is allowed is ordered by versions, however many there are.
func TestManyAllowedTagsAreSorted(t *testing.T) {
	t.Parallel()
	p := compile(t, policy.Spec{})
	want := make([]string, 1000)
	for i := range want {
		want[i] = fmt.Sprintf("%d.%d.%d", 9-i/100, 9-i/10%10, 9-i%10)
	}
	for _, few := range []int{10, 1000} {
		var tags, got []string
		for i := range few {
			tags = append(tags, want[i*7%few]) // coprime: each of them once
		}
		for _, v := range p.Choose(policy.Current{}, asCandidates(tags), time.Time{}).Verdicts {
			got = append(got, v.Tag)
		}
		if !slices.Equal(got, want[:few]) {
			t.Errorf("%d tags are not from best to worst: %v", few, got[:10])
		}
	}
}
