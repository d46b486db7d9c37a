package daemon

import (
	"context"
	"slices"
	"time"
)

// remembering reads what was written to Git repositories before the program was started, once they could be read: not before
// each was or is told to be silent, for until then it would be in the way of that.
func (l *loop) remembering(ctx context.Context, now time.Time) {
	if slices.ContainsFunc(l.trees, func(t *tree) bool { return !t.awaited.IsZero() }) {
		return
	}
	for _, t := range l.trees {
		if t.tip != "" && !t.remembered && l.asking.room(t.server, now) {
			l.remember(ctx, t, now)
		}
	}
}

// remember reads what was written to a Git repository.
func (l *loop) remember(ctx context.Context, t *tree, now time.Time) {
	t.remembered = true
	s, held := l.setup, l.asking.take(t.server, now)
	l.start(ctx, func(ctx context.Context) outcome {
		history := s.History(ctx, t.git.Name)
		return func(context.Context) {
			if ctx.Err() != nil {
				t.remembered = false
				return
			}
			l.asking.give(held)
			for _, e := range history.Errors {
				l.o.Log.Warn("reading the history", "git", e.Git, "err", e.Err)
			}
			l.fold(l.status.Remember(l.written(history)))
		}
	})
}
