package registry

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	defaultWindow = 6 * time.Hour
	longestWindow = 31 * 24 * time.Hour
	maxAllowance  = 1_000_000_000
)

// meterHeaders are what Docker Hub says with its answers to GET and HEAD of a manifest:
//
//	ratelimit-limit: 100;w=21600
//	ratelimit-remaining: 20;w=21600
//	docker-ratelimit-source: 192.0.2.1
type meterHeaders struct {
	allowance int // 0 = not told
	window    time.Duration
	remaining int // -1 = not told
	source    string
}

// readMeter reads them, and reports whether they are there: without them nothing is metered. Numbers that are none are
// not told, and less than none is none. (Docker Hub once sent ";w=21600" for weeks.) Headers of these names without a
// window are those of another limit, on requests of any kind, unless the registry is known to count pulls.
func readMeter(header http.Header, metered bool) (m meterHeaders, found bool) {
	limit, remaining := header.Get("RateLimit-Limit"), header.Get("RateLimit-Remaining")
	if limit == "" && remaining == "" {
		return meterHeaders{}, false
	}
	allowance, window := readMeterValue(limit)
	left, otherWindow := readMeterValue(remaining)
	if window == 0 {
		window = otherWindow
	}
	if window == 0 && !metered {
		return meterHeaders{}, false
	}
	m = meterHeaders{allowance: max(allowance, 0), window: window, remaining: left, source: header.Get("Docker-RateLimit-Source")}
	if m.window == 0 {
		m.window = defaultWindow
	}
	if allowance == 0 && m.remaining < 0 {
		m.remaining = 0 // of none
	}
	return m, true
}

// readMeterValue reads NUMBER;w=SECONDS. The number is -1, and the window 0, when it cannot be read; a negative number
// is 0.
func readMeterValue(text string) (number int, window time.Duration) {
	text, _, _ = strings.Cut(text, ",")
	first, rest, _ := strings.Cut(text, ";")
	number, err := strconv.Atoi(strings.TrimSpace(first))
	switch {
	case err != nil:
		number = -1
	case number < 0:
		number = 0
	}
	number = min(number, maxAllowance)
	for parameter := range strings.SplitSeq(rest, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if seconds, err := strconv.ParseUint(value, 10, 32); name == "w" && err == nil && seconds > 0 {
			return number, min(time.Duration(seconds)*time.Second, longestWindow)
		}
	}
	return number, 0
}

// metered is the layer that pulls are counted by: no GET of a manifest goes out that the ledger does not allow, and it
// reads what every answer for a manifest says about the quota.
type metered struct {
	host *host
	next http.RoundTripper
}

func (t *metered) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, l := req.Context(), &t.host.ledger
	call := callOf(ctx)
	if req.Method != http.MethodHead && !call.pull {
		return t.next.RoundTrip(req)
	}
	credential, err := t.host.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	e, err := l.enter(credential, call.path, call.pull)
	if err != nil {
		return nil, err
	}
	if call.pull {
		call.may = func() error { return l.open(e) }
	}
	if call.counted = e.taken; e.taken {
		t.host.client.cache.Flush() // so that a process that is killed has not spent what the next one knows nothing of
	}
	resp, err := t.next.RoundTrip(req)
	switch {
	case err != nil:
		_, unsent := errors.AsType[*Error](err)
		l.unanswered(e, unsent)
		return nil, err
	case resp.StatusCode == http.StatusTooManyRequests && call.refused == pullsSpent:
		return nil, l.refused(e, resp)
	case resp.StatusCode == http.StatusTooManyRequests && noneRemaining(resp.Header):
		l.refused(e, resp)
	default:
		l.answered(e, resp)
	}
	return resp, nil
}
