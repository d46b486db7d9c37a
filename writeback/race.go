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
	moved time.Time // when the branch was last seen to have moved on, and not back or aside
}

const (
	firstBackoff = 200 * time.Millisecond
	maxBackoff   = 30 * time.Second

	// spread is how many times the length of an attempt the first pauses are drawn from. Fifty writers who begin at once
	// make the fewest attempts in all, and are in no later, when those who lose the first race come back one at a time
	// and not all within the next attempt.
	spread = 6
	// stretch is how many times its patience a writer waits while the branch moves on: where others get in, the queue
	// gets shorter.
	stretch = 10
)

// lost waits for a while that grows with the number of races lost, by chance so that those who lost the same race do
// not meet again. took is how long the lost attempt was: it is the longer the more writers there are.
func (r *races) lost(ctx context.Context, w *Writer, branch string, took time.Duration) error {
	if r.count++; r.count == 1 {
		r.begun = w.now()
		r.moved = r.begun
	}
	d := backoff(r.count, max(firstBackoff, spread*took), w.jitter())
	now := w.now()
	if now.Add(d).Sub(r.moved) > w.patience() || now.Add(d).Sub(r.begun) > stretch*w.patience() {
		return fmt.Errorf("branch %q moved %d times within %s, always before our push: given up",
			branch, r.count, now.Sub(r.begun).Round(time.Second))
	}
	return pause(ctx, d)
}

// progress is told that the branch has moved on.
func (r *races) progress(w *Writer) { r.moved = w.now() }

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
