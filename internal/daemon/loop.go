package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
)

const idle = 10 * time.Second // the loop turns at least so often

// loop is all that changes, in the hands of one goroutine.
type loop struct {
	*Daemon
	running  int       // goroutines
	turnedAt time.Time // by the clock on the wall

	loading  bool
	readAt   time.Time // when the policy files were last begun to be read again
	reloadAt time.Time // when they are to be; zero = nobody wants it
	unloaded int       // readings in a row that have failed
	retryAt  time.Time // when the next is to be, after one that has failed; zero = none has
	loaded   *loaded   // what was read, to be taken over
	number   int       // of the last pass

	images     map[image.Repository]*watched
	wishes     map[image.Repository]reconcile.Wish // of these; passes read it, so it is never changed
	registries map[string]*registry
	looking    *slots

	trees     []*tree
	writesTo  map[string][]string // Git repositories, by policy
	asking    *slots              // where branches stand, and what was written before
	writing   *slots              // passes
	passes    []*passing          // under way or not taken note of, those of an earlier reading included
	passed    []passed            // that were not taken note of yet
	until     map[held]time.Time
	nextUntil time.Time // the first of them

	refers map[string]map[image.Repository]bool // by Git repository: the images it refers to
	read   map[string]time.Time                 // when it was last seen to stand where it was decided

	status   status.Status
	looks    map[image.Repository]status.Look // to be folded into it
	told     status.Status                    // the last that was shown
	shownAt  time.Time
	unshown  bool
	urgent   bool      // what is not shown yet is more than that
	surveyAt time.Time // when registries are to be asked about their quotas again
	survey   bool      // that is under way
	usage    usage
}

// Run looks after the policies until the context ends. The error is one of reading the policy files the first time.
func (d *Daemon) Run(ctx context.Context) error {
	next, err := d.load(ctx)
	if err != nil {
		return err
	}
	l := &loop{
		Daemon: d, until: map[held]time.Time{}, refers: map[string]map[image.Repository]bool{}, read: map[string]time.Time{},
		looks: map[image.Repository]status.Look{}, status: d.shown, told: d.shown, usage: newUsage(),
		writing: newSlots(passesAtOnce, passesAtServer, silentPasses),
	}
	for next != nil {
		next = l.follow(ctx, next)
	}
	for l.running > 0 {
		l.end(ctx, <-d.events)
	}
	if l.loaded != nil {
		err = l.loaded.setup.Close()
	}
	return errors.Join(err, d.put(nil))
}

// errReplaced is the cause by which is ended what went by policy files that were read again since.
var errReplaced = errors.New("the policy files were read again")

// follow goes by what was read of the policy files until they were read again, and returns that; nil when the context has
// ended. What goes on then is ended: it is not waited for, and notes nothing any more but what it has written.
func (l *loop) follow(ctx context.Context, read *loaded) *loaded {
	reading, end := context.WithCancelCause(ctx)
	defer end(errReplaced)
	l.apply(reading, read)
	l.turns(reading)
	if ctx.Err() != nil {
		return nil
	}
	next := l.loaded
	l.loaded = nil
	return next
}

// turns is the loop. It ends when the context does, and when other policies are to be followed.
func (l *loop) turns(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := l.now()
		l.turned.Store(&now)
		if l.handedOver(now) {
			l.note(ctx, now)
			return
		}
		l.keepTime(now)
		l.collect()
		l.reloading(ctx, now)
		l.noting(ctx, now)
		if l.loaded == nil {
			l.look(ctx, now)
			l.times(now)
			l.tips(ctx, now)
			l.remembering(ctx, now)
			l.begin(ctx, now)
			l.surveying(ctx, now)
		}
		l.watch(now)
		l.folding(now)
		timer.Reset(max(l.nextTurn(now).Sub(now), 0))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-l.wake:
		case after := <-l.events:
			l.end(ctx, after)
			l.drain(ctx)
		}
	}
}

// drain takes what else has ended.
func (l *loop) drain(ctx context.Context) {
	for {
		select {
		case after := <-l.events:
			l.end(ctx, after)
		default:
			return
		}
	}
}

func (l *loop) now() time.Time { return l.o.Now() }

// outcome is what the loop does when something has ended that waited for others. The context is that of the loop, by then.
type outcome func(context.Context)

// start runs something that waits for others, and then in the loop what it returns.
func (l *loop) start(ctx context.Context, do func(context.Context) outcome) {
	l.running++
	go func() { l.events <- do(ctx) }()
}

func (l *loop) end(ctx context.Context, do outcome) {
	l.running--
	do(ctx)
}

// nextTurn returns when something is to be done again.
func (l *loop) nextTurn(now time.Time) time.Time {
	next := now.Add(idle)
	if l.unshown {
		next = sooner(next, l.showNext())
	}
	if len(l.passed) > 0 {
		next = sooner(next, l.passed[0].ended.Add(together))
	}
	if l.loaded != nil {
		return sooner(next, l.loaded.at.Add(handover))
	}
	if !l.loading {
		next = sooner(next, l.reloadAt)
	}
	next = sooner(next, l.nextUntil)
	for _, r := range l.registries {
		next = sooner(next, r.nextTurn(l.room(r, now)))
		if len(r.plan) > 0 && !r.plan[0].at.After(now) {
			next = sooner(next, l.looking.next(now))
		}
	}
	for _, t := range l.trees {
		if !t.awaited.IsZero() {
			next = sooner(next, latest(t.awaited.Add(answerWithin), now.Add(time.Second)))
		}
		switch {
		case t.since.IsZero() || t.unread || l.passOf(t) != nil:
		case t.due.After(now):
			next = sooner(next, t.due)
		default:
			next = sooner(next, l.writing.next(now))
		}
	}
	return next
}

func (r *registry) nextTurn(free bool) time.Time {
	if len(r.plan) > 0 && free {
		return sooner(r.again, r.plan[0].at)
	}
	return r.again
}

// collect takes over what others want.
func (l *loop) collect() {
	l.mu.Lock()
	all := l.wanted
	l.wanted = map[image.Repository]wanted{} // nobody else writes to what is read here
	l.mu.Unlock()
	for repository, want := range all {
		w := l.images[repository]
		if w == nil {
			continue
		}
		w.pushed, w.asked = latest(w.pushed, want.pushed), w.asked || want.asked
		if r := l.registries[repository.Host]; r != nil {
			r.again = time.Time{}
		}
	}
}
