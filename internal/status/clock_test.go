package status_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/status"
)

// TestClockSetBack: what was told while the clock was a year ahead keeps nobody from being told now.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	for _, test := range []struct {
		name    string
		watch   status.Watch
		moments []moment
		want    []string
	}{
		{"failed", status.Watch{},
			[]moment{with(year, state("web", status.Failed, "x")), with(year + time.Hour), with(0), with(time.Minute, state("web", status.Failed, "x"))},
			[]string{"failed web", "recovered web", "", "failed web"}},
		{"fails since the future", status.Watch{},
			[]moment{with(0), with(time.Minute, state("web", status.Failed, "x"), since(year))}, []string{"", "failed web"}},
		{"waits since the future", status.Watch{WaitingAfter: time.Hour},
			[]moment{with(year, state("web", status.Waiting, ""), since(year)), with(0, state("web", status.Waiting, ""), since(year)),
				with(61*time.Minute, state("web", status.Waiting, ""), since(year))},
			[]string{"", "", "waiting web"}},
		{"written", status.Watch{},
			[]moment{with(year, func(s *status.Status) { s.Started = start.Add(year) }), with(time.Minute, written(0, "web", "a", "f", "2"))},
			[]string{"", "updated web to 2, 1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, run(t, test.watch, test.moments)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
