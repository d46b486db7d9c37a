package forge

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrTimeSpent is the cause of the errors of requests that are not made, or cut off, since all together have taken
// [Options.Within].
var ErrTimeSpent = errors.New("the time that requests to the forge may take together is spent")

// within bounds the time in which at least one request is under way.
type within struct {
	most time.Duration // 0 = no bound
	now  func() time.Time

	mu     sync.Mutex // guards the fields that follow
	active int        // requests under way
	since  time.Time  // of the first of them
	spent  time.Duration
}

// begin begins a request: it returns a context that lasts as long as there is time, and what ends the request.
func (w *within) begin(ctx context.Context) (context.Context, func(), error) {
	if w.most == 0 {
		return ctx, func() {}, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now, left := w.now(), w.most-w.spent
	if w.active > 0 {
		left -= now.Sub(w.since)
	}
	if left <= 0 {
		return nil, nil, ErrTimeSpent
	}
	if w.active == 0 {
		w.since = now
	}
	w.active++
	ctx, cancel := context.WithTimeoutCause(ctx, left, ErrTimeSpent)
	return ctx, func() {
		cancel()
		w.end()
	}, nil
}

func (w *within) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.active--; w.active == 0 {
		w.spent += w.now().Sub(w.since)
	}
}
