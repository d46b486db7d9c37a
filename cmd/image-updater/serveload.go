package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/daemon"
	"github.com/image-updater/image-updater/internal/hook"
	"github.com/image-updater/image-updater/internal/notify"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/policy"
	"github.com/image-updater/image-updater/registry"
	"github.com/image-updater/image-updater/writeback"
)

// keep is what a daemon has for its life, however often the policy files are read.
type keep struct {
	app      *app
	cache    *cache.Cache
	writer   *writeback.Writer
	folders  reconcile.Folders
	hooks    hook.Handler
	messages *notify.Notifier
	files    *daemon.Files
	flagged  []*flagged     // of the server
	first    *config.Config // that was read before anything was opened, until it is loaded
}

// lockWithin is how long a daemon waits for the cache of one that is about to end.
const lockWithin = 30 * time.Second

// Of the cache a daemon reads little again and again, and it learns something all the time: each commit costs more than
// what is in it.
const (
	heldInMemory = 8 << 20
	keptWithin   = time.Second
)

// openKeep opens the state folder. One that another process holds is waited for, and then refused: what that one learns
// of quotas would not be known here for months.
func (a *app) openKeep(ctx context.Context) (*keep, error) {
	told := false
	for began := a.now(); ; {
		store, err := a.openCache(ctx, cache.Options{MaxMemory: heldInMemory, Linger: keptWithin})
		switch {
		case err != nil:
			return nil, failed(err)
		case !store.Busy():
			if notice := store.Notice(); notice != "" {
				a.logger().Warn("nothing is kept over a restart", "err", notice)
			}
			return &keep{app: a, cache: store, writer: a.writer(), files: daemon.LookAtFiles(nil), hooks: hook.Handler{Now: a.now, Log: a.logger()}}, nil
		case a.now().Sub(began) > lockWithin:
			return nil, failed(errors.Join(fmt.Errorf("cache %q is in use by another process", a.statePath("cache.db")), store.Close()), "is another serve running? --state-dir gives each a folder of its own")
		}
		if !told {
			a.logger().Warn("waiting for another process to let go of the cache", "file", a.statePath("cache.db"), "at most", lockWithin)
			told = true
		}
		if err := errors.Join(store.Close(), ctx.Err()); err != nil {
			return nil, failed(err)
		}
	}
}

func (k *keep) close(a *app) {
	if err := k.cache.Close(); err != nil {
		a.logger().Warn("closing the cache", "err", err)
	}
}

// extra fills in what the daemon itself does not know.
func (k *keep) extra(s *status.Status) {
	s.Hooks, s.Channels = k.hooks.Status(), k.messages.Channels()
	for _, f := range k.flagged {
		s.Files = append(s.Files, f.state())
	}
}

// useFlagged has it told how the files of the server fare. Either may be nil.
func (k *keep) useFlagged(auth *authFile, shown *certificate) {
	if auth != nil {
		k.flagged = append(k.flagged, &auth.flagged)
	}
	if shown != nil {
		k.flagged = append(k.flagged, &shown.flagged)
	}
}

// load reads the policy files and opens what they name.
func (k *keep) load(ctx context.Context) (*daemon.Setup, error) {
	a := k.app
	c := k.first
	if k.first = nil; c == nil {
		var err error
		if c, err = a.policies(); err != nil {
			return nil, err
		}
	}
	if idle(c) {
		a.logger().Warn("there is nothing to do: no policy file that was read has a policy")
	}
	k.files.Named(readByLoad(c))
	hooks, err := a.declaredHooks(c)
	if err != nil {
		return nil, err
	}
	client, err := a.newClient(c, k.cache)
	if err != nil {
		return nil, err
	}
	k.hooks.Declare(hooks)
	k.messages.Use(a.channels(c))
	s := &source{client: client, cache: k.cache}
	reconciler := func(from reconcile.Source, progress daemon.Progress) *reconcile.Reconciler {
		return &reconcile.Reconciler{
			Config: c, Source: from, Contents: s, Writer: k.writer, Target: a.writeTarget, Folders: &k.folders,
			Forge: a.forges(k.cache), Memory: pullMemory{cache: k.cache, now: a.now, log: a.logger()},
			Now: a.now, Log: a.logger(), Progress: progress,
		}
	}
	return &daemon.Setup{
		Config:   k.folders.Join(c),
		Registry: watchedSource{s},
		Quotas:   watchedSource{s},
		Joined:   func() *config.Config { return k.folders.Join(c) },
		Run: func(ctx context.Context, from reconcile.Source, selection reconcile.Selection, progress daemon.Progress) reconcile.Report {
			return reconciler(from, progress).Run(ctx, selection)
		},
		Decide: func(ctx context.Context, from reconcile.Source, p config.Policy, current policy.Current) (policy.Decision, error) {
			return reconciler(from, nil).Decide(ctx, p, current)
		},
		Tip:     func(ctx context.Context, git string) (string, error) { return reconciler(s, nil).Tip(ctx, git) },
		History: func(ctx context.Context, git string) reconcile.History { return reconciler(s, nil).History(ctx, git) },
		Close:   client.Close,
	}, nil
}

// idle reports whether there is no policy, and no Git repository that could bring one.
func idle(c *config.Config) bool {
	return len(c.Policies) == 0 && !slices.ContainsFunc(c.Git, func(g config.Git) bool { return g.Policies != "" })
}

// readByLoad returns the files that are read with the policy files, so that a change of one is a change of them. The others
// that they name are read when they are needed.
func readByLoad(c *config.Config) []string {
	var paths []string
	add := func(at config.Position, files ...string) {
		for _, file := range files {
			if file != "" {
				paths = append(paths, beside(at.File, file))
			}
		}
	}
	for _, r := range c.Registries {
		add(r.Position, r.CAFile, r.ClientCertFile, r.ClientKeyFile)
	}
	for _, n := range c.Notify {
		add(n.Position, n.URLFile, n.SecretFile, n.SMTP.PasswordFile)
	}
	return paths
}

// watchedSource is a source that also tells what a daemon wants to know beside a pass.
type watchedSource struct{ *source }

// Kept returns the list at hand.
func (s watchedSource) Kept(ctx context.Context, r image.Repository, want image.Facts) (daemon.Kept, bool) {
	list, found, err := s.client.Kept(ctx, r, want)
	if err != nil || !found {
		return daemon.Kept{}, false
	}
	return daemon.Kept{Candidates: candidatesOf(list), SecondHand: list.SecondHand, At: list.At}, true
}

// Requests is what was asked of each registry so far.
func (s watchedSource) Requests() []reconcile.Request { return s.requests() }

// Terms tells how fast a registry may be asked. Where a look is mostly requests to an API beside the registry, it is that
// one's rate that counts.
func (s watchedSource) Terms(ctx context.Context, host string, repositories []image.Repository, want []image.Facts) daemon.Terms {
	terms, err := s.client.Terms(ctx, host, repositories)
	if err != nil {
		terms.PerSecond = max(terms.PerSecond, 1)
	}
	t := daemon.Terms{PerSecond: terms.PerSecond, Requests: make([]float64, len(repositories)), Beside: make([]bool, len(repositories))}
	for i, r := range repositories {
		cost := s.client.Prices(ctx, r, want[i], 0).Again
		t.Requests[i], t.Beside[i] = float64(max(cost.Requests, 1)), cost.Beside > 0
		if terms.Beside > 0 && terms.PerSecond > 0 && cost.Beside > 0 {
			t.Requests[i] = max(float64(cost.Requests-cost.Beside), float64(cost.Beside)*terms.PerSecond/terms.Beside)
		}
	}
	return t
}

// Standing fills in what is known of a registry's quota.
func (s watchedSource) Standing(ctx context.Context, r *status.Registry) {
	q, err := s.client.Standing(ctx, r.Host)
	if err != nil {
		r.Parked = err.Error()
		return
	}
	fillQuota(r, q)
}

func fillQuota(r *status.Registry, q registry.Quota) {
	r.Account, r.Metered = q.Account, q.Metered
	r.Allowance, r.Window, r.Remaining, r.Reserve, r.Spent, r.Left = q.Allowance, q.Window, q.Remaining, q.Reserve, q.Spent, q.Left
	r.Until, r.PausedUntil, r.TagsPaused = q.Until, q.Paused, q.TagsPause
	if q.Parked != nil {
		r.Parked = q.Parked.Error()
	}
}
