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
