package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/policy"
)

// TestLoadIsTriedAgain: what the policy files name may come later than they: they are read again without anybody asking for
// it, later and later; until then those of before hold, and it is told why.
func TestLoadIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "1h"))
	synctest.Test(t, func(t *testing.T) {
		loads := 0
		var told []string
		d, stop := begin(t, Options{
			Load: func(ctx context.Context) (*Setup, error) { loads++; return w.load(ctx) },
			Told: func(before, after status.Status) {
				if before.Config.Fault != after.Config.Fault {
					told = append(told, after.Config.Fault)
				}
			},
		})
		defer stop()
		after(time.Hour)
		missing := errors.New(`policies.yaml:3:5: registry "r0.acme.example": caFile: open ca.pem: no such file or directory`)
		w.set(func() { w.fault = missing })
		loads = 0
		d.Reload()
		after(time.Second)
		faultAt := d.Status().Config.FaultAt
		after(3 * time.Hour)
		if s := d.Status(); s.Config.Fault != missing.Error() || !s.Config.FaultAt.Equal(faultAt) {
			t.Errorf("told is %+v, since %v", s.Config, faultAt)
		}
		if loads < 7 || loads > 12 {
			t.Errorf("read %d times in three hours", loads)
		}
		w.set(func() { w.fault = nil })
		after(31 * time.Minute)
		if s := d.Status(); s.Config.Fault != "" || len(told) != 2 || told[1] != "" {
			t.Errorf("half an hour after it is there, the fault is %q; told was %q", s.Config.Fault, told)
		}
		loads = 0
		after(6 * time.Hour)
		if loads != 0 {
			t.Errorf("read %d times although it holds", loads)
		}
	})
}

// TestReloadBesideExplain: a person who looks at a decision, for which a credential helper hangs, keeps no policy files from
// being taken over; the answer is by those that hold then.
func TestReloadBesideExplain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "1h"))
	synctest.Test(t, func(t *testing.T) {
		hangs, asked := make(chan struct{}), 0
		d, stop := begin(t, Options{Load: func(ctx context.Context) (*Setup, error) {
			s, err := w.load(ctx)
			decide, closed := s.Decide, false
			s.Decide = func(ctx context.Context, from reconcile.Source, p config.Policy, current policy.Current) (policy.Decision, error) {
				asked++
				if <-hangs; closed {
					return policy.Decision{}, reconcile.ErrUnlisted
				}
				return decide(ctx, from, p, current)
			}
			s.Close = func() error { closed = true; return nil }
			return s, err
		}})
		defer stop()
		after(time.Minute)
		answered := make(chan status.Decision)
		go func() {
			told, _ := d.Explain(t.Context(), "app-0", status.Reference{Current: "1.1.0"})
			answered <- told
		}()
		after(time.Second)
		d.Reload()
		after(4 * time.Second)
		if s := d.Status(); s.Config.Loaded.Before(time.Now().Add(-4 * time.Second)) {
			t.Errorf("four seconds after they were to be read the policy files are those of %v", s.Config.Loaded)
		}
		close(hangs)
		if told := <-answered; told.Chosen != "1.1.0" || asked != 2 {
			t.Errorf("told is %+v, asked %d times", told, asked)
		}
	})
}

// TestReloadTakenBack: a policy that is taken out of the files, and put into them again before a pass has ended without it, is
// looked after as before.
func TestReloadTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 1, "15m"))
	both, one := w.config, parse(t, fleet(1, 1, 1, "15m"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		w.set(func() { w.config, w.passing = one, time.Minute })
		d.Reload()
		after(10 * time.Second)
		w.set(func() { w.config, w.passing = both, time.Second })
		d.Reload()
		after(10 * time.Second)
		for _, p := range both.Policies {
			w.release(p.Image)
		}
		after(16 * time.Minute)
		for _, p := range d.Status().Policies {
			if p.State != status.UpToDate || w.written["fleet-0 "+p.Name] != 2 {
				t.Errorf("%s is %q, with tag %d of 2 in Git, looked at %v", p.Name, p.State, w.written["fleet-0 "+p.Name], p.Looked)
			}
		}
	})
}

// TestReloadNew: a push that is told of while its policy is not there yet, or is taken over just then, is not lost.
func TestReloadNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 1, "12h"))
	both, one := w.config, parse(t, fleet(1, 1, 1, "12h"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		reload := func(c *config.Config) {
			w.set(func() { w.config = c })
			d.Reload()
		}
		reload(one)
		after(time.Minute)
		reload(both)
		w.release(app("1"))
		d.Pushed(app("1"))
		after(time.Minute)
		if w.written["fleet-0 app-1"] != 2 {
			t.Errorf("tag %d of 2 is in Git", w.written["fleet-0 app-1"])
		}
	})
}

// TestReloadMends: what could not be looked at is looked at when the policy files have been read again: they may say now by
// which credentials.
func TestReloadMends(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(1, 1, 1, "12h"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Minute)
		w.set(func() { w.down["r0.acme.example"] = true })
		w.release(app("0"))
		d.Pushed(app("0"))
		after(5 * time.Hour)
		if p := d.Status().Policies[0]; p.State != status.Failed {
			t.Errorf("while it is down it is %q", p.State)
		}
		w.set(func() { w.down["r0.acme.example"] = false })
		d.Reload()
		after(time.Minute)
		if p := d.Status().Policies[0]; p.State != status.UpToDate || w.written["fleet-0 app-0"] != 2 {
			t.Errorf("a minute after a reload it is %q, with tag %d of 2 in Git", p.State, w.written["fleet-0 app-0"])
		}
	})
}

// TestNamedFiles: a file that policy files name is watched from when they were read, also where it is not there yet.
func TestNamedFiles(t *testing.T) {
	t.Parallel()
	policies, secrets := t.TempDir(), t.TempDir()
	write := func(folder, name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(policies, "a.yaml", "x")
	files := LookAtFiles([]string{policies})
	ctx, stop := context.WithCancel(t.Context())
	changes, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		files.Watch(ctx, func() { changes <- struct{}{} }, slog.New(slog.DiscardHandler))
	}()
	wait := func(what string) {
		t.Helper()
		select {
		case <-changes:
		case <-time.After(5 * time.Minute): // reached by a failure alone: without a word it is seen within a minute
			t.Fatal("not seen: " + what)
		}
	}
	write(policies, "a.yaml", "y")
	files.Named([]string{filepath.Join(secrets, "ca.pem")})
	wait("a change while other files were named")
	write(secrets, "ca.pem", "1")
	wait("the file that was missing")
	write(secrets, "ca.pem", "2")
	wait("its change")
	files.Named(nil)
	write(secrets, "ca.pem", "3")
	if files.changed() {
		t.Error("a file that is named no more is still looked at")
	}
	stop()
	<-ended
}
