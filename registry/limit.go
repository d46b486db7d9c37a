package registry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	shortWait = 10 * time.Second // a longer Retry-After is not waited for
	stallFor  = time.Minute      // how long a registry that does not answer is left alone
	maxStalls = 2                // requests in a row that ran into a bound of time, until it is
)

// limiter paces the requests to one registry, and holds them up or turns them away when it asked for that or does not
// answer.
type limiter struct {
	host   *host
	bucket *rate.Limiter

	mu       sync.Mutex
	changed  chan struct{} // closed, and made anew, when those who wait should look again
	hold     time.Time     // until then everybody waits
	paused   pause         // until then everybody is turned away: the registry asked for it
	refusals int           // in a row: answers that asked for a pause, those that came while one was obeyed left out
	answers  bool          // it has answered a request to the end
	stalls   int           // requests in a row that ran into a bound of time
	stalled  time.Time     // until then everybody is turned away: it does not answer
	stall    error         // what the last of them ran into
}

func newLimiter(h *host, bucket *rate.Limiter) *limiter {
	l := &limiter{host: h, bucket: bucket, changed: make(chan struct{})}
	l.paused = h.loadPause()
	return l
}

// wait returns when a request may be sent. The error is an *Error when none will be for a while.
func (l *limiter) wait(ctx context.Context) error {
	var turn *rate.Reservation
	giveBack := func() {
		if turn != nil {
			turn.Cancel()
		}
	}
	for {
		now := time.Now()
		l.mu.Lock()
		err, hold, changed := l.closed(now), l.hold, l.changed
		l.mu.Unlock()
		if err != nil {
			giveBack()
			return err
		}
		if turn == nil {
			turn = l.bucket.ReserveN(now, 1)
		}
		delay := max(turn.DelayFrom(now), hold.Sub(now))
		if delay <= 0 {
			return nil
		}
		if err := sleep(ctx, delay, changed); err != nil {
			giveBack()
			return err
		}
	}
}

// closed returns why nothing is sent; l.mu is held.
func (l *limiter) closed(now time.Time) error {
	if l.stalled.After(now) {
		return &Error{
			Message: fmt.Sprintf("%s does not answer and is left alone for %v", origin(l.host.base), stallFor),
			Err:     l.host.secret.clean(l.stall),
		}
	}
	clock := l.host.client.now()
	if l.paused.holds(clock) {
		return &Error{
			Status:     l.paused.Status,
			Message:    fmt.Sprintf("%s asked to be left alone", origin(l.host.base)),
			Until:      l.paused.Until,
			RetryAfter: l.paused.Until.Sub(clock),
		}
	}
	return nil
}

// wake makes those who wait look again; l.mu is held.
func (l *limiter) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// pausedUntil returns the end of a pause that the registry asked for, or the zero time.
func (l *limiter) pausedUntil() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.paused.holds(l.host.client.now()) {
		return time.Time{}
	}
	return l.paused.Until
}

// answered takes note of an answer.
func (l *limiter) answered(resp *http.Response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers, l.stalls = true, 0
	if !backsOff(resp) {
		l.refusals = 0
		return
	}
	clock := l.host.client.now()
	after, found := retryAfter(resp, clock)
	if !l.hold.After(time.Now()) {
		l.refusals++ // else it was sent before we knew
	}
	switch {
	case !found:
		after = pauseUnasked
	case after <= shortWait && l.refusals < tries:
		if hold := time.Now().Add(after); hold.After(l.hold) {
			l.hold = hold
		}
		l.wake()
		return
	case after <= shortWait:
		after = pauseUnasked // it was obeyed, and refused again and again
	}
	l.paused = pause{Until: clock.Add(after).Truncate(time.Second).Add(time.Second), Status: resp.StatusCode}
	l.host.savePause(l.paused)
	l.wake()
}

// timedOut takes note of a request that ran into a bound of time.
func (l *limiter) timedOut(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stalls++
	// One list may be slow where others are not. But where not one was read to its end in that minute, a second one that
	// drips would take another.
	if l.stalls >= maxStalls || !l.answers && err == errSlow {
		l.stalls, l.stalled, l.stall = 0, time.Now().Add(stallFor), err
		l.wake()
	}
}

// limited is the innermost layer above the wire: what passes it was allowed to, and is counted.
type limited struct {
	host *host
	next http.RoundTripper
}

func (t *limited) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, h := req.Context(), t.host
	if err := h.limit.wait(ctx); err != nil {
		return nil, err
	}
	h.requests.Add(1)
	if callOf(ctx).pull {
		h.pulls.Add(1)
	}
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		if ctx.Err() == nil && isTimeout(err) {
			h.limit.timedOut(err)
		}
		t.debug(req, "registry request failed", slog.Any("err", h.secret.clean(err)))
		return nil, err
	}
	h.limit.answered(resp)
	t.debug(req, "registry request", slog.Int("status", resp.StatusCode))
	return resp, nil
}

// debug logs a request without the query of its URL, which may hold what nobody should read.
func (t *limited) debug(req *http.Request, message string, outcome slog.Attr) {
	if log := t.host.client.log; log.Enabled(req.Context(), slog.LevelDebug) {
		log.LogAttrs(req.Context(), slog.LevelDebug, message,
			slog.String("method", req.Method), slog.String("url", origin(req.URL)+req.URL.Path), outcome)
	}
}

// sleep waits for a time, or until early is closed. The error is that of the context.
func sleep(ctx context.Context, d time.Duration, early <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-early:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}
