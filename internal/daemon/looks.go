package daemon

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/schedule"
	"github.com/image-updater/image-updater/internal/status"
)

const (
	horizon     = time.Minute // for which looks are planned
	replanning  = time.Second // at least between two plans of a registry
	inStep      = time.Second // looks that become due meanwhile begin together: waking up for each costs more than the looks
	hostAtOnce  = 8           // looks at one registry
	looksAtOnce = 32
	silentLooks = 256             // and others
	lookWithin  = 5 * time.Minute // a look, tries and pauses included
)

// registry is one registry that images are looked at in.
type registry struct {
	host      string
	images    []*watched // that are found in Git
	perSecond float64
	free      time.Time // schedule.Registry.Free
	plan      []planned
	planned   time.Time // when that was made
	again     time.Time // when the next is to be made; zero = now
	short     []schedule.Shortage
	standing  status.Registry

	failing int // looks in a row
	err     string
	errAt   time.Time
}

// room reports whether one more look may be made at a registry. One that has answered nothing for some time gets a single
// look until that is answered.
func (l *loop) room(r *registry, now time.Time) bool {
	if r.failing >= status.FailsInARow && l.looking.at(r.host) > 0 {
		return false
	}
	return l.looking.room(r.host, now)
}

// planned is a look to come.
type planned struct {
	image *watched
	at    time.Time
}

// gather sorts the images that Git refers to by their registries.
func (l *loop) gather(ctx context.Context) {
	of := map[string][]*watched{}
	for _, w := range l.images {
		if w.found {
			host := w.wish.Repository.Host
			of[host] = append(of[host], w)
		}
	}
	before := l.registries
	l.registries = make(map[string]*registry, len(of))
	for host, images := range of {
		slices.SortFunc(images, func(a, b *watched) int { return cmp.Compare(a.wish.Repository.Path, b.wish.Repository.Path) })
		r := before[host]
		if r == nil {
			r = &registry{host: host}
		}
		r.images, r.plan, r.again = images, nil, time.Time{}
		l.registries[host] = r
		l.terms(ctx, r)
	}
}

// terms finds out what looks at a registry cost, which may have to wait for a credential helper.
func (l *loop) terms(ctx context.Context, r *registry) {
	repositories, facts := make([]image.Repository, len(r.images)), make([]image.Facts, len(r.images))
	images := r.images
	for i, w := range images {
		repositories[i], facts[i] = w.wish.Repository, w.wish.Facts
	}
	s := l.setup
	l.start(ctx, func(ctx context.Context) outcome {
		terms := s.Quotas.Terms(ctx, r.host, repositories, facts)
		return func(context.Context) {
			if ctx.Err() != nil {
				return
			}
			r.perSecond, r.again = terms.PerSecond, time.Time{}
			for i, w := range images {
				w.requests, w.beside = terms.Requests[i], terms.Beside != nil && terms.Beside[i]
			}
		}
	})
}

// look starts the looks that are due, as many as may be under way at a time: at each registry one after the other, first
// where less is silent.
func (l *loop) look(ctx context.Context, now time.Time) {
	hosts := slices.Sorted(maps.Keys(l.registries))
	slices.SortStableFunc(hosts, l.looking.turn(now))
	for _, host := range hosts {
		if r := l.registries[host]; !r.again.After(now) {
			l.planLooks(r, now)
		}
	}
	for begun := true; begun; {
		begun = false
		for _, host := range hosts {
			if r := l.registries[host]; len(r.plan) > 0 && !r.plan[0].at.After(now) && l.room(r, now) {
				first := r.plan[0]
				r.plan = r.plan[1:]
				l.lookAt(ctx, r, first.image, now)
				begun = true
			}
		}
	}
}

// planLooks plans the looks at a registry for the next minute.
func (l *loop) planLooks(r *registry, now time.Time) {
	if until := r.planned.Add(replanning); until.After(now) {
		r.again = until
		return
	}
	at := schedule.Registry{Host: r.host, PerSecond: r.perSecond, Free: r.free}
	images := l.askable(r, now)
	repositories := make([]schedule.Repository, len(images))
	for i, w := range images {
		repositories[i] = w.scheduled()
	}
	plan := schedule.Make(at, repositories, now, now.Add(horizon))
	r.plan, r.planned, r.again, r.short = r.plan[:0], now, plan.Next, plan.Short
	if len(images) < len(r.images) {
		r.again = sooner(r.again, r.standing.TagsPaused)
	}
	var expected []image.Repository
	for _, look := range plan.Looks {
		if w := images[look.Index]; !w.looking {
			at := look.At
			if !look.Pushed {
				at = at.Add(inStep - 1).Truncate(inStep)
			}
			r.plan = append(r.plan, planned{w, at})
			expected = append(expected, w.wish.Repository)
		}
	}
	if len(expected) > 0 {
		l.setup.Registry.Expect(expected) // one token may serve many
	}
	r.free = latest(now, r.free)
	for i, due := range schedule.Due(at, repositories, now) {
		l.expect(images[i], due)
	}
}

// askable returns the images of a registry that may be looked at now: while the tag API beside it wants to be left alone
// those that it is not asked about.
func (l *loop) askable(r *registry, now time.Time) []*watched {
	until := r.standing.TagsPaused
	if !until.After(now) {
		return r.images
	}
	var images []*watched
	for _, w := range r.images {
		if !w.beside {
			images = append(images, w)
			continue
		}
		l.expect(w, until)
	}
	return images
}

// expect takes note of when the next look at an image is due.
func (l *loop) expect(w *watched, due time.Time) {
	if !w.next.Equal(due) {
		w.next = due
		l.tell(w, status.Look{Quiet: true})
	}
}

// lookAt starts one look.
func (l *loop) lookAt(ctx context.Context, r *registry, w *watched, now time.Time) {
	w.looking, w.before, w.looked = true, w.looked, now
	// What begins later than planned keeps its distance to the next.
	if r.perSecond > 0 {
		r.free = latest(r.free, now).Add(time.Duration(max(w.requests, 1) / r.perSecond * float64(time.Second)))
	}
	s, wish, held := l.setup, w.wish, l.looking.take(r.host, now)
	l.start(ctx, func(ctx context.Context) outcome {
		bounded, end := context.WithTimeoutCause(ctx, lookWithin, fmt.Errorf("looking at %s took longer than %v", wish.Repository, lookWithin))
		defer end()
		listed, followed, err := reconcile.See(bounded, s.Registry, wish)
		sum := sumOf(listed, followed)
		return func(context.Context) {
			if ctx.Err() == nil {
				l.looking.give(held)
				w.looking = false
				l.saw(r, w, sum, err)
			}
		}
	})
}

// saw takes note of what came of a look.
func (l *loop) saw(r *registry, w *watched, sum uint64, err error) {
	now := l.now()
	if err != nil {
		l.missed(r, w, err, now)
		return
	}
	r.failing = 0
	news := !w.known || w.sum != sum
	if w.known && news || w.changed.IsZero() {
		w.changed = now
	}
	l.tell(w, status.Look{At: w.looked, New: news && w.known})
	l.urgent = l.urgent || w.asked || w.told
	if w.asked || news || w.told {
		l.because(w, cause{news: 1})
	}
	w.sum, w.known, w.asked = sum, true, false
	w.failures, w.told = 0, false
}

// missed takes note of a look that has failed. The policies are told when there is nothing to go by, when it has failed
// twice, or when a person wants to know; who has asked has asked for one look, not to be in a hurry from now on.
func (l *loop) missed(r *registry, w *watched, err error, now time.Time) {
	w.fail(now)
	r.failing++
	r.err, r.errAt, r.again = err.Error(), now, time.Time{}
	l.o.Log.Warn("looking at an image", "repository", w.wish.Repository.String(), "err", err, "failures", w.failures)
	if w.failures > 1 || !w.known || w.asked {
		w.asked = false
		w.told, l.urgent = true, true
		l.tell(w, status.Look{At: now, Error: err.Error()})
	}
	l.surveyAt = now // the registry may have asked to be left alone
}

// tell has a look folded into the next status.
func (l *loop) tell(w *watched, look status.Look) {
	r := w.wish.Repository
	look.Image, look.Registry, look.Next = r.Familiar(), r.Host, w.next
	if last, told := l.looks[r]; told && look.Quiet {
		last.Next = look.Next
		look = last
	}
	l.looks[r] = look
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
