package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
)

// stuckAfter is how long a pass may be without a step, of which none waits longer.
const stuckAfter = 10 * time.Minute

// errStuck is the cause by which the watchdog cuts off a pass.
var errStuck = fmt.Errorf("it has not gone on for %v and was cut off", stuckAfter)

// passing is the pass under way.
type passing struct {
	began  time.Time
	causes map[string]bool // by name, the Git repositories; true where all policies are decided
	cut    context.CancelCauseFunc

	mu    sync.Mutex // guards what follows
	stage string
	moved time.Time // when it last went on
}

func (p *passing) step(now time.Time, stage string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stage, p.moved = stage, now
}

func (p *passing) told() (stage string, moved time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stage, p.moved
}

func (p *passing) has(git string) bool {
	_, has := p.causes[git]
	return has
}

// begin starts a pass of all Git repositories with a cause, once the first of them is due.
func (l *loop) begin(now time.Time) {
	if l.pass != nil || !slices.ContainsFunc(l.trees, func(t *tree) bool { return t.dueAt(now) }) {
		return
	}
	selection := reconcile.Selection{Only: map[string][]string{}}
	var why cause
	p := &passing{began: now, moved: now, causes: map[string]bool{}}
	for _, t := range l.trees {
		if t.since.IsZero() || t.unread || t.due.After(now.Add(gathering)) {
			continue
		}
		only := t.only()
		selection.Only[t.git.Name] = only
		p.causes[t.git.Name] = only == nil
		why.add(t.cause)
		t.since, t.checked = time.Time{}, now
	}
	ctx, cut := context.WithCancelCause(l.ctx)
	p.cut = cut
	l.pass = p
	l.number++
	l.status.Running = status.Pass{Number: l.number, Began: now, Reason: why.String()}
	l.show(now)
	l.o.Log.Debug("pass begins", "number", l.number, "reason", why.String())
	s, hand := l.setup, newAtHand(l.setup, l.wishes)
	l.startWith(ctx, func(ctx context.Context) func() {
		defer cut(nil)
		report := s.Run(ctx, hand, selection, func(stage string, done, of int) {
			p.step(l.now(), fmt.Sprintf("%s: %d of %d", stage, done, of))
		})
		return func() { l.passed(p, hand, report) }
	})
}

// watch cuts off a pass that does not go on.
func (l *loop) watch(now time.Time) {
	if l.pass == nil {
		return
	}
	stage, moved := l.pass.told()
	running := l.status.Running
	running.Stage = stage
	if now.Sub(moved) >= stuckAfter && !running.Stuck {
		running.Stuck = true
		l.o.Log.Error("a pass does not go on", "number", running.Number, "stage", stage, "began", l.pass.began)
		l.pass.cut(errStuck)
	}
	if running != l.status.Running {
		l.status.Running = running
		l.unshown = true
		l.urgent = l.urgent || running.Stuck
	}
}

// passed takes note of what a pass has found.
func (l *loop) passed(p *passing, hand *atHand, report reconcile.Report) {
	now := l.now()
	l.pass = nil
	if l.ctx.Err() != nil {
		return
	}
	if report.Config != nil && report.Config != l.config {
		l.learn(report.Config, newWatched(l.ctx, l.setup.Registry, report.Config), now, l.status.Config)
	}
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
	l.log(report)
	l.learnTrees(p, report, now)
	l.learnTimes(report, now)
	l.fold(l.looksTaken().Pass(l.findings(p, report, now)))
	l.show(now)
	if slices.Contains(slices.Collect(maps.Values(p.causes)), true) {
		l.start(func(context.Context) func() {
			debug.FreeOSMemory() // all lists and decisions at once were many times what lasts
			return func() {}
		})
	}
	if !l.remembered {
		l.remembered = true
		l.remember()
	}
}

// mostLogged is how many failures of a pass are logged one by one. The status has all of them.
const mostLogged = 20

// log logs what a pass has failed at, and what it went on without.
func (l *loop) log(report reconcile.Report) {
	for _, w := range report.Warnings {
		l.o.Log.Warn("a pass went on without something", "git", w.Git, "what", w.Text)
	}
	for _, e := range report.Errors[:min(len(report.Errors), mostLogged)] {
		l.o.Log.Warn("a policy has failed", "policy", e.Policy, "git", e.Git, "err", e.Err)
	}
	if more := len(report.Errors) - mostLogged; more > 0 {
		l.o.Log.Warn("more policies have failed", "count", more)
	}
}

// learnTrees takes note of where branches stand and what they refer to, and has tried again what has failed.
func (l *loop) learnTrees(p *passing, report reconcile.Report, now time.Time) {
	again := failedPolicies(report)
	moved := false
	for _, told := range report.Trees {
		t := l.treeOf(told.Git)
		if t == nil {
			continue
		}
		if told.Err == nil {
			if !p.causes[told.Git] && told.Read != t.tip { // what others pushed may concern policies that were left out
				t.because(now, cause{words: []string{t.git.Name + " has moved"}}, true)
			}
			t.tip, t.unread = told.Tip, false
			l.read[told.Git] = now
			if p.causes[told.Git] {
				t.whole = now
			}
			moved = l.finds(told) || moved
		}
		failed := again[told.Git]
		if len(failed) == 0 && told.Err == nil && !told.Unfinished {
			t.failures = 0
			continue
		}
		t.failures++
		whole := (told.Err != nil || told.Unfinished) && p.causes[told.Git]
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
	if moved {
		l.gather()
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

// remember reads what was written before the program was started.
func (l *loop) remember() {
	s := l.setup
	l.start(func(ctx context.Context) func() {
		history := s.History(ctx)
		return func() {
			for _, e := range history.Errors {
				l.o.Log.Warn("reading the history", "git", e.Git, "err", e.Err)
			}
			if l.ctx.Err() == nil {
				l.fold(l.status.Remember(l.written(history)))
			}
		}
	})
}
