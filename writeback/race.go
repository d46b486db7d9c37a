package writeback

import (
	"context"
	"fmt"
	"time"
)

// races counts lost races and ends them when they last too long.
type races struct {
	count int
	begun time.Time
}

// lost waits for a while that grows with the number of races lost, by chance so that those who lost the same race do
// not meet again. took is how long the lost attempt was: pauses much shorter than that would have all the others come
// back while the winner is still at it.
func (r *races) lost(ctx context.Context, w *Writer, branch string, took time.Duration) error {
	if r.count++; r.count == 1 {
		r.begun = time.Now()
	}
	d := backoff(r.count, max(firstBackoff, took), w.jitter())
	if spent := time.Since(r.begun); spent+d > w.patience() {
		return fmt.Errorf("branch %q moved %d times within %s, always before our push: given up",
			branch, r.count, spent.Round(time.Second))
	}
	return pause(ctx, d)
}

const (
	firstBackoff = 200 * time.Millisecond
	maxBackoff   = 10 * time.Second
)

// backoff is the n-th pause, n from 1: full jitter over a range that doubles from first on.
func backoff(n int, first time.Duration, chance float64) time.Duration {
	ceiling := first
	for i := 1; i < n && ceiling < maxBackoff; i++ {
		ceiling *= 2
	}
	return time.Duration(chance * float64(min(ceiling, maxBackoff)))
}

// pause waits, or returns why it need not.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
