package daemon

import (
	"cmp"
	"sync/atomic"
	"time"
)

// silence is how long what goes on may be without a step before it keeps nothing else waiting.
const silence = 5 * time.Second

// slots bound how much of one kind goes on at the same time. What is silent holds none of the slots that others wait for:
// else some servers that accept connections and say nothing would soon be all that goes on.
type slots struct {
	going int // at most, of what is not silent
	each  int // at most, at one host
	all   int // at most
	taken map[*slot]struct{}
}

// slot is held by one thing that goes on.
type slot struct {
	host  string
	moved atomic.Pointer[time.Time] // when it last went on
}

func newSlots(going, each, all int) *slots {
	return &slots{going: going, each: each, all: all, taken: map[*slot]struct{}{}}
}

func (s *slot) step(now time.Time) { s.moved.Store(&now) }

func (s *slot) last() time.Time { return *s.moved.Load() }

func (s *slot) silent(now time.Time) bool { return now.Sub(s.last()) >= silence }

// room reports whether one more may be begun at a host.
func (s *slots) room(host string, now time.Time) bool {
	return s.at(host) < s.each && s.busy(now) < s.going && len(s.taken) < s.all
}

// at returns how much goes on at a host, silent or not.
func (s *slots) at(host string) int {
	n := 0
	for t := range s.taken {
		if t.host == host {
			n++
		}
	}
	return n
}

// busy returns how much goes on that is not silent.
func (s *slots) busy(now time.Time) int {
	n := 0
	for t := range s.taken {
		if !t.silent(now) {
			n++
		}
	}
	return n
}

// silent returns how much goes on and is silent.
func (s *slots) silent(now time.Time) int { return len(s.taken) - s.busy(now) }

// silentAt returns how much goes on at a host and is silent.
func (s *slots) silentAt(host string, now time.Time) int {
	n := 0
	for t := range s.taken {
		if t.host == host && t.silent(now) {
			n++
		}
	}
	return n
}

// blocked reports whether all that may go on at a host does, and is silent.
func (s *slots) blocked(host string, now time.Time) bool { return s.silentAt(host, now) >= s.each }

// turn tells which of two hosts has its turn first: where less is silent.
func (s *slots) turn(now time.Time) func(a, b string) int {
	return func(a, b string) int { return cmp.Compare(s.silentAt(a, now), s.silentAt(b, now)) }
}

// next returns when there may be room because something will have been silent for long, zero = never.
func (s *slots) next(now time.Time) time.Time {
	var next time.Time
	for t := range s.taken {
		if at := t.last().Add(silence); at.After(now) {
			next = sooner(next, at)
		}
	}
	return next
}

func (s *slots) take(host string, now time.Time) *slot {
	t := &slot{host: host}
	t.step(now)
	s.taken[t] = struct{}{}
	return t
}

func (s *slots) give(t *slot) { delete(s.taken, t) }
