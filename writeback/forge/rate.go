package forge

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// maxWait is the longest pause that a request waits for by itself, and maxWaits how often.
	maxWait  = 10 * time.Second
	maxWaits = 2
	// untoldWait is waited for where a forge does not tell how long: GitHub asks for a minute.
	untoldWait = time.Minute
)

// isRateLimit reports whether a forge wants fewer requests: 429, and at GitHub also 403, which it tells from a missing
// right by its headers, or by its words alone.
func isRateLimit(a answer) bool {
	if a.status == http.StatusTooManyRequests {
		return true
	}
	return a.status == http.StatusForbidden && (a.header.Get("Retry-After") != "" || a.header.Get("X-RateLimit-Remaining") == "0" ||
		bytes.Contains(bytes.ToLower(a.body), []byte("secondary rate limit")))
}

// waitFor is how long the forge wants to be left alone.
func (c *requester) waitFor(a answer) time.Duration {
	if after := a.header.Get("Retry-After"); after != "" {
		if seconds, err := strconv.Atoi(after); err == nil {
			return time.Duration(min(max(seconds, 0), 24*60*60)) * time.Second
		}
		if t, err := http.ParseTime(after); err == nil {
			return max(t.Sub(c.now()), 0)
		}
	}
	for _, name := range []string{"X-RateLimit-Reset", "RateLimit-Reset"} {
		seconds, err := strconv.ParseInt(a.header.Get(name), 10, 64)
		switch {
		case err != nil || seconds < 0:
		case seconds < 24*60*60: // from now on, as the drafts for RateLimit-Reset have it
			return time.Duration(seconds) * time.Second
		default: // since 1970
			return min(max(time.Unix(seconds, 0).Sub(c.now()), 0)+time.Second, 24*time.Hour)
		}
	}
	return untoldWait
}

// Pauses remembers until when forges want no requests, longer than one client of them lasts.
type Pauses interface {
	// Until returns the end of the pause of a host, a time that is over if there is none.
	Until(host string) time.Time
	// Pause notes until when a host wants no requests, in full seconds.
	Pause(host string, until time.Time)
}

// clientPauses are those of a client alone, whose requests all go to one host.
type clientPauses struct {
	mu    sync.Mutex // guards until
	until time.Time
}

func (p *clientPauses) Until(string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until
}

func (p *clientPauses) Pause(_ string, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = until
}

// rateLimit keeps the forge from being asked again before it wants to.
func (c *requester) rateLimit(q call, a answer, pause time.Duration) error {
	until := c.now().Add(pause + time.Second - 1).Truncate(time.Second)
	c.pauses.Pause(c.Home().Host, until)
	return &RateLimitError{Doing: q.doing, URL: c.at(q), Until: until, Words: c.said(a)}
}

// paused returns the error of a request that comes before the forge wants one.
func (c *requester) paused(q call) error {
	if until := c.pauses.Until(c.Home().Host); c.now().Before(until) {
		return &RateLimitError{Doing: q.doing, URL: c.at(q), Until: until}
	}
	return nil
}
