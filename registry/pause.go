package registry

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

const (
	pauseBucket  = "pause"
	pauseUnasked = time.Minute    // when a registry refuses and does not say for how long
	pauseLongest = 24 * time.Hour // whatever it says
)

// pause is a registry's wish to be left alone. It outlives the process, in the cache.
type pause struct {
	Until  time.Time `json:"until"`
	Status int       `json:"status"` // of the answer that asked for it
}

// holds reports whether nothing may be asked now. A pause that ends later than any may is none: the clock was set back.
func (p pause) holds(now time.Time) bool {
	return p.Until.After(now) && p.Until.Before(now.Add(pauseLongest+time.Minute))
}

func (h *host) loadPause() (p pause) {
	entry, found := h.client.cache.Get(pauseBucket, h.place())
	if !found || json.Unmarshal(entry.Value, &p) != nil {
		return pause{}
	}
	return p
}

func (h *host) savePause(p pause) {
	value, err := json.Marshal(p)
	if err == nil {
		err = h.client.cache.Put(pauseBucket, h.place(), value, h.client.now())
	}
	if err != nil {
		h.client.log.Warn("pause is not kept for the next process", "registry", h.entry.Host, "err", err)
	}
}

// backsOff reports whether the answer asks for fewer requests.
func backsOff(resp *http.Response) bool {
	return resp.StatusCode == http.StatusTooManyRequests ||
		resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != ""
}

// afterInText finds the time that GHCR gives in the text of its error alone: "retry-after: 880.092µs, allowed: ...".
var afterInText = regexp.MustCompile(`(?i)retry-after: *([0-9.]+(?:ns|us|µs|ms|s|m|h)(?:[0-9.]+(?:ms|s|m))*)`)

// retryAfter returns for how long the registry asks to be left alone: between a second, for there is no sense in
// asking again at once, and a day.
func retryAfter(resp *http.Response, now time.Time) (time.Duration, bool) {
	after, found := parseRetryAfter(resp.Header.Get("Retry-After"), now)
	if !found && resp.StatusCode == http.StatusTooManyRequests {
		if text := afterInText.FindSubmatch(whole(resp)); text != nil {
			d, err := time.ParseDuration(string(text[1]))
			after, found = d, err == nil
		}
	}
	return min(max(after, time.Second), pauseLongest), found
}

// parseRetryAfter reads the header's two forms, seconds and a date (RFC 9110, section 10.2.3).
func parseRetryAfter(text string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, pauseLongest.Seconds()) * float64(time.Second)), true
	}
	if date, err := http.ParseTime(text); err == nil {
		return date.Sub(now), true
	}
	return 0, false
}
