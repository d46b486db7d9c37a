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
	pauseGrown   = time.Hour      // what that grows to, where it goes on refusing
	pauseLongest = 24 * time.Hour // whatever it says
	calm         = time.Hour      // without a pause, after which the growing begins anew
)

// pause is a registry's wish to be left alone. It outlives the process, in the cache.
type pause struct {
	Until    time.Time `json:"until"`
	Status   int       `json:"status"`         // of the answer that asked for it
	Step     int       `json:"step,omitempty"` // how many came before it without a calm time between
	Answered bool      `json:"-"`              // it answered since, as far as this process knows
}

// holds reports whether nothing may be asked now. A pause that ends later than any may is none: the clock was set back.
func (p pause) holds(now time.Time) bool {
	return p.Until.After(now) && p.Until.Before(now.Add(pauseLongest+time.Minute))
}

// next returns the pause that follows p when the registry refuses. The time it asks for is obeyed to the letter. Without
// one, and where it refuses the first request after a pause, the pause is twice as long as the one before. No chance is
// in it: one client is no herd, and a pause that may turn out shorter is no promise.
func (p pause) next(now time.Time, asked time.Duration, said bool) pause {
	if p.holds(now) { // the request was sent before we knew
		if until := pauseEnd(now, asked); said && until.After(p.Until) {
			p.Until = until
		}
		return p
	}
	step := 0
	if since := now.Sub(p.Until); since >= 0 && since < calm {
		step = p.Step + 1
	}
	length := asked
	if !said || step > 0 && !p.Answered {
		length = max(length, grown(step))
	}
	return pause{Until: pauseEnd(now, length), Step: step}
}

// grown returns 1, 2, 4 ... minutes, and an hour at most.
func grown(step int) time.Duration {
	length := pauseUnasked
	for range step {
		length = min(2*length, pauseGrown)
	}
	return length
}

// pauseEnd returns the next full second after a pause.
func pauseEnd(now time.Time, length time.Duration) time.Time {
	return now.Add(length).Truncate(time.Second).Add(time.Second)
}

func (l *limiter) loadPause() (p pause) {
	entry, found := l.client.cache.Get(pauseBucket, l.place)
	if !found || json.Unmarshal(entry.Value, &p) != nil {
		return pause{}
	}
	return p
}

func (l *limiter) savePause(p pause) {
	value, err := json.Marshal(p)
	if err == nil {
		err = l.client.cache.Put(pauseBucket, l.place, value, l.client.now())
	}
	if err != nil {
		l.client.log.Warn("pause is not kept for the next process", "registry", l.at, "err", err)
	}
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
