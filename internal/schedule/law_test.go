package schedule_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/schedule"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func anyRepositories(t *rapid.T) []schedule.Repository {
	repositories := make([]schedule.Repository, rapid.IntRange(1, 40).Draw(t, "repositories"))
	kind := rapid.IntRange(0, 3).Draw(t, "intervals")
	for i := range repositories {
		interval := []time.Duration{time.Minute, 15 * time.Minute, time.Hour, 24 * time.Hour}[kind]
		if kind == 3 {
			interval = rapid.SampledFrom([]time.Duration{time.Minute, 7 * time.Minute, time.Hour, 24 * time.Hour}).Draw(t, "interval")
		}
		repositories[i] = schedule.Repository{
			Image:    image.Repository{Host: "docker.io", Path: fmt.Sprint(rapid.IntRange(0, 1000).Draw(t, "name"), "/", i)},
			Interval: interval,
			Requests: rapid.SampledFrom([]float64{0, 1, 1.02, 3}).Draw(t, "requests"),
			Steady:   rapid.Bool().Draw(t, "steady"),
		}
	}
	return repositories
}

// world carries out plans.
type world struct {
	registry     schedule.Registry
	repositories []schedule.Repository
	now          time.Time
	horizon      time.Duration
	looked       func(index int, at time.Time, pushed bool) // before Looked is set
}

func (w *world) run(until time.Time) {
	for w.now.Before(until) {
		end := w.now.Add(w.horizon)
		plan := schedule.Make(w.registry, w.repositories, w.now, end)
		for _, look := range plan.Looks {
			w.looked(look.Index, look.At, look.Pushed)
			w.repositories[look.Index].Looked = look.At
		}
		w.registry.Free = plan.Free
		w.now = end
		if plan.Next.After(end) {
			w.now = plan.Next
		}
	}
}

func requests(r schedule.Repository) float64 { return cmp.Or(r.Requests, 1) }

// TestNobodyStarves: every repository is looked at within twice its interval, the first time too, and the interval is
// the one of its policies times one factor for all, or the weeks it has been quiet for if that is more; the rate is kept
// over any time.
func TestNobodyStarves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		repositories := anyRepositories(t)
		// The start moves all moments of the repositories against the begin.
		start := noon.Add(time.Duration(rapid.IntRange(0, 86400).Draw(t, "start")) * time.Second)
		asked, longest := 0.0, time.Duration(0)
		previous := make([]time.Time, len(repositories))
		for i := range repositories {
			r := &repositories[i]
			asked += requests(*r) / r.Interval.Seconds()
			longest = max(longest, r.Interval)
			r.Changed = start.Add(-time.Duration(rapid.IntRange(0, 40).Draw(t, "days quiet")) * 24 * time.Hour)
			previous[i] = start
		}
		share := rapid.SampledFrom([]float64{0.1, 0.5, 0.79, 0.8, 1, 3}).Draw(t, "asked of the rate")
		rate, stretch := asked/share, max(1, share/0.8)

		late := func(index int, at time.Time) {
			r := repositories[index]
			interval := time.Duration(max(stretch, quietness(r)) * float64(r.Interval))
			// A look that has begun is not interrupted, whoever becomes due meanwhile.
			bound := 2*interval + time.Duration(3/rate*float64(time.Second)) + time.Millisecond
			if at.Sub(previous[index]) > bound {
				t.Errorf("%v was not looked at for %v, with an interval of %v", r.Image, at.Sub(previous[index]), interval)
			}
		}
		free := start
		w := world{
			registry: schedule.Registry{Host: "docker.io", PerSecond: rate}, repositories: repositories, now: start,
			horizon: rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Second, 30 * time.Second}).Draw(t, "horizon"),
			looked: func(index int, at time.Time, _ bool) {
				if at.Before(free) {
					t.Fatalf("a look begins %v before the rate has room for it", free.Sub(at))
				}
				free = at.Add(time.Duration(requests(repositories[index]) / rate * float64(time.Second)))
				late(index, at)
				previous[index] = at
			},
		}
		end := start.Add(min(time.Duration(5*stretch*float64(longest)), 30*time.Hour))
		w.run(end)
		for i := range repositories {
			late(i, end)
		}
	})
}

// quietness is by how much a repository may be put off, from the words of the package comment.
func quietness(r schedule.Repository) float64 {
	if r.Steady || r.Looked.IsZero() {
		return 1
	}
	return float64(min(4, 1+int(r.Looked.Sub(r.Changed).Hours())/(7*24)))
}

// TestPushFirst: after a push event a repository is the very next one, however late others are.
func TestPushFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		repositories := anyRepositories(t)
		for i := range repositories {
			repositories[i].Looked = noon.Add(-time.Duration(rapid.IntRange(60, 500_000).Draw(t, "looked")) * time.Second)
			repositories[i].Changed = repositories[i].Looked.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "changed")) * 24 * time.Hour)
		}
		pushed := rapid.IntRange(0, len(repositories)-1).Draw(t, "pushed")
		repositories[pushed].Pushed = noon
		plan := schedule.Make(schedule.Registry{PerSecond: 2}, repositories, noon, noon.Add(time.Minute))
		if len(plan.Looks) == 0 || plan.Looks[0] != (schedule.Look{Index: pushed, At: noon, Pushed: true}) {
			t.Fatalf("%d was pushed, and the looks are %+v", pushed, plan.Looks)
		}
	})
}

// TestStableMoments: when a repository is due does not depend on the others, on their order, on when the question is
// asked, nor on how late the last look was.
func TestStableMoments(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		repositories := anyRepositories(t)
		one := repositories[0]
		one.Looked = noon.Add(-time.Second)
		due := func(all []schedule.Repository, now time.Time) time.Time {
			for at := now; ; {
				plan := schedule.Make(schedule.Registry{}, all, at, at.Add(time.Second))
				for _, look := range plan.Looks {
					if all[look.Index].Image == one.Image {
						return look.At
					}
					all[look.Index].Looked = look.At
				}
				at = plan.Next
			}
		}
		alone := due([]schedule.Repository{one}, noon)
		if one.Interval < time.Hour {
			among := append([]schedule.Repository{one}, repositories[1:]...)
			slices.Reverse(among)
			if got := due(among, noon); !got.Equal(alone) {
				t.Errorf("among others it is due at %v, alone at %v", got, alone)
			}
		}
		later := one
		later.Looked = alone
		next := due([]schedule.Repository{later}, alone)
		later.Looked = alone.Add(one.Interval / 3)
		delayed := due([]schedule.Repository{later}, later.Looked)
		if !next.Equal(alone.Add(one.Interval)) || !delayed.Equal(next) {
			t.Errorf("after %v it is due at %v, and at %v when it was delayed", alone, next, delayed)
		}
	})
}

// TestDue: what Due tells of a repository is when Make begins to look at it, where the rate has room and nobody is late.
func TestDue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		repositories := anyRepositories(t)
		for i := range repositories {
			repositories[i].Looked = noon.Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "looked")) * time.Second)
			repositories[i].Changed = repositories[i].Looked
		}
		registry := schedule.Registry{Host: "docker.io"}
		due := schedule.Due(registry, repositories, noon)
		plan := schedule.Make(registry, repositories, noon, noon.Add(2*time.Minute))
		planned := map[int]time.Time{}
		for _, look := range plan.Looks {
			planned[look.Index] = look.At
		}
		for i, at := range due {
			if at.Before(noon) {
				t.Fatalf("%v was due at %v", repositories[i].Image, at)
			}
			got, soon := planned[i]
			if soon != at.Before(noon.Add(2*time.Minute)) || soon && !got.Equal(at) {
				t.Fatalf("%v is due at %v, and planned for %v (%v)", repositories[i].Image, at, got, soon)
			}
		}
	})
}
