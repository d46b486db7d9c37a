package registry

import (
	"cmp"
	"slices"
	"time"
)

const (
	// assumedAllowance is what is taken for the allowance of a registry that counts pulls and has not said, or not in a
	// way that can be read, how many it allows: the least that one is known to.
	assumedAllowance = 100
	defaultReserve   = 50 // percent

	longestLog = 24 * time.Hour // pulls are kept for, when the window is shorter: it may grow
	spareLog   = 1500           // minutes are kept however old they are
	maxHeard   = 20_000         // repositories
)

// tally is what is known and kept about the pulls of one account, or of the address. Ledger.mu guards it.
type tally struct {
	tallyState

	turn     int              // of the last pull that was taken
	underway map[int]int64    // turns of pulls that have no answer yet, with their minutes
	learned  int              // turn of the errand that Remaining was learned from
	heard    map[string]heard // what the last answer for a repository said, by its path
	saved    time.Time        // when it was put into the cache
}

// heard is the last answer for a repository.
type heard struct {
	at   time.Time
	free bool // it had no headers: this repository is not metered
}

// tallyState is what outlives the process.
type tallyState struct {
	Metered   bool          `json:"metered"` // the registry has said once that it counts
	Allowance int           `json:"allowance,omitempty"`
	Window    time.Duration `json:"window,omitempty"`
	Source    string        `json:"source,omitempty"` // whom the registry counts, in its words

	// Remaining is what the registry said is left, less what we have taken since. It is known when At, when it said so,
	// is not zero.
	Remaining int       `json:"remaining"`
	At        time.Time `json:"at,omitzero"`

	Log     []minute  `json:"log,omitempty"`    // pulls we took
	Blocked time.Time `json:"blocked,omitzero"` // until then none is taken: the registry refused one
}

// minute is a minute in which pulls were taken.
type minute struct {
	At    int64 `json:"at"` // since 1970
	Pulls int   `json:"pulls"`
}

// minuteOf returns the minute of a time.
func minuteOf(at time.Time) int64 { return at.Unix() / 60 }

func newTally() *tally {
	return &tally{underway: make(map[int]int64), heard: make(map[string]heard)}
}

// check mends what was read from the cache.
func (t *tally) check() {
	t.Allowance = min(max(t.Allowance, 0), maxAllowance)
	t.Window = min(max(t.Window, 0), longestWindow)
	t.Log = slices.DeleteFunc(t.Log, func(m minute) bool { return m.Pulls <= 0 || m.Pulls > maxAllowance || m.At < 0 })
	slices.SortFunc(t.Log, func(a, b minute) int { return cmp.Compare(a.At, b.At) })
}

// hear notes what an answer for a repository said.
func (t *tally) hear(path string, h heard) {
	if len(t.heard) >= maxHeard {
		clear(t.heard)
	}
	t.heard[path] = h
}

func (t *tally) allowance() int {
	if t.Allowance == 0 {
		return assumedAllowance
	}
	return t.Allowance
}

func (t *tally) window() time.Duration {
	if t.Window == 0 {
		return defaultWindow
	}
	return t.Window
}

// reserved returns how many pulls are left to others.
func (t *tally) reserved(percent int) int { return (t.allowance()*percent + 99) / 100 }

// remaining returns how many pulls the registry has left, or -1 when it has not said so within the window. What we have
// spent ourselves is there again when it has left the window.
func (t *tally) remaining(now time.Time) int {
	if t.At.IsZero() || now.Sub(t.At) >= t.window() {
		return -1
	}
	back := 0
	for _, m := range t.Log {
		if t.counted(m) && !t.counts(m, now) {
			back += m.Pulls
		}
	}
	return max(t.Remaining+back, 0)
}

// counted reports whether all pulls of the minute were in the window when the registry said what remains, or came later.
func (t *tally) counted(m minute) bool { return time.Unix(m.At*60, 0).Add(t.window()).After(t.At) }

// comesBack returns when n pulls more remain than do now, if nobody else takes any: some of ours will have left the window
// then, or all that there was when the registry said what remains.
func (t *tally) comesBack(n int, now time.Time) time.Time {
	all := t.At.Add(t.window())
	for _, m := range t.Log {
		if !t.counts(m, now) || !t.counted(m) {
			continue
		}
		if n -= m.Pulls; n <= 0 && t.gone(m).Before(all) {
			return t.gone(m)
		}
	}
	return all
}

// blocked returns until when the registry is asked for no pull, since it refused one, or the zero time. That stops those
// that are not counted, too: it may have been one of them.
func (t *tally) blocked(now time.Time) time.Time {
	t.tidy(now)
	if !t.Blocked.After(now) {
		return time.Time{}
	}
	return t.Blocked
}

// closed returns until when no pull may be taken, or the zero time when one may.
func (t *tally) closed(now time.Time, percent int) time.Time {
	until := t.blocked(now)
	if !until.IsZero() {
		return until
	}
	reserved := t.reserved(percent)
	if over := t.spent(now) - (t.allowance() - reserved); over >= 0 {
		until = t.leaves(over+1, now)
	}
	if left := t.remaining(now); left >= 0 && left <= reserved {
		if back := t.comesBack(reserved+1-left, now); back.After(until) {
			until = back
		}
	}
	return until
}

// tidy makes good for a clock that was set back. What is in the future was done earlier, nobody knows how long ago: it is
// taken for done now. What is too old to count is dropped for want of room alone: the clock may be wrong, and be put right.
func (t *tally) tidy(now time.Time) {
	window := t.window()
	if t.Blocked.After(now.Add(window)) {
		t.Blocked = now.Add(window)
	}
	if t.At.After(now) {
		t.At = now
	}
	oldest := minuteOf(now.Add(-max(window, longestLog))) - 1
	for len(t.Log) > spareLog && t.Log[0].At < oldest {
		t.Log = t.Log[1:]
	}
	moved := 0
	for len(t.Log) > 0 && t.Log[len(t.Log)-1].At > minuteOf(now) {
		moved += t.Log[len(t.Log)-1].Pulls
		t.Log = t.Log[:len(t.Log)-1]
	}
	t.log(now, moved)
}

// log adds pulls to the log; now is not before what is in it.
func (t *tally) log(now time.Time, pulls int) {
	if pulls == 0 {
		return
	}
	at := minuteOf(now)
	if last := len(t.Log) - 1; last >= 0 && t.Log[last].At == at {
		t.Log[last].Pulls += pulls
		return
	}
	t.Log = append(t.Log, minute{at, pulls})
}

// counts reports whether a pull of that minute is in the window. The registry may have counted it a little later than
// it was taken here, so it counts for a minute more.
func (t *tally) counts(m minute, now time.Time) bool { return t.gone(m).After(now) }

// gone returns when no pull of the minute is in the window any more.
func (t *tally) gone(m minute) time.Time {
	return time.Unix((m.At+2)*60, 0).Add(t.window())
}

// spent returns how many pulls we have in the window.
func (t *tally) spent(now time.Time) int {
	sum := 0
	for _, m := range t.Log {
		if t.counts(m, now) {
			sum += m.Pulls
		}
	}
	return sum
}

// leaves returns when the first n of our pulls in the window will have left it, or the end of the window when there are
// not as many.
func (t *tally) leaves(n int, now time.Time) time.Time {
	for _, m := range t.Log {
		if !t.counts(m, now) {
			continue
		}
		if n -= m.Pulls; n <= 0 {
			return t.gone(m)
		}
	}
	return now.Add(t.window())
}

// take counts a pull before it is sent.
func (t *tally) take(now time.Time) {
	t.log(now, 1)
	t.Remaining--
	t.turn++
	t.underway[t.turn] = minuteOf(now)
}

// land ends what take began. A pull that did not count is given back, unless the clock was set back meanwhile.
func (t *tally) land(e errand, counted bool) {
	if !e.taken {
		return
	}
	at := t.underway[e.turn]
	delete(t.underway, e.turn)
	if counted {
		return
	}
	t.Remaining++
	if i := slices.IndexFunc(t.Log, func(m minute) bool { return m.At == at }); i >= 0 {
		if t.Log[i].Pulls--; t.Log[i].Pulls == 0 {
			t.Log = slices.Delete(t.Log, i, i+1)
		}
	}
}

// learn takes over what an answer said. Pulls that it may not have counted yet, sent later or still under way, are
// taken off; of two answers that overtook each other the lesser counts.
func (t *tally) learn(m meterHeaders, e errand, now time.Time) {
	t.Metered, t.Window, t.Source = true, m.window, m.source
	if m.allowance > 0 {
		t.Allowance = m.allowance
	}
	if m.remaining < 0 {
		return
	}
	uncounted := t.turn - e.turn
	for turn := range t.underway {
		if turn < e.turn || turn == e.turn && !e.taken {
			uncounted++
		}
	}
	remaining := m.remaining - uncounted
	if e.turn < t.learned && !t.At.IsZero() {
		remaining = min(remaining, t.Remaining)
	}
	t.Remaining, t.At, t.learned = remaining, now, max(t.learned, e.turn)
}

// block stops all pulls until everything that counts now has left the window.
func (t *tally) block(now time.Time) {
	t.Blocked = now.Add(t.window()).Truncate(time.Second)
	t.Remaining = 0
}
