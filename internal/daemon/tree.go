package daemon

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
)

// What a Git repository is asked beside passes: where its branch stands, and what was written there before.
const (
	asksAtOnce   = 4
	asksAtServer = 8
	silentAsks   = 64 // and others
)

const (
	tipWithin   = 6 * time.Minute // a bit more than one exchange with a Git server
	wholeWithin = time.Hour       // between looks at the forge, where there are pull requests
)

// tree is one Git repository that policies write to.
type tree struct {
	git      config.Git
	place    string // what all spellings of its URL have in common
	server   string // where that is
	policies []string
	interval time.Duration // the shortest of them
	proposes bool          // pull requests are opened there

	tip     string    // where the branch stood when it was last decided
	checked time.Time // when it was last asked where it stands
	asking  bool
	awaited time.Time // since when it is waited for that it is read for the first time; zero = it was, or is told to be silent
	whole   time.Time // the last pass of all policies

	cause    cause
	all      bool            // all policies are to be decided
	selected map[string]bool // else these
	since    time.Time       // of the first cause; zero = there is none
	due      time.Time       // when the pass is to be made

	remembered bool // what was written there was asked for

	failures int // passes in a row with something that failed
	// unread says that the last pass could not read it. No pass tries again: it is asked where it stands, which is one
	// request, and when it tells that, what was missed is made up for.
	unread bool
	retry  time.Time // when it is to be asked
}

// because notes a cause for all policies, or for those named.
func (t *tree) because(now time.Time, c cause, all bool, policies ...string) {
	if t.since.IsZero() {
		t.since, t.cause, t.all, t.selected = now, cause{}, false, map[string]bool{}
	}
	t.cause.add(c)
	t.all = t.all || all
	for _, name := range policies {
		t.selected[name] = true
	}
	t.due = now.Add(gathering)
	if most := t.since.Add(gatheringMost); t.due.After(most) {
		t.due = most
	}
}

// only returns the policies to be decided, nil for all. Of those selected some may be gone, perhaps all.
func (t *tree) only() []string {
	names := []string{}
	for _, name := range t.policies {
		if t.selected[name] {
			names = append(names, name)
		}
	}
	if t.all || len(names) == len(t.policies) {
		return nil
	}
	return names
}

func (t *tree) dueAt(now time.Time) bool { return !t.since.IsZero() && !t.unread && !t.due.After(now) }

// treeOf returns the Git repository of a name, or nil.
func (l *loop) treeOf(git string) *tree {
	if i := slices.IndexFunc(l.trees, func(t *tree) bool { return t.git.Name == git }); i >= 0 {
		return l.trees[i]
	}
	return nil
}

// because has the policies of an image decided again, wherever they write to.
func (l *loop) because(w *watched, c cause) {
	now := l.now()
	for _, t := range l.trees {
		var of []string
		for _, name := range w.policies {
			if slices.Contains(l.writesTo[name], t.git.Name) {
				of = append(of, name)
			}
		}
		if len(of) > 0 {
			t.because(now, c, false, of...)
		}
	}
}

// tips asks where branches stand that were not asked for an interval, first where less is silent, then those that were not
// for the longest time: so remotes that do not answer cannot keep the others from their turn.
func (l *loop) tips(ctx context.Context, now time.Time) {
	turn := l.asking.turn(now)
	byTurn := func(a, b *tree) int { return cmp.Or(turn(a.server, b.server), a.checked.Compare(b.checked)) }
	for _, t := range slices.SortedStableFunc(slices.Values(l.trees), byTurn) {
		if !t.asking && t.toBeAsked(now) && l.passOf(t) == nil && l.asking.room(t.server, now) {
			l.tipOf(ctx, t, now)
		}
	}
}

// tipOf asks where a branch stands.
func (l *loop) tipOf(ctx context.Context, t *tree, now time.Time) {
	t.asking, t.checked = true, now
	s, held := l.setup, l.asking.take(t.server, now)
	l.start(ctx, func(ctx context.Context) outcome {
		bounded, end := context.WithTimeoutCause(ctx, tipWithin, fmt.Errorf("asking where the branch stands took longer than %v", tipWithin))
		defer end()
		tip, err := s.Tip(bounded, t.git.Name)
		return func(context.Context) {
			if ctx.Err() != nil {
				return
			}
			t.asking = false
			l.asking.give(held)
			if t.checked.Equal(now) { // else a pass has begun since, and knows better
				l.stands(t, tip, err)
			}
		}
	})
}

// toBeAsked reports whether it is time to ask where the branch stands, which a pass that comes soon does anyway.
func (t *tree) toBeAsked(now time.Time) bool {
	if t.unread {
		return !now.Before(t.retry)
	}
	soon := !t.since.IsZero() && !t.due.After(now.Add(gatheringMost))
	return !soon && !now.Before(t.checked.Add(t.interval))
}

// stands takes note of where a branch stands. Where that is not known a pass finds out why, and tells.
func (l *loop) stands(t *tree, tip string, err error) {
	now := l.now()
	switch {
	case err != nil && t.unread:
		t.failures++
		t.retry = now.Add(pauseAfter(t.failures))
	case t.unread:
		t.unread = false
		t.because(now, cause{words: []string{t.git.Name + " answers again"}}, true)
	case err != nil && t.failures > 0: // it is tried again in a while
	case err != nil:
		t.because(now, cause{words: []string{t.git.Name + " could not be asked where it stands"}}, true)
	case tip != t.tip:
		t.because(now, cause{words: []string{t.git.Name + " has moved"}}, true)
	case t.proposes && now.Sub(t.whole) >= wholeWithin:
		t.because(now, cause{words: []string{"a look at the pull requests of " + t.git.Name}}, true)
	default:
		l.read[t.git.Name] = now
	}
}

// finds takes note of the images that a Git repository refers to, and reports whether that is something else than before.
func (l *loop) finds(told reconcile.Tree) bool {
	now := make(map[image.Repository]bool, len(told.Images))
	for _, r := range told.Images {
		now[r] = true
	}
	if maps.Equal(l.refers[told.Git], now) {
		return false
	}
	before := l.refers[told.Git]
	l.refers[told.Git] = now
	for _, changed := range []map[image.Repository]bool{before, now} {
		for repository := range changed {
			if w := l.images[repository]; w != nil {
				w.found = l.referred(repository)
			}
		}
	}
	return true
}

// referred reports whether a Git repository refers to an image.
func (l *loop) referred(repository image.Repository) bool {
	return slices.ContainsFunc(l.trees, func(t *tree) bool { return l.refers[t.git.Name][repository] })
}

// findAll takes note for images that were just taken over which of them Git refers to.
func (l *loop) findAll() {
	for _, t := range l.trees {
		for repository := range l.refers[t.git.Name] {
			if w := l.images[repository]; w != nil {
				w.found = true
			}
		}
	}
}
