package registrytest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Address is how the account of anonymous clients is called: Docker Hub counts them by their address.
const Address = "192.0.2.1"

// Metering is how a registry counts pulls, as Docker Hub does: GETs of manifests count, HEADs do not, both answer with
// the headers of the quota, and what is over the limit gets 429. The zero value counts nothing.
type Metering struct {
	Limit    int            // pulls in the window
	Window   time.Duration  // it is rolling; 0 = 6 hours
	Accounts map[string]int // limits of accounts that have others; 0 = pays, and is not metered
	Free     []string       // repositories that are not metered, whoever asks

	NoHeaders                    bool   // it counts and does not tell
	LimitHeader, RemainingHeader string // instead of the right values: ";w=21600" was served for weeks
}

// Meter makes the registry count pulls from now on.
func (r *Registry) Meter(m Metering) {
	if m.Window == 0 {
		m.Window = 6 * time.Hour
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.metering = m
}

// Spend is what others pull with the account, or by [Address].
func (r *Registry) Spend(account string, pulls int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range pulls {
		r.spent[account] = append(r.spent[account], r.options.Now())
	}
}

// Pulls returns how many pulls were counted for requests of the account, or by [Address].
func (r *Registry) Pulls(account string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pulls[account]
}

// meter counts a request for a manifest and reports whether it may go on, and answers 429 when it may not.
func (r *Registry) meter(w http.ResponseWriter, req *http.Request, q request) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, account := r.metering, r.accountOf(req)
	limit, own := m.Accounts[account]
	if !own {
		limit = m.Limit
	}
	if limit == 0 || slices.Contains(m.Free, q.repository) {
		return true
	}
	begin := r.options.Now().Add(-m.Window)
	r.spent[account] = slices.DeleteFunc(r.spent[account], func(at time.Time) bool { return !at.After(begin) })
	left := limit - len(r.spent[account])
	over := q.kind == Get && left <= 0
	if q.kind == Get && !over {
		r.spent[account] = append(r.spent[account], r.options.Now())
		r.pulls[account]++
		left--
	}
	if !m.NoHeaders {
		m.tell(w, account, limit, max(left, 0))
	}
	if over {
		sendError(w, http.StatusTooManyRequests, "TOOMANYREQUESTS", "You have reached your pull rate limit. "+
			"You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit")
	}
	return !over
}

func (m Metering) tell(w http.ResponseWriter, account string, limit, left int) {
	seconds := ";w=" + strconv.Itoa(int(m.Window.Seconds()))
	for name, value := range map[string]string{"ratelimit-limit": m.LimitHeader, "ratelimit-remaining": m.RemainingHeader} {
		if value == "" {
			number := map[string]int{"ratelimit-limit": limit, "ratelimit-remaining": left}[name]
			value = fmt.Sprint(number) + seconds
		}
		w.Header().Set(name, value)
	}
	w.Header().Set("docker-ratelimit-source", account)
}

// accountOf returns whose pulls a request counts as; r.mu is held.
func (r *Registry) accountOf(req *http.Request) string {
	if username, _, ok := req.BasicAuth(); ok {
		return username
	}
	if g, granted := r.granted[bearer(req)]; granted && g.account != "" {
		return g.account
	}
	return Address
}
