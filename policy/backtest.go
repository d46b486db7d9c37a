package policy

import (
	"slices"
	"time"
)

// Replay is what a policy would have done over a history of tags.
type Replay struct {
	// Start is what it began with: the current tag it was given, else its first choice. It has no tag when there was
	// nothing to choose.
	Start Current
	// Begin is when it stood at Start, End the last moment that was judged.
	Begin, End time.Time
	// Updates holds what it would have written, in the order of time. Each one begins with what the one before wrote.
	Updates []Update
	// Last is the decision at the end, when all tags are old enough: where it ends, and what it would not take.
	Last Decision
}

// Update is one step of a [Replay].
type Update struct {
	At       time.Time // when the policy would have made it
	From, To Current
	Pushed   time.Time // the time from which the age of To runs
}

// Waited returns how long the tag was there before it was taken: guard.minAge, for a tag that was not there at the
// beginning already.
func (u Update) Waited() time.Duration { return u.At.Sub(u.Pushed) }

// Replay decides again at each moment of a history at which something could change: at each push, and when a tag has
// become old enough. Each time it sees the tags that had been pushed by then, as [Policy.Choose] would have, and goes on
// from what it chose. A candidate without a time is left out; one that is there several times was pushed several times. A
// build time more than a day after the push is taken for unknown.
//
// It begins at since or, if that is zero, at the first push, but not before the current tag was pushed: no reference
// could have had it then. A current tag without a digest has the one of that moment. Without a current tag the first
// choice is the start and no update. It ends when the last tag is old enough, whatever the clock says.
//
// The result does not depend on the order of the history, which is not changed.
func (p *Policy) Replay(current Current, history []Candidate, since time.Time) Replay {
	w := &walk{policy: p, current: current, history: byBirth(history), latest: make(map[string]*Candidate, len(history))}
	at := w.begin(since)
	w.advance(at)
	if c := w.latest[current.Tag]; c != nil && current.Digest == "" {
		w.current.Digest = c.Digest
	}
	w.out = Replay{Start: w.current, Begin: at, End: at}
	w.choose(w.history[:w.pushed], at)
	for w.pushed < len(w.history) || w.old < len(w.history) {
		w.step(w.next())
	}
	w.out.Last = p.Choose(w.current, w.history, w.out.End)
	return w.out
}

// walk is one call of [Policy.Replay].
type walk struct {
	policy  *Policy
	history []Candidate // by birth
	pushed  int         // history[:pushed] has been pushed
	old     int         // history[:old] is old enough; never more than pushed
	latest  map[string]*Candidate
	current Current
	usable  bool // the current tag is
	scratch []Candidate
	out     Replay
}

// byBirth returns the candidates of known age in the order of their birth. Nothing is built after it was pushed: such a
// time is as little to be believed in a history as one in the future is now.
func byBirth(history []Candidate) []Candidate {
	sorted := slices.DeleteFunc(slices.Clone(history), func(c Candidate) bool { return c.birth().IsZero() })
	for i := range sorted {
		if c := &sorted[i]; c.Created.After(c.birth().Add(skew)) {
			c.Created = time.Time{}
		}
	}
	slices.SortStableFunc(sorted, func(a, b Candidate) int { return a.birth().Compare(b.birth()) })
	return sorted
}

func (w *walk) begin(since time.Time) time.Time {
	if since.IsZero() && len(w.history) > 0 {
		since = w.history[0].birth()
	}
	for i := range w.history {
		c := &w.history[i]
		sameDigest := w.current.Digest == "" || c.Digest == "" || c.Digest == w.current.Digest
		if c.Tag == w.current.Tag && sameDigest {
			if c.birth().After(since) {
				return c.birth()
			}
			break
		}
	}
	return since
}

// next returns the moment of the next push or, if that comes first, at which the next tag is old enough.
func (w *walk) next() time.Time {
	if w.pushed == len(w.history) {
		return w.ripe(w.old)
	}
	push := w.history[w.pushed].birth()
	if ripe := w.ripe(w.old); ripe.Before(push) {
		return ripe
	}
	return push
}

// ripe returns when the candidate at index i is old enough.
func (w *walk) ripe(i int) time.Time { return w.history[i].birth().Add(w.policy.spec.Guard.MinAge) }

// advance goes on to a moment. It reports whether a push of a tag that was there before may change what holds of tags
// that were judged before: see step.
func (w *walk) advance(at time.Time) (upset bool) {
	_, timed := w.policy.scale.(*newestScale)
	for ; w.pushed < len(w.history) && !w.history[w.pushed].birth().After(at); w.pushed++ {
		c := &w.history[w.pushed]
		other := w.latest[c.Tag]
		upset = upset || other != nil && (!w.usable || timed && c.Tag == w.current.Tag)
		if other == nil || compareDoubles(c, other) > 0 {
			w.latest[c.Tag] = c
		}
	}
	for w.old < w.pushed && !w.ripe(w.old).After(at) {
		w.old++
	}
	return upset
}

// step decides at a moment. Deciding about all tags each time would take a minute for ten thousand of them, so it looks
// only at those that can be chosen now and could not before: the ones that have just become old enough. Any other that
// is old enough has lost already, and as choosing again from a choice changes nothing, it has lost for good. Two things
// break that, and all is judged again then: the current tag of a policy of times is pushed again, maybe with a smaller
// time; or a tag is pushed again while the current one is unusable, maybe without the platforms that made it count.
func (w *walk) step(at time.Time) {
	ripe := w.old
	upset := w.advance(at)
	w.out.End = at
	switch {
	case upset:
		w.choose(w.history[:w.pushed], at)
	case w.old == ripe:
	case !w.usable: // the best that is asked for may still be too young, but what is worse loses to it
		w.choose(w.history[ripe:w.pushed], at)
	default:
		w.choose(w.ripened(ripe), at)
	}
}

// ripened returns the tags that have become old enough since index from, and the current one, whose time may count. A
// tag that was pushed again waits again.
func (w *walk) ripened(from int) []Candidate {
	w.scratch = w.scratch[:0]
	for i := from; i < w.old; i++ {
		if c := &w.history[i]; w.latest[c.Tag] == c {
			w.scratch = append(w.scratch, *c)
		}
	}
	if held := w.latest[w.current.Tag]; held != nil && len(w.scratch) > 0 {
		w.scratch = append(w.scratch, *held)
	}
	return w.scratch
}

// choose makes a decision and goes on from it.
func (w *walk) choose(candidates []Candidate, at time.Time) {
	d := w.policy.Choose(w.current, candidates, at)
	if !d.Changed {
		w.usable = d.Usable
		return
	}
	from, to := w.current, Current{Tag: d.Chosen, Digest: d.Digest}
	w.current, w.usable = to, true
	if from.Tag == "" {
		w.out.Start, w.out.Begin = to, at
		return
	}
	w.out.Updates = append(w.out.Updates, Update{At: at, From: from, To: to, Pushed: w.latest[to.Tag].birth()})
}
