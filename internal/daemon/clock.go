package daemon

import "time"

// backwards is how far the clock may be set back without a word: less than anything here waits for.
const backwards = time.Minute

// keepTime takes note of the time. When the clock was set back, because it was wrong until now, nothing waits for a time
// that it had shown: what is due is found out anew, and all is decided again.
func (l *loop) keepTime(now time.Time) {
	last := l.turnedAt
	l.turnedAt = now.Round(0) // by the clock on the wall, which is the one that can be set
	if !l.turnedAt.Before(last.Add(-backwards)) {
		return
	}
	l.o.Log.Warn("the clock was set back; all is looked at and decided again", "by", last.Sub(l.turnedAt).String())
	for _, r := range l.registries {
		r.plan, r.planned, r.free, r.again = nil, time.Time{}, now, now.Add(replanning) // by then it is known whether it is paused
	}
	for _, t := range l.trees {
		t.since, t.checked, t.whole = time.Time{}, time.Time{}, time.Time{}
		t.because(now, cause{words: []string{"the clock was set back"}}, true)
		t.retry = now
		if !t.awaited.IsZero() {
			t.awaited = sooner(t.awaited, now)
		}
	}
	clear(l.until)
	l.nextUntil = time.Time{}
	for _, s := range []*slots{l.looking, l.asking, l.writing} {
		for held := range s.taken {
			held.step(now)
		}
	}
	for _, p := range l.passes {
		p.began = sooner(p.began, now)
	}
	for i := range l.passed {
		l.passed[i].ended = sooner(l.passed[i].ended, now)
	}
	if l.loaded != nil {
		l.loaded.at = sooner(l.loaded.at, now)
	}
	if !l.retryAt.IsZero() {
		l.retryAt = now
	}
	l.readAt, l.shownAt, l.surveyAt = time.Time{}, time.Time{}, now
}

// past returns a time that was noted earlier, or zero where it cannot be: the clock was wrong then.
func past(t, now time.Time) time.Time {
	if t.After(now) {
		return time.Time{}
	}
	return t
}
