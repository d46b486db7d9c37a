package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/daemon"
	"github.com/image-updater/image-updater/internal/notify"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/policy"
)

// countedRegistry has one tag of each image, and counts how often it was asked for all of them.
type countedRegistry struct{ looks int }

func (*countedRegistry) Expect([]image.Repository) {}

func (*countedRegistry) Tells(context.Context, image.Repository, image.Facts) image.Facts { return 0 }

func (r *countedRegistry) Candidates(context.Context, image.Repository, image.Facts, time.Duration) ([]policy.Candidate, bool, error) {
	r.looks++
	return []policy.Candidate{{Tag: "1.0.0"}}, false, nil
}

func (*countedRegistry) Look(context.Context, image.Repository, string, image.Facts, time.Time) (policy.Candidate, error) {
	return policy.Candidate{Tag: "1.0.0"}, nil
}

func (*countedRegistry) Kept(context.Context, image.Repository, image.Facts) (daemon.Kept, bool) {
	return daemon.Kept{}, false
}

func (*countedRegistry) Terms(context.Context, string, []image.Repository, []image.Facts) daemon.Terms {
	return daemon.Terms{Requests: []float64{1}, Beside: []bool{false}}
}

func (*countedRegistry) Standing(context.Context, *status.Registry) {}

func (*countedRegistry) Requests() []reconcile.Request { return nil }

// However many events come, and however often one is sent again, an image is looked at once, and not again within a
// minute.
func TestFloodIsOneLook(t *testing.T) {
	t.Parallel()
	c, err := config.Load(fstest.MapFS{"policies.yaml": {Data: []byte(`apiVersion: image-updater/v1
git: [{name: fleet, url: "https://git.acme.example/fleet.git"}]
hooks: [{name: hub, kind: docker-hub, secretEnv: SECRET, perMinute: 100000}]
policies: [{name: api, image: acme/api, git: fleet, interval: 52w}]
`)}}, []string{"policies.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		a := &app{now: time.Now, env: func(string) (string, bool) { return "secret", true }, logLevel: "error", stderr: t.Output()}
		registry := &countedRegistry{}
		k := &keep{app: a, messages: &notify.Notifier{}}
		declared, err := a.declaredHooks(c)
		if err != nil {
			t.Fatal(err)
		}
		k.hooks.Declare(declared)
		d := daemon.New(daemon.Options{
			Extra: k.extra,
			Load: func(context.Context) (*daemon.Setup, error) {
				return &daemon.Setup{
					Config: c, Registry: registry, Quotas: registry, Joined: func() *config.Config { return c },
					Run: func(context.Context, reconcile.Source, reconcile.Selection, daemon.Progress) reconcile.Report {
						return reconcile.Report{Trees: []reconcile.Tree{{
							Git: "fleet", Branch: "main", Tip: "1", Policies: []string{"api"},
							Images: []image.Repository{{Host: "docker.io", Path: "acme/api"}},
						}}}
					},
					Tip:     func(context.Context, string) (string, error) { return "1", nil },
					History: func(context.Context, string) reconcile.History { return reconcile.History{} },
					Close:   func() error { return nil },
				}, nil
			},
		})
		k.hooks.Pushed, k.hooks.Images = d.Pushed, d.Images
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.Run(ctx) }()
		send := func(n int, every time.Duration) {
			for range n {
				w := httptest.NewRecorder()
				body := strings.NewReader(`{"push_data":{"tag":"1.0.0"},"repository":{"repo_name":"acme/api"}}`)
				k.hooks.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/hooks/hub?token=secret", body))
				if w.Code != http.StatusAccepted {
					t.Fatalf("answered %d", w.Code)
				}
				time.Sleep(every)
			}
		}
		step := func(what string, least, most int) {
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if registry.looks < least || registry.looks > most {
				t.Errorf("%s: %d looks, want %d to %d", what, registry.looks, least, most)
			}
			registry.looks = 0
		}
		step("the first", 1, 1)
		send(1, 0)
		step("one event", 1, 1)
		send(10_000, 0)
		step("10,000 at once", 1, 1)
		send(300, time.Second)
		step("one again and again for five minutes", 5, 6)
		if hooks := d.Status().Hooks; len(hooks) != 1 || hooks[0].Events != 10_301 || hooks[0].Refused != 0 {
			t.Errorf("told are %+v", hooks)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
