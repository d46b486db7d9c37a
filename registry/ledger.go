package registry

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	ledgerBucket = "ledger"
	heardFor     = 5 * time.Minute // what a registry said about the quota is taken for as it is
	busyFor      = time.Minute     // what another process may take to be done with the log of pulls
	maxSource    = 100             // bytes of the name of whom it counts
)

// QuotaError says that a GET of a manifest was not sent, since it would have taken a pull that is not ours to take, or
// that the registry refused one for want of pulls.
type QuotaError struct {
	Registry string
	Account  string // the user name, or Anonymous
	Until    time.Time
	Refused  bool // by the registry itself
	Busy     bool // another process holds the log of pulls

	Allowance, Reserve int // pulls in the window; Reserve of them are left to others
	Window             time.Duration
	Spent              int // by us in the window
	Remaining          int // as the registry said; -1 = it has not
}

// Error says who has no pulls left, and why.
func (e *QuotaError) Error() string {
	until := e.Until.UTC().Format(time.RFC3339)
	if e.Refused {
		return fmt.Sprintf("%s has no pulls left for %s: none is asked for before %s", e.Registry, e.Account, until)
	}
	if e.Busy {
		return fmt.Sprintf("no pull of %s is taken: another process holds the state, and the log of pulls in it", e.Registry)
	}
	remaining := "an unknown number"
	if e.Remaining >= 0 {
		remaining = fmt.Sprint(e.Remaining)
	}
	return fmt.Sprintf("no pull of %s is left for %s before %s: of %d in %v %d are reserved for others, %d were spent here and %s remain",
		e.Registry, e.Account, until, e.Allowance, e.Window, e.Reserve, e.Spent, remaining)
}

// ledger is the gate that every GET of a manifest passes, and the log of those that did. It keeps an account for each
// credential, since that is what registries count by, or the address for those without one.
type ledger struct {
	host *host

	mu      sync.Mutex
	tallies map[string]*tally // by identity
}

func (l *ledger) init(h *host) {
	l.host, l.tallies = h, make(map[string]*tally)
}

// errand is one request on its way.
type errand struct {
	tally *tally
	name  string // of the account
	path  string
	turn  int  // of the last pull that was taken when it was sent
	taken bool // that was this request
}

// tally returns what is known about an account; l.mu is held.
func (l *ledger) tally(name string) *tally {
	if t, found := l.tallies[name]; found {
		return t
	}
	t := newTally()
	if kept, found := l.host.client.cache.Get(ledgerBucket, l.host.place()+" "+name); found {
		if json.Unmarshal(kept.Value, &t.tallyState) != nil {
			t = newTally()
		}
		t.check()
	}
	l.tallies[name] = t
	return t
}

func (l *ledger) save(name string, t *tally) {
	data, err := json.Marshal(t.tallyState)
	if err == nil {
		err = l.host.client.cache.Put(ledgerBucket, l.host.place()+" "+name, data, l.host.client.now())
	}
	if err != nil {
		l.host.client.log.Warn("log of pulls is not kept for the next process", "registry", l.host.entry.Host, "err", err)
	}
	t.saved = l.host.client.now()
}

// meters reports whether the registry counts the pulls of the credential, as far as is known.
func (l *ledger) meters(c credential) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.host.habits.metered || l.tally(c.identity()).Metered
}

// heardLately reports whether an answer for the repository has said what is left, or that nothing is counted there.
func (l *ledger) heardLately(c credential, path string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard, found := l.tally(c.identity()).heard[path]
	age := l.host.client.now().Sub(heard.at)
	return found && age >= 0 && age < heardFor
}

// enter lets a request out. The error, for a pull that may not be taken, has a *QuotaError in it.
func (l *ledger) enter(c credential, path string, pull bool) (errand, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := c.identity()
	t := l.tally(name)
	e := errand{tally: t, name: name, path: path, turn: t.turn}
	if !pull {
		return e, nil
	}
	now := l.host.client.now()
	until := t.blocked(now)
	counted := (l.host.habits.metered || t.Metered) && !t.heard[path].free
	if until.IsZero() && counted {
		until = l.closed(t, now)
	}
	if !until.IsZero() {
		return errand{}, &Error{Err: l.quotaError(name, t, until, now)}
	}
	if counted {
		t.take(now)
		e.turn, e.taken = t.turn, true
		l.save(name, t)
	}
	return e, nil
}

// open returns why a pull that was let out is not sent after all: another was refused while it waited for its turn.
func (l *ledger) open(e errand) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.host.client.now()
	until := e.tally.blocked(now)
	if until.IsZero() {
		return nil
	}
	return &Error{Err: l.quotaError(e.name, e.tally, until, now)}
}

// closed returns until when no pull that counts may be taken, or the zero time when one may. While another process holds
// the log none may, for that one spends the same allowance.
func (l *ledger) closed(t *tally, now time.Time) time.Time {
	if l.host.client.cache.Busy() {
		return now.Add(busyFor).Truncate(time.Second)
	}
	return t.closed(now, l.reserve())
}

// answered takes note of an answer. One of 401 was no pull: it comes before any manifest is looked at.
func (l *ledger) answered(e errand, resp *http.Response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, now := e.tally, l.host.client.now()
	t.land(e, resp.StatusCode != http.StatusUnauthorized)
	m, found := l.read(resp)
	switch {
	case found:
		t.hear(e.path, heard{at: now})
		t.learn(m, e, now)
	case resp.StatusCode == http.StatusOK:
		t.hear(e.path, heard{at: now, free: true})
	}
	// The next process asks before it spends. So what a HEAD says is not worth a write each time; what we spend is.
	age := now.Sub(t.saved)
	if e.taken || found && (age < 0 || age >= time.Minute) {
		l.save(e.name, t)
	}
}

// read reads the headers, of which the source is text to be shown.
func (l *ledger) read(resp *http.Response) (meterHeaders, bool) {
	m, found := readMeter(resp.Header, l.host.habits.metered)
	if m.source = l.host.secret.cleanText(m.source); len(m.source) > maxSource {
		m.source = ""
	}
	return m, found
}

// unanswered takes note of a request without an answer: it may have been counted, if it was sent.
func (l *ledger) unanswered(e errand, unsent bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.tally.land(e, !unsent)
	if e.taken && unsent {
		l.save(e.name, e.tally)
	}
}

// refused takes note of an answer that no pull is left, and returns what to tell.
func (l *ledger) refused(e errand, resp *http.Response) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, now := e.tally, l.host.client.now()
	t.land(e, true)
	if m, found := l.read(resp); found {
		t.learn(m, e, now)
	}
	t.block(now)
	l.save(e.name, t)
	q := l.quotaError(e.name, t, t.Blocked, now)
	q.Refused = true
	return &Error{Status: resp.StatusCode, Err: q}
}

// reserve is the part that is left to others, in percent.
func (l *ledger) reserve() int {
	switch reserve := l.host.entry.Reserve; {
	case reserve == 0:
		return defaultReserve
	case reserve < 0:
		return 0
	default:
		return reserve
	}
}

func (l *ledger) quotaError(name string, t *tally, until, now time.Time) *QuotaError {
	return &QuotaError{
		Registry: l.host.entry.Host, Account: accountName(name), Until: until, Busy: l.host.client.cache.Busy(),
		Allowance: t.allowance(), Reserve: t.reserved(l.reserve()), Window: t.window(),
		Spent: t.spent(now), Remaining: t.remaining(now),
	}
}
