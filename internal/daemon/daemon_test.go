package daemon

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/status"
)

func app(i string) image.Repository {
	return image.Repository{Host: "r0.acme.example", Path: "team/app-" + i}
}

func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func states(s status.Status) map[string]status.State {
	of := map[string]status.State{}
	for _, p := range s.Policies {
		of[p.Name] = p.State
	}
	return of
}

// TestFirstMinute: the first pass is made at once, by what is at hand, and finds what is to be looked at; what the looks find
// is decided in one more, of the policies concerned alone.
func TestFirstMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(3, 1, 2, "1h"))
	synctest.Test(t, func(t *testing.T) {
		w.tags[app("1")] = 2
		w.kept[app("2")], w.keptAt[app("2")] = 1, time.Now()
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(1500 * time.Millisecond)
		s := d.Status()
		if !s.Ready || !d.Alive() {
			t.Error("it is not ready after the first pass")
		}
		want := map[string]status.State{"app-0": status.New, "app-1": status.New, "app-2": status.UpToDate}
		if diff := gocmp.Diff(want, states(s)); diff != "" {
			t.Errorf("after the first pass (-want +got):\n%s", diff)
		}
		after(time.Minute)
		want["app-0"], want["app-1"] = status.UpToDate, status.UpToDate
		s = d.Status()
		if diff := gocmp.Diff(want, states(s)); diff != "" {
			t.Errorf("after a minute (-want +got):\n%s", diff)
		}
		passes := w.only() // of several Git repositories at the same time
		slices.SortFunc(passes, func(a, b map[string][]string) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		if diff := gocmp.Diff([]map[string][]string{{"fleet-0": nil}, {"fleet-0": {"app-0"}}, {"fleet-1": nil}, {"fleet-1": nil}}, passes); diff != "" {
			t.Errorf("passes (-want +got):\n%s", diff)
		}
		if got := w.seen().writes; len(got) != 1 || got[0].policy != "app-1" {
			t.Errorf("written is %+v", got)
		}
		if len(s.History) != 1 || s.History[0].To != "1.2.0" || s.History[0].Commit.Text == "" {
			t.Errorf("the history is %+v", s.History)
		}
	})
}

func (w *world) only() []map[string][]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []map[string][]string
	for _, s := range w.passes {
		all = append(all, s.Only)
	}
	return all
}

// TestNothingHappens: without news no pass is made, and the branch is asked for once in an interval.
func TestNothingHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(50, 2, 1, "15m"))
	synctest.Test(t, func(t *testing.T) {
		_, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		passes := len(w.only())
		after(24 * time.Hour)
		if got := len(w.only()); got != passes {
			t.Errorf("%d passes without a cause", got-passes)
		}
	})
}

// TestInStep: a daemon that looks at many images wakes up once a second for all that are due, whatever registry they are in.
func TestInStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(600, 3, 1, "1m"))
	synctest.Test(t, func(t *testing.T) {
		_, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(5 * time.Minute)
		settled := time.Now()
		after(5 * time.Minute)
		looks, moments := 0, map[time.Time]bool{}
		for _, at := range w.lookedAt() {
			if at.After(settled) {
				looks++
				moments[at] = true
			}
		}
		if looks < 2900 {
			t.Errorf("%d looks in five minutes, of 600 images once a minute", looks)
		}
		if len(moments) > 400 { // in some seconds more are due than one registry is asked for at once
			t.Errorf("%d looks ended at %d moments of 300 seconds", looks, len(moments))
		}
	})
}

// lookedAt returns when looks were answered.
func (w *world) lookedAt() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []time.Time
	for _, of := range w.looks {
		all = append(all, of...)
	}
	return all
}

// TestMovedBranch: what somebody pushes to Git is decided within the shortest interval.
func TestMovedBranch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 2, "10m"))
	synctest.Test(t, func(t *testing.T) {
		_, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		before := len(w.only())
		w.set(func() { w.tips["fleet-1"]++ })
		after(11 * time.Minute)
		got := w.only()[before:]
		if diff := gocmp.Diff([]map[string][]string{{"fleet-1": nil}}, got); diff != "" {
			t.Errorf("passes (-want +got):\n%s", diff)
		}
	})
}

// TestPushedAndScanned: a push event and a person bring a look forward, and what nobody looks at is nobody's business.
func TestPushedAndScanned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 1, "24h"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		w.release(app("0"))
		if n := d.Pushed(app("0"), app("7")); n != 1 {
			t.Errorf("Pushed knows %d images, want 1", n)
		}
		after(10 * time.Second)
		if len(w.seen().writes) != 1 {
			t.Errorf("written after a push event: %+v", w.seen().writes)
		}
		w.release(app("0"))
		d.Scan(app("0")) // ten seconds after the look: a person does not wait for a minute
		after(15 * time.Second)
		if len(w.seen().writes) != 2 {
			t.Errorf("written after a person has asked: %+v", w.seen().writes)
		}
		passes := len(w.only())
		d.Scan(app("1"))
		after(30 * time.Second)
		if got := len(w.only()); got != passes+1 {
			t.Errorf("%d passes after a person has asked and nothing is new, want 1", got-passes)
		}
	})
}

// TestUntil: what waits for its time is decided when it has come.
func TestUntil(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "24h"))
	synctest.Test(t, func(t *testing.T) {
		w.tags[app("0")] = 2
		w.held["app-0"] = time.Now().Add(3 * time.Hour)
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(2 * time.Hour)
		s := d.Status().Policies[0]
		if s.State != status.Waiting || !s.Why.Until.Equal(w.held["app-0"]) || len(w.seen().writes) != 0 {
			t.Errorf("it is %q for %+v, and written is %v", s.State, s.Why, w.seen().writes)
		}
		if r := s.References[0]; r.Current != "1.1.0" || r.Chosen != "1.1.0" || r.Coming != "1.2.0" {
			t.Errorf("the reference carries %s, is to get %s, and %q is coming", r.Current, r.Chosen, r.Coming)
		}
		after(time.Hour + 10*time.Second)
		if len(w.seen().writes) != 1 || d.Status().Policies[0].State != status.UpToDate {
			t.Errorf("written is %v, and it is %q", w.seen().writes, d.Status().Policies[0].State)
		}
	})
}

// TestOutage: what fails is tried again soon, told once it has failed twice, and over when it is.
func TestOutage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, down string }{{"registry", "r0.acme.example"}, {"Git", "fleet-0"}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, fleet(1, 1, 1, "24h"))
			synctest.Test(t, func(t *testing.T) {
				d, stop := begin(t, Options{Load: w.load})
				defer stop()
				after(25 * time.Hour)
				w.release(app("0"))
				w.set(func() { w.down[test.down] = true })
				d.Scan(app("0"))
				after(10 * time.Minute)
				if p := d.Status().Policies[0]; p.State != status.Failed || !strings.Contains(p.Why.Detail, "connection refused") {
					t.Errorf("while it is down it is %q: %+v", p.State, p.Why)
				}
				w.set(func() { w.down[test.down] = false })
				after(31 * time.Minute)
				if p := d.Status().Policies[0]; p.State != status.UpToDate || len(w.seen().writes) != 1 {
					t.Errorf("when it is back it is %q: %+v; written is %v", p.State, p.Why, w.seen().writes)
				}
			})
		})
	}
}

// TestReadyWithoutUse: a Git repository that no policy writes to is never read, and nobody waits for that.
func TestReadyWithoutUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strings.Replace(fleet(1, 1, 1, "1h"), "git:\n", "git:\n  - {name: spare, url: 'https://git.acme.example/spare.git'}\n", 1))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Minute)
		if s := d.Status(); !s.Ready || len(s.Git) != 1 {
			t.Errorf("ready: %v, of %+v", s.Ready, s.Git)
		}
	})
}

// TestForgeTakesItsTime: what waits for a forge is gone on with soon, and less and less often while it is slow.
func TestForgeTakesItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "24h"))
	synctest.Test(t, func(t *testing.T) {
		_, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Minute)
		w.set(func() { w.late, w.tips["fleet-0"] = true, w.tips["fleet-0"]+1 })
		after(time.Hour + time.Minute)
		before := len(w.only())
		after(10 * time.Minute)
		w.set(func() { w.late = false })
		if got := len(w.only()) - before; got < 2 || got > 4 {
			t.Errorf("%d passes in ten minutes of a slow forge, want a few", got)
		}
		after(31 * time.Minute)
		before = len(w.only())
		after(20 * time.Minute)
		if got := len(w.only()) - before; got != 0 {
			t.Errorf("%d passes when it is done, want none", got)
		}
	})
}

// TestReload: files with an error keep those of before, and files without one hold; what is known of a policy stays.
func TestReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 1, "1h"))
	more := parse(t, fleet(3, 1, 1, "1h"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		before := d.Status()
		w.set(func() { w.fault = errors.New("policies.yaml:7:3: what is this") })
		d.Reload()
		after(time.Minute)
		s := d.Status()
		if s.Config.Fault != "policies.yaml:7:3: what is this" || len(s.Policies) != 2 {
			t.Errorf("with an error: %+v, %d policies", s.Config, len(s.Policies))
		}
		w.set(func() { w.fault, w.config, w.tags[app("2")] = nil, more, 1 })
		d.Reload()
		after(time.Minute)
		s = d.Status()
		if s.Config.Fault != "" || len(s.Policies) != 3 || s.Policies[2].State == "" {
			t.Errorf("without one: %+v, %d policies", s.Config, len(s.Policies))
		}
		if s.Policies[0].Since != before.Policies[0].Since || s.Policies[0].State != status.UpToDate {
			t.Errorf("what was known is forgotten: %+v", s.Policies[0])
		}
	})
}

// TestStuckPass: a pass that does not go on is cut off and told, and the next is made.
func TestStuckPass(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "1h"))
	synctest.Test(t, func(t *testing.T) {
		w.stuck = true
		var stuck bool
		d, stop := begin(t, Options{Load: w.load, Told: func(_, s status.Status) { stuck = stuck || s.Last.Stuck || s.Running.Stuck }})
		defer stop()
		after(stuckAfter - time.Minute)
		if s := d.Status(); s.Running.Number != 1 || s.Running.Stuck || !d.Alive() {
			t.Errorf("before the bound: %+v", s.Running)
		}
		w.set(func() { w.stuck = false })
		after(2 * time.Minute)
		if !stuck || d.Status().Running.Number != 0 {
			t.Errorf("after the bound: told %v, %+v", stuck, d.Status().Running)
		}
		after(2 * time.Hour)
		if s := d.Status(); !s.Ready || s.Policies[0].State != status.UpToDate {
			t.Errorf("in the end: ready %v, %+v", s.Ready, s.Policies[0])
		}
	})
}

// TestStop: it ends while looks and a pass are under way, and leaves nothing behind.
func TestStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(100, 1, 1, "1h"))
	w.look = time.Minute
	synctest.Test(t, func(t *testing.T) {
		_, stop := begin(t, Options{Load: w.load})
		after(10 * time.Second)
		began := time.Now()
		stop()
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v to end", took)
		}
	})
}

// TestChanged: whoever waits for the next status gets it.
func TestChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "1h"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		changed := d.Changed()
		select {
		case <-changed:
			if len(d.Status().Policies) != 1 {
				t.Error("the status that was told of is not there")
			}
		case <-time.After(time.Hour):
			t.Error("no change was told")
		}
	})
}

// TestExplain: it tells the verdicts by the list at hand, and asks nobody.
func TestExplain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "1h")+"  - {name: narrow, image: r0.acme.example/team/app-0, git: fleet-0, select: {semver: <1.3}}\n")
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		w.set(func() { w.tags[app("0")] = 3 })
		after(2 * time.Minute)
		asked := w.seen().asked
		got, err := d.Explain(t.Context(), "app-0", status.Reference{Current: "1.1.0"})
		if err != nil || got.Chosen != "1.3.0" || len(got.Verdicts) != 3 || got.Asked.IsZero() || w.seen().asked != asked {
			t.Errorf("Explain = %+v, %v; asked %d times", got, err, w.seen().asked-asked)
		}
		got, err = d.Explain(t.Context(), "narrow", status.Reference{Current: "1.1.0"})
		above := map[string]bool{}
		for _, v := range got.Verdicts {
			above[v.Tag] = v.Above
		}
		if diff := gocmp.Diff(map[string]bool{"1.1.0": false, "1.2.0": false, "1.3.0": true}, above); diff != "" || err != nil {
			t.Errorf("which are above the chosen one (-want +got), %v:\n%s", err, diff)
		}
		if _, err := d.Explain(t.Context(), "nobody", status.Reference{}); !errors.Is(err, ErrUnknown) {
			t.Errorf("of a policy that is not there: %v", err)
		}
	})
}
