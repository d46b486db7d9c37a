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
