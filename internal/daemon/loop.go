package daemon

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
)

const (
	idle    = 10 * time.Second // the loop turns at least so often
	showing = 15 * time.Second // at least between two statuses that differ in when images were looked at alone
	telling = time.Second      // at least between two others, passes apart
)

// loop is all that changes, in the hands of one goroutine.
type loop struct {
	*Daemon
	ctx      context.Context // of all that the loop starts
	running  int             // goroutines
	turnedAt time.Time       // by the clock on the wall

	loading  bool
	readAt   time.Time // when the policy files were last begun to be read again
	reloadAt time.Time // when they are to be; zero = nobody wants it
	unloaded int       // readings in a row that have failed
	retryAt  time.Time // when the next is to be, after one that has failed; zero = none has
	loaded   *loaded   // waits for what goes on to end
	number   int       // of the last pass

	images     map[image.Repository]*watched
	wishes     map[image.Repository]reconcile.Wish // of these; passes read it, so it is never changed
	registries map[string]*registry
	looking    int

	trees     []*tree
	writesTo  map[string][]string // Git repositories, by policy
	asking    int                 // tips
	pass      *passing
	until     map[held]time.Time
	nextUntil time.Time // the first of them

	refers     map[string]map[image.Repository]bool // by Git repository: the images it refers to
	read       map[string]time.Time                 // when it was last seen to stand where it was decided
	remembered bool                                 // the history was asked for

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
	work, end := context.WithCancel(ctx)
	defer end()
	first, err := d.load(work)
	if err != nil {
		return err
	}
	l := &loop{
		Daemon: d, ctx: work, until: map[held]time.Time{}, refers: map[string]map[image.Repository]bool{},
		read: map[string]time.Time{}, looks: map[image.Repository]status.Look{}, status: d.shown, told: d.shown, usage: newUsage(),
	}
	l.apply(first)
	l.turns()
	end()
	for l.running > 0 {
		l.end(<-d.events)
	}
	if l.loaded != nil {
		err = l.loaded.setup.Close()
	}
	return errors.Join(err, d.put(nil))
}

// turns is the loop.
func (l *loop) turns() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for l.ctx.Err() == nil {
		now := l.now()
		l.turned.Store(&now)
		l.keepTime(now)
		l.collect()
		l.reloading(now)
		if l.loaded == nil {
			l.look(now)
			l.times(now)
			l.tips(now)
			l.begin(now)
		}
		l.watch(now)
		l.surveying(now)
		l.folding(now)
		timer.Reset(max(l.nextTurn(now).Sub(now), 0))
		select {
		case <-l.ctx.Done():
		case <-timer.C:
		case <-l.wake:
		case after := <-l.events:
			l.end(after)
			l.drain()
		}
	}
}

// drain takes what else has ended.
func (l *loop) drain() {
	for {
		select {
		case after := <-l.events:
			l.end(after)
		default:
			return
		}
	}
}

func (l *loop) now() time.Time { return l.o.Now() }

// start runs something that waits for others, and then in the loop what it returns.
func (l *loop) start(do func(context.Context) func()) { l.startWith(l.ctx, do) }

func (l *loop) startWith(ctx context.Context, do func(context.Context) func()) {
	l.running++
	go func() { l.events <- do(ctx) }()
}

func (l *loop) end(after func()) {
	l.running--
	after()
}

// nextTurn returns when something is to be done again.
func (l *loop) nextTurn(now time.Time) time.Time {
	next := now.Add(idle)
	if l.unshown {
		next = sooner(next, l.showNext())
	}
	if l.loaded != nil {
		return next
	}
	if !l.loading {
		next = sooner(next, l.reloadAt)
	}
	next = sooner(next, l.nextUntil)
	for _, r := range l.registries {
		next = sooner(next, r.nextTurn(l.looking < looksAtOnce))
	}
	for _, t := range l.trees {
		if !t.since.IsZero() && !t.unread && l.pass == nil {
			next = sooner(next, t.due)
		}
	}
	return next
}

func (r *registry) nextTurn(free bool) time.Time {
	if len(r.plan) > 0 && r.room() && free {
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

// fold takes over a status, to be shown soon.
func (l *loop) fold(s status.Status) { l.status, l.unshown, l.urgent = s, true, true }

// showNext returns when the status is to be shown.
func (l *loop) showNext() time.Time {
	if l.urgent {
		return l.shownAt.Add(telling)
	}
	return l.shownAt.Add(showing)
}

// looksTaken returns the status with what looks have found since.
func (l *loop) looksTaken() status.Status {
	if len(l.looks) == 0 {
		return l.status
	}
	looks := slices.Collect(maps.Values(l.looks))
	clear(l.looks)
	return l.status.Looks(l.now(), looks)
}

// folding shows what has changed, not too often.
func (l *loop) folding(now time.Time) {
	if len(l.looks) > 0 {
		l.unshown = true
	}
	if l.unshown && !now.Before(l.showNext()) {
		l.show(now)
	}
}

// show lets others see the status as it is now.
func (l *loop) show(now time.Time) {
	s := l.looksTaken()
	s.At = now
	s.Registries = l.registriesTold()
	s.Git = slices.Clone(s.Git)
	for i := range s.Git {
		if at := l.read[s.Git[i].Name]; s.Git[i].Error == "" && at.After(s.Git[i].Read) {
			s.Git[i].Read = at
		}
	}
	s.Config.Short = l.short()
	before := l.told
	l.status, l.told, l.shownAt, l.unshown, l.urgent = s, s, now, false, false
	l.mu.Lock()
	l.shown = s
	close(l.next)
	l.next = make(chan struct{})
	l.mu.Unlock()
	if l.o.Told != nil {
		l.o.Told(before, s)
	}
}

// short tells what the policies ask of registries and do not get.
func (l *loop) short() []string {
	var short []string
	for _, host := range slices.Sorted(maps.Keys(l.registries)) {
		for _, s := range l.registries[host].short {
			short = append(short, s.String())
		}
	}
	return short
}
