package daemon

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
)

// owning is Git repositories that have a policy of their own each, which a pass of them reads.
type owning struct {
	world  *world
	joined map[string]*config.Config // by the Git repositories that were read

	mu   sync.Mutex // guards read
	read [2]bool
}

func newOwning(t *testing.T) *owning {
	own := func(i int) string {
		return fmt.Sprintf("  - {name: own-%d, image: r0.acme.example/team/own-%[1]d, git: fleet-%[1]d}\n", i)
	}
	central := fleet(2, 1, 2, "10m")
	both := central + own(0) + own(1)
	o := &owning{world: newWorld(t, both), joined: map[string]*config.Config{}}
	o.joined[fmt.Sprint([2]bool{})] = parse(t, central)
	o.joined[fmt.Sprint([2]bool{true})] = parse(t, central+own(0))
	o.joined[fmt.Sprint([2]bool{false, true})] = parse(t, central+own(1))
	o.joined[fmt.Sprint([2]bool{true, true})] = parse(t, both)
	return o
}

func (o *owning) load(ctx context.Context) (*Setup, error) {
	s, err := o.world.load(ctx)
	s.Joined = func() *config.Config {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.joined[fmt.Sprint(o.read)]
	}
	s.Config = s.Joined()
	s.Run = func(ctx context.Context, from reconcile.Source, only reconcile.Selection, p Progress) reconcile.Report {
		o.mu.Lock()
		for i := range o.read {
			if _, in := only.Only[fmt.Sprintf("fleet-%d", i)]; in {
				o.read[i] = true
			}
		}
		o.mu.Unlock()
		if _, slow := only.Only["fleet-0"]; slow {
			time.Sleep(20 * time.Second)
		}
		return o.world.run(ctx, s.Joined(), from, only, p)
	}
	return s, err
}

// TestOwnPoliciesBeside: policies that Git repositories have themselves come in while passes of others go on, and none is
// lost, also not when the policy files are read again meanwhile.
func TestOwnPoliciesBeside(t *testing.T) {
	t.Parallel()
	o := newOwning(t)
	w := o.world
	synctest.Test(t, func(t *testing.T) {
		for r := range w.tags {
			w.tags[r] = 2
		}
		d, stop := begin(t, Options{Load: o.load})
		defer stop()
		after(10 * time.Second) // the pass of fleet-0 goes on
		if got := len(d.Status().Policies); got != 4 {
			t.Errorf("when one pass has ended there are %d policies, want 4", got)
		}
		d.Reload()
		after(3 * time.Minute)
		want := map[string]status.State{"app-0": status.UpToDate, "app-1": status.UpToDate, "own-0": status.UpToDate, "own-1": status.UpToDate}
		if diff := gocmp.Diff(want, states(d.Status())); diff != "" {
			t.Errorf("in the end (-want +got):\n%s", diff)
		}
		if seen := w.seen(); len(seen.writes) != 4 || seen.overlaps > 0 {
			t.Errorf("written is %+v, %d passes were beside another", seen.writes, seen.overlaps)
		}
	})
}
