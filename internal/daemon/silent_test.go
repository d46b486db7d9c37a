package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
)

// TestSilentAtStart: Git remotes that accept connections and answer nothing keep neither the others from being written to nor
// the daemon from being ready, and are told.
func TestSilentAtStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(6, 1, 6, "10m"))
	synctest.Test(t, func(t *testing.T) {
		w.hangs = map[string]bool{"fleet-0": true, "fleet-1": true}
		for i := range 6 {
			w.tags[app(fmt.Sprint(i))] = 2
		}
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(3 * time.Second)
		of := states(d.Status())
		for i := 2; i < 6; i++ {
			if name := fmt.Sprintf("app-%d", i); of[name] != status.New || d.Status().Git[i].Read.IsZero() {
				t.Errorf("after three seconds %s is %s, and its Git repository was read at %v", name, of[name], d.Status().Git[i].Read)
			}
		}
		after(17 * time.Second)
		s := d.Status()
		if !s.Ready {
			t.Error("it is not ready after 20 seconds")
		}
		for i, g := range s.Git {
			if (g.Error != "") != (i < 2) {
				t.Errorf("%s has the error %q", g.Name, g.Error)
			}
		}
		if got := len(w.seen().writes); got != 4 {
			t.Errorf("%d writes after 20 seconds, want 4", got)
		}
		after(2 * time.Hour)
		w.set(func() { clear(w.hangs) })
		after(lastPause + remoteWithin + time.Minute)
		if got := len(w.seen().writes); got != 6 || d.Status().Git[0].Error != "" {
			t.Errorf("%d writes when all answer, want 6; %+v", got, d.Status().Git[0])
		}
	})
}

// TestSilentServer: however many Git repositories there are at a server that answers nothing, those elsewhere are read at once,
// and it is told of all of them.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	text := fleet(40, 1, 40, "10m")
	w := newWorld(t, strings.Replace(text, "git.acme.example/fleet-39", "elsewhere.example/fleet-39", 1))
	synctest.Test(t, func(t *testing.T) {
		w.hangs = map[string]bool{}
		for i := range 39 {
			w.hangs[fmt.Sprintf("fleet-%d", i)] = true
		}
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(10 * time.Second)
		if d.Status().Git[39].Read.IsZero() {
			t.Error("the one elsewhere was not read within ten seconds")
		}
		after(15 * time.Second)
		s := d.Status()
		if told := slices.IndexFunc(s.Git[:39], func(g status.Git) bool { return g.Error == "" }); !s.Ready || told >= 0 {
			t.Errorf("after 25 seconds: ready %v, not told is %d", s.Ready, told)
		}
	})
}

// TestSilentInBetween: a Git remote that stops answering in a pass does not put off what is new for the others.
func TestSilentInBetween(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(3, 1, 3, "24h"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		w.set(func() { w.hangs = map[string]bool{"fleet-0": true} })
		for range 3 { // at once, and again while that pass hangs
			for i := range 3 {
				w.release(app(fmt.Sprint(i)))
				d.Pushed(app(fmt.Sprint(i)))
			}
			after(70 * time.Second)
		}
		if got := len(w.seen().writes); got != 6 {
			t.Errorf("%d writes, want 6", got)
		}
		for _, made := range w.seen().writes {
			if made.late > 70*time.Second {
				t.Errorf("%s was written after %v", made.policy, made.late)
			}
		}
	})
}

// TestReloadBesideSilence: policy files that were read hold within seconds, whatever answers nothing, for all that answers.
func TestReloadBesideSilence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(4, 2, 2, "10m"))
	more := parse(t, fleet(6, 2, 2, "10m"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		w.set(func() {
			w.hangs = map[string]bool{"fleet-0": true, "r1.acme.example": true}
			w.config, w.tags[app("4")], w.tags[image.Repository{Host: "r1.acme.example", Path: "team/app-5"}] = more, 1, 1
			w.tips["fleet-0"]++
			w.written["fleet-0 app-4"], w.written["fleet-1 app-5"] = 1, 1
		})
		d.Scan(app("0"), app("2"), image.Repository{Host: "r1.acme.example", Path: "team/app-1"})
		after(30 * time.Second) // a pass and a look hang
		hanging := d.Status().Running.Number
		before := len(w.only())
		d.Reload()
		after(3 * time.Second)
		s := d.Status()
		if len(s.Policies) != 6 || s.Config.Loaded.Before(time.Now().Add(-3*time.Second)) {
			t.Errorf("after three seconds there are %d policies, read at %v", len(s.Policies), s.Config.Loaded)
		}
		again := w.only()[before:]
		if hanging == 0 || !slices.ContainsFunc(again, func(only map[string][]string) bool { _, in := only["fleet-1"]; return in }) {
			t.Errorf("beside pass %d there were %v", hanging, again)
		}
		w.set(func() { clear(w.hangs) })
		after(40 * time.Minute)
		for name, state := range states(d.Status()) {
			if state != status.UpToDate {
				t.Errorf("in the end %s is %s", name, state)
			}
		}
		if n := w.seen().overlaps; n > 0 {
			t.Errorf("%d passes were made beside another of the same Git repository", n)
		}
	})
}

// TestReloadBesidePush: a push that is on the wire when the policy files are read again is waited for, and told; until then
// nobody else writes there.
func TestReloadBesidePush(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 2, "24h"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		w.set(func() { w.pushing = 10 * time.Second })
		w.release(app("0"))
		d.Pushed(app("0"))
		for w.seen().running == 0 {
			after(100 * time.Millisecond)
		}
		d.Reload()
		after(5 * time.Second)
		if seen := w.seen(); seen.running == 0 || d.Status().Config.Loaded.Before(time.Now().Add(-3*time.Second)) {
			t.Errorf("%d passes go on, and the policy files were read at %v", seen.running, d.Status().Config.Loaded)
		}
		w.set(func() { w.pushing = 0 })
		after(10 * time.Second)
		s := d.Status()
		if len(w.seen().writes) != 1 || len(s.History) != 1 || s.Policies[0].Commit.Text == "" {
			t.Errorf("written is %+v, and told %+v", w.seen().writes, s.History)
		}
		after(time.Minute)
		overlaps := w.seen().overlaps
		if s := d.Status(); overlaps > 0 || s.Policies[0].State != status.UpToDate || s.Last.Errors > 0 {
			t.Errorf("%d passes beside another; in the end it is %s, after %+v", overlaps, s.Policies[0].State, s.Last)
		}
	})
}

// TestSilentRegistries: registries that answer nothing keep none of the slots that others look with, also not once.
func TestSilentRegistries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1000, 50, 1, "10m"))
	synctest.Test(t, func(t *testing.T) {
		w.hangs = map[string]bool{}
		for i := range 49 {
			w.hangs[fmt.Sprintf("r%d.acme.example", i)] = true
		}
		_, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(30 * time.Second)
		if got := len(w.seen().looks); got != 20 {
			t.Errorf("%d of the 20 images were looked at within 30 seconds at the registry that answers", got)
		}
	})
}

// TestHistories: what was written before the start is read of each Git repository, also of one that is down then, never of
// many of a server at the same time, and of none before all had their first pass.
func TestHistories(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(40, 1, 40, "10m"))
	synctest.Test(t, func(t *testing.T) {
		w.down["fleet-0"] = true
		read, reading, most, passes := map[string]int{}, 0, 0, 0
		load := func(ctx context.Context) (*Setup, error) {
			s, err := w.load(ctx)
			s.History = func(_ context.Context, git string) reconcile.History {
				w.set(func() {
					if len(read) == 0 && reading == 0 {
						passes = len(w.passes)
					}
					reading++
					most = max(most, reading)
				})
				time.Sleep(time.Minute)
				w.set(func() { reading--; read[git]++ })
				return reconcile.History{}
			}
			return s, err
		}
		_, stop := begin(t, Options{Load: load})
		defer stop()
		after(20 * time.Minute)
		w.set(func() { clear(w.down) })
		after(time.Hour)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(read) != 40 || read["fleet-0"] != 1 || read["fleet-1"] != 1 {
			t.Errorf("the histories of %d of 40 Git repositories were read, of one that was down %d times", len(read), read["fleet-0"])
		}
		if most > asksAtServer {
			t.Errorf("%d were read at the same time", most)
		}
		if passes < 40 {
			t.Errorf("the first was read after %d passes, with 40 Git repositories", passes)
		}
	})
}
