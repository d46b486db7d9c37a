package daemon

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// A pass is one of one Git repository, so that none waits for another.
const (
	passesAtOnce   = 4
	passesAtServer = 8
	silentPasses   = 64 // and others
)

// stuckAfter is how long a pass may be without a step, of which none waits longer.
const stuckAfter = 10 * time.Minute

// errStuck is the cause by which the watchdog cuts off a pass.
var errStuck = fmt.Errorf("it has not gone on for %v and was cut off", stuckAfter)

// passing is a pass under way.
type passing struct {
	*slot
	number int
	place  string // of the Git repository
	git    string // its name
	whole  bool   // all policies are decided
	reason string
	began  time.Time
	stuck  bool
	cut    context.CancelCauseFunc

	mu    sync.Mutex // guards stage
	stage string
}

// progress takes note of how far the pass has come.
func (p *passing) progress(stage string, done, of int, now time.Time) {
	p.step(now)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stage = fmt.Sprintf("%s, %s: %d of %d", p.git, stage, done, of)
}

func (p *passing) told() status.Pass {
	p.mu.Lock()
	defer p.mu.Unlock()
	return status.Pass{Number: p.number, Began: p.began, Reason: p.reason, Stage: p.stage, Stuck: p.stuck}
}

// passOf returns the pass under way that may write where the tree is, or nil.
func (l *loop) passOf(t *tree) *passing {
	if i := slices.IndexFunc(l.passes, func(p *passing) bool { return p.place == t.place }); i >= 0 {
		return l.passes[i]
	}
	return nil
}

// runningPass returns the pass that people are told of: one that is stuck, else the first that goes on, else the first.
func (l *loop) runningPass(now time.Time) status.Pass {
	var told *passing
	rank := func(p *passing) int {
		switch {
		case p.stuck:
			return 2
		case !p.silent(now):
			return 1
		default:
			return 0
		}
	}
	for _, p := range l.passes {
		if told == nil || rank(p) > rank(told) {
			told = p
		}
	}
	if told == nil {
		return status.Pass{}
	}
	return told.told()
}

// watch cuts off passes that do not go on, and tells of Git repositories that have not answered yet.
func (l *loop) watch(now time.Time) {
	for _, p := range l.passes {
		if now.Sub(p.last()) >= stuckAfter && !p.stuck {
			p.stuck = true
			l.o.Log.Error("a pass does not go on", "number", p.number, "git", p.git, "stage", p.told().Stage, "began", p.began)
			p.cut(errStuck)
		}
	}
	if running := l.runningPass(now); running != l.status.Running {
		l.urgent = l.urgent || running.Stuck && !l.status.Running.Stuck
		l.status.Running = running
		l.unshown = true
	}
	for _, t := range l.trees {
		l.awaiting(t, now)
	}
}

// answerWithin is how long it is waited for that a Git repository is read for the first time, without a step: then it is told
// that it is silent, and the daemon is ready without it.
const answerWithin = 15 * time.Second

// awaiting tells that a Git repository is silent which was never read.
func (l *loop) awaiting(t *tree, now time.Time) {
	if t.awaited.IsZero() || now.Before(t.awaited.Add(answerWithin)) {
		return
	}
	why := ""
	switch p := l.passOf(t); {
	case p != nil && now.Sub(p.last()) >= answerWithin:
		why = fmt.Sprintf("nothing has come from it within %v of asking; it is waited for, and nothing else waits", answerWithin)
	case p == nil && l.writing.blocked(t.server, now):
		why = "nothing comes from other Git repositories at " + t.server + "; it is read after them"
	default:
		return
	}
	t.awaited = time.Time{}
	l.o.Log.Warn("a Git repository is silent", "git", t.git.Name, "err", why)
	l.fold(l.looksTaken().Silent(t.git.Name, why, now))
}
