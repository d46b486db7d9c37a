package schedule

import (
	"testing"
	"time"
)

// TestTimesOfTheFuture: what was noted by a clock that was wrong keeps no repository from being looked at.
func TestTimesOfTheFuture(t *testing.T) {
	t.Parallel()
	year := 365 * 24 * time.Hour
	for _, test := range []struct {
		name            string
		looked, pushed  time.Duration // after noon
		due             time.Duration // of Due, after noon, at the latest
		within, isEvent bool
	}{
		{name: "looked at in a year", looked: year, within: true},
		{name: "looked at in an hour", looked: time.Hour, within: true},
		{name: "looked at in a moment", looked: 20 * time.Second, due: 90 * time.Minute},
		{name: "pushed in a year", looked: -20 * time.Minute, pushed: year, within: true, isEvent: true},
		{name: "to be tried again in ten minutes", looked: 0, pushed: 10 * time.Minute, due: 10 * time.Minute},
		{name: "both in a year", looked: year, pushed: year + time.Minute, within: true, isEvent: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := ago("a", -test.looked)
			if test.pushed != 0 {
				r.Pushed = noon.Add(test.pushed)
			}
			plan := Make(Registry{PerSecond: 1}, []Repository{r}, noon, noon.Add(time.Minute))
			if got := len(plan.Looks) == 1; got != test.within {
				t.Errorf("looks within a minute: %+v", plan.Looks)
			}
			if test.within && len(plan.Looks) == 1 && plan.Looks[0].Pushed != test.isEvent {
				t.Errorf("for a push event: %v, want %v", plan.Looks[0].Pushed, test.isEvent)
			}
			if due := Due(Registry{}, []Repository{r}, noon)[0].Sub(noon); due > test.due {
				t.Errorf("due in %v, want in %v at the latest", due, test.due)
			}
		})
	}
}
