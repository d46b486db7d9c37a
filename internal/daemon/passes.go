package daemon

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
)

// begin starts the passes that are due: first where less is silent, then those whose cause came first.
func (l *loop) begin(ctx context.Context, now time.Time) {
	begun := false
	turn := l.writing.turn(now)
	byTurn := func(a, b *tree) int { return cmp.Or(turn(a.server, b.server), a.since.Compare(b.since)) }
	for _, t := range slices.SortedStableFunc(slices.Values(l.trees), byTurn) {
		if t.dueAt(now) && l.passOf(t) == nil && l.writing.room(t.server, now) {
			l.pass(ctx, t, now)
			begun = true
		}
	}
	if begun {
		l.status.Running = l.runningPass(now)
		l.show(now)
	}
}

// pass starts a pass.
func (l *loop) pass(ctx context.Context, t *tree, now time.Time) {
	only := t.only()
	l.number++
	p := &passing{slot: l.writing.take(t.server, now), number: l.number, place: t.place, git: t.git.Name, whole: only == nil,
		reason: t.cause.String(), began: now}
	t.since, t.checked = time.Time{}, now
	l.passes = append(l.passes, p)
	l.o.Log.Debug("pass begins", "number", p.number, "git", p.git, "reason", p.reason)
	selection := reconcile.Selection{Only: map[string][]string{p.git: only}}
	s, hand := l.setup, newAtHand(l.setup, l.wishes)
	cuttable, cut := context.WithCancelCause(ctx)
	p.cut = cut
	l.start(cuttable, func(cuttable context.Context) outcome {
		defer cut(nil)
		report := s.Run(cuttable, hand, selection, func(stage string, done, of int) { p.progress(stage, done, of, l.now()) })
		return func(now context.Context) {
			l.writing.give(p.slot)
			switch {
			case now.Err() != nil:
			case ctx.Err() != nil:
				l.cutShort(p, report)
			default:
				l.passed = append(l.passed, passed{p, hand, report, l.now()})
			}
		}
	})
}

// passed is a pass that has ended, with what it has found.
type passed struct {
	*passing
	hand   *atHand
	report reconcile.Report
	ended  time.Time
}

// together is for how long passes that end beside others are taken note of together: each time has a price that goes by all
// the policies there are.
const together = time.Second

// noting takes note of the passes that have ended, when no other is about to, or some time after the first of them.
func (l *loop) noting(ctx context.Context, now time.Time) {
	if len(l.passed) > 0 && (l.writing.busy(now) == 0 || !now.Before(l.passed[0].ended.Add(together))) {
		l.note(ctx, now)
	}
}

// note takes note of what passes have found.
func (l *loop) note(ctx context.Context, now time.Time) {
	all := l.passed
	l.passed = nil
	if len(all) == 0 {
		return
	}
	others := l.joined(ctx, now)
	moved, whole := false, false
	for _, p := range all {
		l.drop(p.passing)
		l.learnLists(p.hand, now)
		l.log(p.report)
		moved = l.learnTrees(p.passing, p.report, now) || moved
		whole = whole || p.whole
		l.learnTimes(p.report, now)
		l.fold(l.looksTaken().Pass(l.findings(p.passing, p.report, now)))
	}
	if moved {
		l.gather(ctx)
	}
	if others {
		l.tryOwn(now)
	}
	l.noted(now)
	if whole && l.writing.busy(now) == 0 {
		l.start(ctx, func(context.Context) outcome {
			debug.FreeOSMemory() // all lists and decisions at once were many times what lasts
			return func(context.Context) {}
		})
	}
}

// joined takes over the policies that Git repositories have themselves, as passes have last read them, and reports whether
// there are others than before.
func (l *loop) joined(ctx context.Context, now time.Time) (others bool) {
	c, before := l.setup.Joined(), l.config
	if c == before {
		return false
	}
	l.learn(ctx, c, newWatched(ctx, l.setup.Registry, c), now, l.status.Config)
	return !slices.EqualFunc(c.Policies, before.Policies, func(a, b config.Policy) bool { return a.Name == b.Name })
}

// tryOwn has policies that a Git repository has itself read again where they did not hold, or where that is being found out:
// it may be for a name that another Git repository had given to one of its own, and has no longer.
func (l *loop) tryOwn(now time.Time) {
	for _, g := range l.status.Git {
		if t := l.treeOf(g.Name); t != nil && t.git.Policies != "" && (g.Fault != "" || l.passOf(t) != nil) {
			t.because(now, cause{words: []string{"there are other policies"}}, true)
		}
	}
}

// drop forgets a pass that has ended.
func (l *loop) drop(p *passing) {
	l.passes = slices.DeleteFunc(l.passes, func(other *passing) bool { return other == p })
}

// learnLists takes note of lists that a pass has found at hand.
func (l *loop) learnLists(hand *atHand, now time.Time) {
	for repository, kept := range hand.read {
		if w := l.images[repository]; w != nil && !w.known {
			w.sum, w.known = kept.sum, true
			at := past(kept.at, now)
			if w.looked.IsZero() {
				w.looked = at
			}
			l.tell(w, status.Look{At: at})
		}
	}
}

// cutShort takes note of what a pass has written that was ended because the policy files were read again. All else is found
// again, by those.
func (l *loop) cutShort(p *passing, report reconcile.Report) {
	now := l.now()
	l.drop(p)
	l.fold(l.looksTaken().Pass(l.onlyWritten(p, report, now)))
	l.noted(now)
}

// noted shows what passes have found: where more are under way, with what they find in the same second.
func (l *loop) noted(now time.Time) {
	l.status.Running = l.runningPass(now)
	if l.writing.busy(now) == 0 || l.status.Ready != l.told.Ready {
		l.show(now)
	}
}

// mostLogged is how many failures of a pass are logged one by one. The status has all of them.
const mostLogged = 20

// distinct returns of failures that say the same about a Git repository, as when it cannot be read, the first.
func distinct(problems []reconcile.Problem) []reconcile.Problem {
	type sentence struct{ git, text string }
	said := map[sentence]bool{}
	var first []reconcile.Problem
	for _, e := range problems {
		if s := (sentence{e.Git, e.Err.Error()}); !said[s] {
			said[s] = true
			first = append(first, e)
		}
	}
	return first
}

// log logs what a pass has failed at, and what it went on without.
func (l *loop) log(report reconcile.Report) {
	for _, w := range report.Warnings {
		l.o.Log.Warn("a pass went on without something", "git", w.Git, "what", w.Text)
	}
	told := distinct(report.Errors)
	told = told[:min(len(told), mostLogged)]
	for _, e := range told {
		l.o.Log.Warn("a policy has failed", "policy", e.Policy, "git", e.Git, "err", e.Err)
	}
	if more := len(report.Errors) - len(told); more > 0 {
		l.o.Log.Warn("more policies have failed", "count", more)
	}
}

// learnTrees takes note of where a branch stands, and has tried again what has failed. It reports whether other images are
// referred to than before.
func (l *loop) learnTrees(p *passing, report reconcile.Report, now time.Time) (moved bool) {
	again := failedPolicies(report)
	for _, told := range report.Trees {
		if t := l.treeOf(told.Git); t != nil {
			t.awaited = time.Time{}
			if told.Err == nil {
				moved = l.stood(t, p, told, now) || moved
			}
			t.tryAgain(p, told, again[told.Git], now)
		}
	}
	return moved
}

// stood takes note of where a branch stood that could be read, and reports whether it refers to other images than before.
func (l *loop) stood(t *tree, p *passing, told reconcile.Tree, now time.Time) bool {
	if !p.whole && told.Read != t.tip { // what others pushed may concern policies that were left out
		t.because(now, cause{words: []string{t.git.Name + " has moved"}}, true)
	}
	t.tip, t.unread = told.Tip, false
	l.read[told.Git] = now
	if p.whole {
		t.whole = now
	}
	return l.finds(told)
}

// tryAgain has done again what a pass could not do, later and later.
func (t *tree) tryAgain(p *passing, told reconcile.Tree, failed []string, now time.Time) {
	if len(failed) == 0 && told.Err == nil && !told.Unfinished {
		t.failures = 0
		return
	}
	t.failures++
	whole := (told.Err != nil || told.Unfinished) && p.whole
	if told.Unfinished {
		failed = told.Policies
	}
	if told.Err != nil {
		failed = told.Policies
		t.unread, t.retry = true, now.Add(pauseAfter(t.failures))
	}
	alone := t.since.IsZero()
	t.because(now, cause{again: len(failed)}, whole, failed...)
	if alone { // else it goes with what came while the pass was under way
		t.due = now.Add(pauseAfter(t.failures))
		t.since = t.due // what comes meanwhile goes at its own time
	}
}

// failedPolicies returns the policies, by Git repository, that may fare better the next time. What must not be edited waits
// for somebody to change it, and then the branch moves.
func failedPolicies(report reconcile.Report) map[string][]string {
	failed := map[string]map[string]bool{}
	for _, e := range report.Errors {
		if _, refused := errors.AsType[*plan.RefusedError](e.Err); refused || e.Policy == "" {
			continue
		}
		if failed[e.Git] == nil {
			failed[e.Git] = map[string]bool{}
		}
		failed[e.Git][e.Policy] = true
	}
	sorted := map[string][]string{}
	for git, names := range failed {
		sorted[git] = slices.Sorted(maps.Keys(names))
	}
	return sorted
}
