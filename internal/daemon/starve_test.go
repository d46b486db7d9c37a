package daemon

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
)

// sight is what a test sees of a world that goes on.
type sight struct {
	asked    int
	writes   []write
	written  map[string]int
	looks    map[image.Repository][]time.Time
	running  int // passes
	overlaps int // of passes of the same Git repository
}

func (s sight) last() write { return s.writes[len(s.writes)-1] }

func (w *world) seen() sight {
	w.mu.Lock()
	defer w.mu.Unlock()
	looks := maps.Clone(w.looks)
	for r := range looks {
		looks[r] = slices.Clone(looks[r])
	}
	running := 0
	for _, passes := range w.running {
		running += passes
	}
	return sight{w.asked, slices.Clone(w.writes), maps.Clone(w.written), looks, running, w.overlaps}
}

// TestNewsBesideFailure: what is new while a pass goes on that fails is not put off as what has failed is.
func TestNewsBesideFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 1, "10m"))
	synctest.Test(t, func(t *testing.T) {
		w.passing = 20 * time.Second
		w.refuses = map[string]bool{"app-0": true}
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(3 * time.Hour) // by then it is tried again each half hour
		passes := len(w.only())
		for len(w.only()) == passes {
			after(time.Second)
		}
		after(time.Second) // the pass is under way
		w.release(app("1"))
		d.Pushed(app("1"))
		after(2 * time.Minute)
		if got := w.seen().writes; len(got) != 1 || got[0].policy != "app-1" {
			t.Errorf("two minutes after the event is written %+v", got)
		}
	})
}

// TestHangingRegistries: registries that answer nothing leave room for the others, however many images they have.
func TestHangingRegistries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(500, 5, 1, "10m"))
	synctest.Test(t, func(t *testing.T) {
		w.hangs = map[string]bool{"r0.acme.example": true, "r1.acme.example": true, "r2.acme.example": true, "r3.acme.example": true}
		_, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		var latest time.Duration
		for i := 4; i < 500; i += 5 {
			at := w.seen().looks[image.Repository{Host: "r4.acme.example", Path: fmt.Sprintf("team/app-%d", i)}]
			if len(at) == 0 {
				t.Fatalf("app-%d was not looked at for an hour", i)
			}
			at = append(at, time.Now())
			for j := range at[1:] {
				latest = max(latest, at[j+1].Sub(at[j]))
			}
		}
		if latest > 20*time.Minute {
			t.Errorf("%v between two looks at an image of a registry that answers", latest)
		}
	})
}

// TestHangingRemotes: Git remotes that answer nothing do not keep the others from being asked where they stand.
func TestHangingRemotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(6, 1, 6, "1m"))
	synctest.Test(t, func(t *testing.T) {
		s, _ := w.load(t.Context())
		load := func(ctx context.Context) (*Setup, error) {
			hanging := *s
			hanging.Tip = func(ctx context.Context, git string) (string, error) {
				if git != "fleet-5" {
					<-ctx.Done()
					return "", context.Cause(ctx)
				}
				return s.Tip(ctx, git)
			}
			hanging.Run = func(ctx context.Context, from reconcile.Source, only reconcile.Selection, p Progress) reconcile.Report {
				return s.Run(ctx, from, only, p)
			}
			return &hanging, nil
		}
		_, stop := begin(t, Options{Load: load})
		defer stop()
		after(time.Hour)
		before := len(w.only())
		w.set(func() { w.tips["fleet-5"]++ })
		after(15 * time.Minute)
		seen := slices.ContainsFunc(w.only()[before:], func(only map[string][]string) bool { _, in := only["fleet-5"]; return in })
		if !seen {
			t.Error("a quarter of an hour after a push nobody has seen it")
		}
	})
}

// TestLongInterval: where images are looked at once in a month, what people do to the branch is seen all the same.
func TestLongInterval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "30d"))
	synctest.Test(t, func(t *testing.T) {
		_, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(5 * time.Hour)
		before := len(w.only())
		w.set(func() { w.tips["fleet-0"]++ })
		after(61 * time.Minute)
		if got := len(w.only()) - before; got != 1 {
			t.Errorf("%d passes for a push, want 1", got)
		}
	})
}

// TestNoInterval: policies without an interval have neither images nor branches asked more often than usual.
func TestNoInterval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strings.Replace(fleet(1, 1, 1, "0"), "interval: 0", `interval: "0"`, 1))
	synctest.Test(t, func(t *testing.T) {
		s, _ := w.load(t.Context())
		asked := 0
		s2 := *s
		s2.Tip = func(ctx context.Context, git string) (string, error) { asked++; return s.Tip(ctx, git) }
		_, stop := begin(t, Options{Load: func(context.Context) (*Setup, error) { return &s2, nil }})
		defer stop()
		after(4 * time.Hour)
		if asked > 17 {
			t.Errorf("the branch was asked for %d times in four hours", asked)
		}
	})
}

// TestAskedInVain: that a person has asked makes one look, and no registry is asked every five seconds from then on because
// it cannot answer.
func TestAskedInVain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "10m"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		w.set(func() { w.down["r0.acme.example"] = true })
		d.Scan(app("0"))
		after(time.Minute)
		before := w.seen().asked
		after(2 * time.Hour)
		if got := w.seen().asked - before; got > 15 {
			t.Errorf("asked %d times in two hours", got)
		}
		if got := states(d.Status())["app-0"]; got != status.Failed {
			t.Errorf("the policy is %s", got)
		}
		w.set(func() { w.down["r0.acme.example"] = false })
		after(11 * time.Minute)
		passes := len(w.only())
		d.Scan(app("0"))
		after(time.Minute)
		if got := len(w.only()) - passes; got != 1 {
			t.Errorf("%d passes after a person has asked, want 1", got)
		}
	})
}

// TestRemoteThatHangs: no pass reads a remote that is known to hang: whether that answers again is asked beside the passes, and
// then what was missed is made up for.
func TestRemoteThatHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 2, "10m"))
	synctest.Test(t, func(t *testing.T) {
		s, _ := w.load(t.Context())
		hanging := *s
		wait := func(ctx context.Context, hangs bool) {
			if hangs {
				select {
				case <-ctx.Done():
				case <-time.After(2 * time.Minute):
				}
			}
		}
		down := func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.down["fleet-0"]
		}
		hanging.Tip = func(ctx context.Context, git string) (string, error) {
			wait(ctx, git == "fleet-0" && down())
			return s.Tip(ctx, git)
		}
		hanging.Run = func(ctx context.Context, from reconcile.Source, only reconcile.Selection, p Progress) reconcile.Report {
			_, reads := only.Only["fleet-0"]
			wait(ctx, reads && down())
			return s.Run(ctx, from, only, p)
		}
		d, stop := begin(t, Options{Load: func(context.Context) (*Setup, error) { return &hanging, nil }})
		defer stop()
		after(time.Hour)
		w.set(func() { w.down["fleet-0"] = true })
		after(time.Hour)
		for range 60 {
			w.release(app("0"))
			w.release(app("1"))
			d.Pushed(app("0"), app("1"))
			after(2*time.Minute + 7*time.Second)
		}
		writes := w.seen().writes
		if len(writes) != 60 {
			t.Errorf("%d writes, want 60", len(writes))
		}
		for _, made := range writes {
			if made.late > 90*time.Second {
				t.Errorf("written after %v", made.late)
			}
		}
		if got := states(d.Status())["app-0"]; got != status.Failed {
			t.Errorf("the policy of the remote that hangs is %s", got)
		}
		w.set(func() { w.down["fleet-0"] = false })
		after(35 * time.Minute)
		if last := w.seen().last(); last.policy != "app-0" || last.tag != 61 {
			t.Errorf("written last is %+v", last)
		}
		if got := states(d.Status())["app-0"]; got != status.UpToDate {
			t.Errorf("in the end the policy is %s", got)
		}
	})
}

// TestMovedBesideNews: a pass of one policy does not make what somebody has pushed for the others at that time go unseen.
func TestMovedBesideNews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 1, "10m"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		w.release(app("1"))
		after(30 * time.Minute)
		w.set(func() { // somebody adds a manifest with an old tag
			w.written["fleet-0 app-1"] = 1
			w.tips["fleet-0"]++
		})
		w.release(app("0"))
		d.Pushed(app("0"))
		after(12 * time.Minute)
		if got := w.seen().written["fleet-0 app-1"]; got != 2 {
			t.Errorf("the reference that came with the push is at %d, want 2", got)
		}
	})
}

// TestReloadStorm: however often it is wanted, the policy files are read, and all decided, once in a while; and once more at
// the end.
func TestReloadStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "1h"))
	synctest.Test(t, func(t *testing.T) {
		w.passing = time.Millisecond
		loads := 0
		d, stop := begin(t, Options{Load: func(ctx context.Context) (*Setup, error) { loads++; return w.load(ctx) }})
		defer stop()
		after(time.Hour)
		loads = 0
		passes := len(w.only())
		for range 1000 {
			d.Reload()
			after(10 * time.Millisecond)
		}
		after(10 * time.Second)
		if got := len(w.only()) - passes; loads < 2 || loads > 7 || got > 7 {
			t.Errorf("%d readings and %d passes in ten seconds", loads, got)
		}
	})
}

// TestNoPoliciesYet: a branch whose own folder has no policy yet is asked for by the interval of the defaults.
func TestNoPoliciesYet(t *testing.T) {
	t.Parallel()
	for interval, most := range map[string]int{"15m": 17, "30m": 9, "30d": 5, `"0"`: 17} {
		t.Run(interval, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "git:\n  - {name: fleet, url: 'https://git.acme.example/fleet.git', policies: .image-updater/}\ndefaults: {interval: "+interval+"}\n")
			synctest.Test(t, func(t *testing.T) {
				s, _ := w.load(t.Context())
				asked := 0
				s2 := *s
				s2.Tip = func(ctx context.Context, git string) (string, error) { asked++; return s.Tip(ctx, git) }
				_, stop := begin(t, Options{Load: func(context.Context) (*Setup, error) { return &s2, nil }})
				defer stop()
				after(4 * time.Hour)
				if asked > most || asked < most-2 {
					t.Errorf("the branch was asked for %d times in four hours, want about %d", asked, most-1)
				}
			})
		})
	}
}
