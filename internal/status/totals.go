package status

import "time"

// Totals count what the passes have come to since the program was started.
type Totals struct {
	Passes int // that have ended
	Failed int // of them, with an error
	Took   time.Duration
	// Within counts for each of [PassBounds] the passes that took at most so long.
	Within [len(PassBounds)]int

	Changes, Commits, PullRequests int // as of [Pass]
}

// PassBounds are the steps in which the lengths of passes are counted.
var PassBounds = [...]time.Duration{
	100 * time.Millisecond, 300 * time.Millisecond, time.Second, 3 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 3 * time.Minute, 10 * time.Minute,
}

// with returns the totals with one more pass, which has ended.
func (t Totals) with(p Pass) Totals {
	took := p.Ended.Sub(p.Began)
	t.Passes++
	if p.Errors > 0 {
		t.Failed++
	}
	t.Took += took
	for i, bound := range PassBounds {
		if took <= bound {
			t.Within[i]++
		}
	}
	t.Changes += p.Changes
	t.Commits += p.Commits
	t.PullRequests += p.PullRequests
	return t
}
