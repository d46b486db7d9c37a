package daemon

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
)

// surveyEvery is how often what is known of registries is gathered, which asks none of them.
const surveyEvery = 15 * time.Second

// surveying gathers what is known of the quotas and pauses of registries.
func (l *loop) surveying(ctx context.Context, now time.Time) {
	if l.survey || now.Before(l.surveyAt) {
		return
	}
	l.survey, l.surveyAt = true, now.Add(surveyEvery)
	s, hosts := l.setup, slices.Sorted(maps.Keys(l.registries))
	l.start(ctx, func(ctx context.Context) outcome {
		standing := make(map[string]status.Registry, len(hosts))
		for _, host := range hosts {
			r := status.Registry{Host: host, Remaining: -1}
			s.Quotas.Standing(ctx, &r)
			standing[host] = r
		}
		requests := s.Quotas.Requests()
		return func(context.Context) {
			if ctx.Err() != nil {
				return
			}
			l.survey = false
			l.usage.count(requests, l.now())
			for host, r := range standing {
				at := l.registries[host]
				if at == nil {
					continue
				}
				if r.PausedUntil.After(l.now()) && r.PausedUntil.After(at.free) {
					at.free, at.plan, at.again = r.PausedUntil, nil, time.Time{}
				}
				if !r.TagsPaused.Equal(at.standing.TagsPaused) {
					at.plan, at.again = nil, time.Time{}
				}
				if !sameStanding(at.standing, r) {
					l.unshown = true
				}
				at.standing = r
			}
		}
	})
}

func sameStanding(a, b status.Registry) bool {
	return a.Account == b.Account && a.Metered == b.Metered && a.Allowance == b.Allowance && a.Remaining == b.Remaining &&
		a.Spent == b.Spent && a.Left == b.Left && a.Until.Equal(b.Until) && a.PausedUntil.Equal(b.PausedUntil) && a.TagsPaused.Equal(b.TagsPaused) && a.Parked == b.Parked
}

// registriesTold returns what a status tells of the registries.
func (l *loop) registriesTold() []status.Registry {
	all := make([]status.Registry, 0, len(l.registries))
	for _, host := range slices.Sorted(maps.Keys(l.registries)) {
		at := l.registries[host]
		r := at.standing
		r.Host, r.Images, r.Error, r.ErrorAt, r.FailingFor = host, len(at.images), at.err, at.errAt, at.failing
		for _, w := range at.images {
			if w.known && !w.looked.IsZero() && (r.Oldest.IsZero() || w.looked.Before(r.Oldest)) {
				r.Oldest, r.OldestOf = w.looked, w.wish.Repository.Familiar()
			}
		}
		r.Requests, r.Pulls, r.Day = l.usage.of(host)
		all = append(all, r)
	}
	return all
}

// usage counts what was asked since the start, over all setups, and in each hour of the last 24.
type usage struct {
	before map[string]reconcile.Request // by setups that were closed
	last   map[string]reconcile.Request // the sum, when it was last counted
	hours  map[string][]status.Hour
}

const hoursKept = 24

func newUsage() usage {
	return usage{before: map[string]reconcile.Request{}, last: map[string]reconcile.Request{}, hours: map[string][]status.Hour{}}
}

// keep takes over the counts of a setup that is closed.
func (u usage) keep(requests []reconcile.Request) {
	for _, r := range requests {
		b := u.before[r.Registry]
		u.before[r.Registry] = reconcile.Request{Registry: r.Registry, Requests: b.Requests + r.Requests, Pulls: b.Pulls + r.Pulls}
	}
}

// count notes what was asked since the last count in the hour of now.
func (u usage) count(requests []reconcile.Request, now time.Time) {
	hour := now.Truncate(time.Hour)
	for _, r := range requests {
		b, last := u.before[r.Registry], u.last[r.Registry]
		sum := reconcile.Request{Registry: r.Registry, Requests: b.Requests + r.Requests, Pulls: b.Pulls + r.Pulls}
		u.last[r.Registry] = sum
		hours := slices.Clone(u.hours[r.Registry]) // the old ones were shown
		if len(hours) == 0 || !hours[len(hours)-1].Begin.Equal(hour) {
			hours = append(hours, status.Hour{Begin: hour})
		}
		at := &hours[len(hours)-1]
		at.Requests += sum.Requests - last.Requests
		at.Pulls += sum.Pulls - last.Pulls
		oldest := hour.Add(-(hoursKept - 1) * time.Hour)
		u.hours[r.Registry] = slices.DeleteFunc(hours, func(h status.Hour) bool { return h.Begin.Before(oldest) || h.Begin.After(hour) })
	}
}

func (u usage) of(host string) (requests, pulls int, day []status.Hour) {
	return u.last[host].Requests, u.last[host].Pulls, u.hours[host]
}
