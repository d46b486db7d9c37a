package daemon

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
)

// TestOwnPolicyMoves: a policy that goes from the folder of one Git repository to that of another, where it is seen first,
// holds there as soon as it is gone from the one.
func TestOwnPolicyMoves(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(fleet(2, 1, 2, "10m"), ".git'}", ".git', policies: .image-updater/}")
	w := newWorld(t, text)
	before, gone := w.config, parse(t, strings.Replace(text, "name: app-0", "name: another", 1))
	w.written["fleet-0 another"] = 1
	synctest.Test(t, func(t *testing.T) {
		moved, holds, passes := false, false, 0
		_, stop := begin(t, Options{Load: func(ctx context.Context) (*Setup, error) {
			s, err := w.load(ctx)
			run := s.Run
			s.Joined = func() *config.Config {
				w.mu.Lock()
				defer w.mu.Unlock()
				if moved {
					return gone
				}
				return before
			}
			s.Run = func(ctx context.Context, from reconcile.Source, only reconcile.Selection, p Progress) reconcile.Report {
				report := run(ctx, from, only, p)
				if _, reads := only.Only["fleet-1"]; reads {
					w.set(func() {
						passes++
						if holds = moved; !holds {
							report.Errors = append(report.Errors, reconcile.Problem{Git: "fleet-1", Err: errors.New("duplicate policy app-0")})
						}
					})
				}
				return report
			}
			return s, err
		}})
		defer stop()
		after(time.Hour)
		passes = 0
		w.set(func() { moved = true; w.tips["fleet-0"]++ }) // somebody has pushed the other half
		after(11 * time.Minute)
		if !holds || passes != 1 {
			t.Errorf("%d passes, holds: %v", passes, holds)
		}
		after(2 * time.Hour)
		if passes != 1 {
			t.Errorf("%d passes in the end, want one", passes)
		}
	})
}

// TestOwnPolicyBesideReload: policies of a Git repository that are read while policy files are taken over stay known.
func TestOwnPolicyBesideReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 1, "10m"))
	both, one := w.config, parse(t, fleet(1, 1, 1, "10m"))
	synctest.Test(t, func(t *testing.T) {
		came, gone := false, 0
		joined := func() *config.Config {
			if came {
				return both
			}
			return one
		}
		d, stop := begin(t, Options{
			Load: func(ctx context.Context) (*Setup, error) {
				s, err := w.load(ctx)
				run := s.Run
				s.Config, s.Joined = joined(), joined
				s.Run = func(ctx context.Context, from reconcile.Source, only reconcile.Selection, p Progress) reconcile.Report {
					report := run(ctx, from, only, p)
					came = true
					return report
				}
				return s, err
			},
			Told: func(before, after status.Status) {
				if len(after.Policies) < len(before.Policies) {
					gone++
				}
			},
		})
		defer stop()
		after(500 * time.Millisecond) // the first pass is under way
		d.Reload()
		after(time.Minute)
		if len(d.Status().Policies) != 2 || gone > 0 {
			t.Errorf("%d policies, gone %d times", len(d.Status().Policies), gone)
		}
	})
}
