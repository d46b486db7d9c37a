package forge_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/writeback/forge"
)

// TestWithin: the requests of a client take no more time together than they may. Those at the same time count once, and
// the time between them does not count.
func TestWithin(t *testing.T) {
	t.Parallel()
	limited := func(o *forge.Options) { o.Within = time.Minute }
	slow := forgetest.Fault{Delay: 20 * time.Second}
	for _, test := range []struct {
		name  string
		fault forgetest.Fault
		do    func(context.Context, forge.Forge) error // until it fails
		took  time.Duration
		asked int
	}{
		{name: "one after the other", fault: slow, took: time.Minute, asked: 3,
			do: func(ctx context.Context, f forge.Forge) error { _, err := f.Find(ctx, head, base); return err }},
		{name: "at once", fault: slow, took: time.Minute, asked: 12, do: func(ctx context.Context, f forge.Forge) error {
			var all sync.WaitGroup
			errs := make([]error, 4)
			for i := range errs {
				all.Go(func() { _, errs[i] = f.Find(ctx, head, base) })
			}
			all.Wait()
			return errors.Join(errs...)
		}},
		{name: "with time between", fault: slow, took: time.Minute + 3*time.Hour, asked: 3, do: func(ctx context.Context, f forge.Forge) error {
			_, err := f.Find(ctx, head, base)
			if err == nil {
				time.Sleep(time.Hour)
			}
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newConformance(t, forgetest.GitHub, limited)
				c.fake.Set(test.fault)
				began := time.Now()
				var err error
				for range 100 {
					if err = test.do(t.Context(), c.forge); err != nil {
						break
					}
				}
				if !errors.Is(err, forge.ErrTimeSpent) || time.Since(began) > test.took || c.fake.Count("") != test.asked {
					t.Errorf("%v after %v and %d requests, want %v and %d", err, time.Since(began), c.fake.Count(""), test.took, test.asked)
				}
			})
		})
	}
}

// TestWithinPacing: where writes are paced, a pause that would outlast the time is not begun.
func TestWithinPacing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newConformance(t, forgetest.GitHub, func(o *forge.Options) { o.Within = time.Second / 2 })
		p := c.open(t)
		var err error
		for i := 0; err == nil && i < 100; i++ {
			err = c.forge.Comment(t.Context(), p, fmt.Sprint("text ", i))
		}
		if !errors.Is(err, forge.ErrTimeSpent) {
			t.Error(err)
		}
	})
}
