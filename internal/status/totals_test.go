package status_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/status"
)

// TestTotals: each pass that ends is counted, and those of its length and longer.
func TestTotals(t *testing.T) {
	t.Parallel()
	passes := []status.Pass{
		{Began: start, Ended: start.Add(2 * time.Second), Changes: 3, Commits: 2, PullRequests: 1, Held: 7},
		{Began: start, Ended: start.Add(time.Minute), Changes: 1, Commits: 1, Errors: 4},
		{Began: start, Ended: start.Add(time.Hour)},
	}
	s := world()
	for _, p := range passes {
		s = s.Pass(status.Findings{Pass: p})
	}
	want := status.Totals{
		Passes: 3, Failed: 1, Took: time.Hour + time.Minute + 2*time.Second, Within: [...]int{0, 0, 0, 1, 1, 1, 2, 2, 2},
		Changes: 4, Commits: 3, PullRequests: 1,
	}
	if diff := cmp.Diff(want, s.Totals); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}
