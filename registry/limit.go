package registry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	shortWait = 10 * time.Second // a longer Retry-After is not waited for
	stallFor  = time.Minute      // how long a registry that does not answer is left alone
	maxStalls = 2                // requests in a row that ran into a bound of time, until it is
)

// limiter paces the requests to one API of a registry, and holds them up or turns them away when it asked for that or
// does not answer. Most registries have one; a tag API beside the registry has a limiter of its own.
type limiter struct {
	client *Client
	at     string // scheme and host, as it is shown
	place  string // names it in the cache
	secret *secrets
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

// newLimiter returns the limiter of what is at a URL, with the pause that an earlier process left. perSecond 0 is no
// limit.
func newLimiter(h *host, at *url.URL, perSecond float64, burst int) *limiter {
	l := &limiter{
		client: h.client, at: origin(at), place: h.entry.Host + " " + origin(at), secret: &h.secret,
		bucket: rate.NewLimiter(rate.Limit(perSecond), burst), changed: make(chan struct{}),
	}
	if perSecond == 0 {
		l.bucket.SetLimit(rate.Inf)
	}
	l.paused = l.loadPause()
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
			Message: fmt.Sprintf("%s does not answer and is left alone for %v", l.at, stallFor),
			Err:     l.secret.clean(l.stall),
		}
	}
	clock := l.client.now()
	if l.paused.holds(clock) {
		return &Error{
			Status:     l.paused.Status,
			Message:    fmt.Sprintf("%s asked to be left alone", l.at),
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
	if !l.paused.holds(l.client.now()) {
		return time.Time{}
	}
	return l.paused.Until
}

// answered takes note of an answer. Refusals that are no matter of the host are left to those whom they stop.
func (l *limiter) answered(resp *http.Response, why refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers, l.stalls = true, 0
	if why != tooFast {
		l.refusals = 0
		l.paused.Answered = true
		return
	}
	clock := l.client.now()
	after, found := retryAfter(resp, clock)
	if !l.hold.After(time.Now()) {
		l.refusals++ // else it was sent before we knew
	}
	if found && after <= shortWait && l.refusals < tries {
		if hold := time.Now().Add(after); hold.After(l.hold) {
			l.hold = hold
		}
		l.wake()
		return
	}
	if after <= shortWait {
		found = false // it was obeyed, and refused again and again
	}
	l.paused = l.paused.next(clock, after, found)
	l.paused.Status = resp.StatusCode
	l.savePause(l.paused)
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
	host  *host
	limit *limiter
	next  http.RoundTripper
}

func (t *limited) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, h, c := req.Context(), t.host, callOf(req.Context())
	if err := t.limit.wait(ctx); err != nil {
		return nil, err
	}
	if c.may != nil {
		if err := c.may(); err != nil {
			return nil, err
		}
	}
	h.requests.Add(1)
	resp, err := t.next.RoundTrip(req)
	if c.pull && (err != nil || resp.StatusCode != http.StatusUnauthorized) { // as the ledger counts
		h.pulls.Add(1)
	}
	if err != nil {
		if ctx.Err() == nil && isTimeout(err) {
			t.limit.timedOut(err)
		}
		t.debug(req, "registry request failed", slog.Any("err", h.secret.clean(err)))
		return nil, err
	}
	if c.refused = classify(req, resp); c.beyond {
		c.refused = notRefused // by the registry: whoever keeps its blobs has limits of its own
	}
	t.limit.answered(resp, c.refused)
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
