package daemon

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

const year = 365 * 24 * time.Hour

// TestListOfTheFuture: an image whose list was kept while the clock was wrong is looked at as one that never was.
func TestListOfTheFuture(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 1, "1h"))
	synctest.Test(t, func(t *testing.T) {
		for _, i := range []string{"0", "1"} {
			w.kept[app(i)], w.keptAt[app(i)] = 1, time.Now().Add(year)
		}
		w.tags[app("0")] = 2
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(1010 * time.Millisecond)
		if s := d.Status(); s.Policies[0].State != status.UpToDate || !s.Policies[0].Looked.IsZero() {
			t.Errorf("by the list at hand it is %s, and was looked at at %v", s.Policies[0].State, s.Policies[0].Looked)
		}
		after(time.Minute)
		seen := w.seen()
		if len(seen.looks[app("0")]) != 1 || len(seen.looks[app("1")]) != 1 || len(seen.writes) != 1 {
			t.Errorf("after a minute there were the looks %v, and written is %+v", seen.looks, seen.writes)
		}
	})
}

// TestClockForthAndBack: when the clock was a year ahead for a while, nothing waits for that year.
func TestClockForthAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(3, 1, 2, "1h"))
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		d, stop := begin(t, Options{Load: w.load, Now: clock})
		defer stop()
		after(3 * time.Hour)
		ahead.Store(int64(year))
		after(10 * time.Second)
		w.set(func() { w.down["fleet-1"] = true })
		w.set(func() { w.held["app-0"] = time.Now().Add(year + 3*time.Hour) })
		w.release(app("0"))
		d.Pushed(app("0"), app("1"))
		after(90 * time.Minute)
		if got := states(d.Status())["app-0"]; got != status.Waiting {
			t.Fatalf("while the clock is ahead the policy is %s", got)
		}
		ahead.Store(0)
		w.set(func() { w.held = nil; w.down = map[string]bool{} })
		before := w.seen()
		after(time.Minute)
		if !d.Alive() {
			t.Error("the loop does not turn")
		}
		if got := w.seen().writes; len(got) != 1 || got[0].policy != "app-0" {
			t.Errorf("a minute after the clock was put right is written %+v", got)
		}
		w.release(app("1"))
		after(90 * time.Minute)
		seen := w.seen()
		for _, i := range []string{"0", "1", "2"} {
			if len(seen.looks[app(i)]) == len(before.looks[app(i)]) {
				t.Errorf("app-%s is looked at no more", i)
			}
		}
		if got := seen.writes; len(got) != 2 || got[1].policy != "app-1" {
			t.Errorf("written is %+v", got)
		}
		w.set(func() { w.tips["fleet-0"]++; w.tips["fleet-1"]++ })
		passes := len(w.only())
		after(61 * time.Minute)
		if got := len(w.only()) - passes; got == 0 {
			t.Error("nobody sees what is pushed to Git")
		}
		if got := d.Status(); got.Last.Ended.After(time.Now()) || got.At.After(time.Now()) {
			t.Errorf("the status is of %v, the last pass of %v", got.At, got.Last.Ended)
		}
	})
}

// TestNotedBackwards: a pass that has ended while the clock was ahead is taken note of as soon as any other.
func TestNotedBackwards(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	l := &loop{Daemon: New(Options{}), turnedAt: noon.Add(year), passed: []passed{{ended: noon.Add(year)}}}
	l.looking, l.asking, l.writing = newSlots(1, 1, 1), newSlots(1, 1, 1), newSlots(1, 1, 1)
	l.keepTime(noon)
	if next := l.nextTurn(noon); next.After(noon.Add(together)) {
		t.Errorf("the next turn is at %v", next)
	}
}

// TestUsageBackwards: the hours of a clock that was ahead are no part of the day.
func TestUsageBackwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "1h"))
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	u := newUsage()
	for _, at := range []time.Time{noon, noon.Add(year), noon.Add(time.Hour)} {
		w.asked += 5
		u.count(w.Requests(), at)
	}
	_, _, day := u.of("docker.io")
	if len(day) != 1 || !day[0].Begin.Equal(noon.Add(time.Hour)) || day[0].Requests != 5 {
		t.Errorf("the day is %+v", day)
	}
}
