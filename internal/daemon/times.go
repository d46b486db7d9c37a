package daemon

import (
	"slices"
	"time"

	"github.com/image-updater/image-updater/internal/reconcile"
)

// soonest is how soon after a pass a time may come that it has told.
const soonest = 30 * time.Second

// held is a policy in one Git repository, where something waits for its time.
type held struct{ git, policy string }

// times has those policies decided again whose time has come.
func (l *loop) times(now time.Time) {
	if l.nextUntil.IsZero() || l.nextUntil.After(now) {
		return
	}
	l.nextUntil = time.Time{}
	for h, until := range l.until {
		if until.After(now) {
			l.nextUntil = sooner(l.nextUntil, until)
			continue
		}
		delete(l.until, h)
		if t := l.treeOf(h.git); t != nil && slices.Contains(l.writesTo[h.policy], h.git) {
			t.because(now, cause{times: 1}, false, h.policy)
		}
	}
}

// learnTimes takes note of when time alone will change what the pass has decided.
func (l *loop) learnTimes(report reconcile.Report, now time.Time) {
	for _, t := range report.Trees {
		for _, name := range t.Policies {
			delete(l.until, held{t.Git, name})
		}
	}
	for _, h := range report.Held {
		if h.Until.IsZero() {
			continue
		}
		until := latest(h.Until, now.Add(soonest))
		l.until[held{h.Git, h.Policy}] = sooner(l.until[held{h.Git, h.Policy}], until)
	}
	l.nextUntil = time.Time{}
	for _, until := range l.until {
		l.nextUntil = sooner(l.nextUntil, until)
	}
}

// sooner returns the earlier of two times, of which the zero time is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
