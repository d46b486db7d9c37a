package forge

import (
	"bytes"
	"net/http"
	"strconv"
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

// rateLimit keeps the forge from being asked again before it wants to.
func (c *requester) rateLimit(q call, a answer, pause time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = c.now().Add(pause)
	return &RateLimitError{Doing: q.doing, URL: c.at(q), Until: c.until, Words: c.said(a)}
}

// paused returns the error of a request that comes before the forge wants one.
func (c *requester) paused(q call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Before(c.until) {
		return &RateLimitError{Doing: q.doing, URL: c.at(q), Until: c.until}
	}
	return nil
}
