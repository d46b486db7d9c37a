package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/daemon"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
)

// handler answers requests: the page, the API and the hooks.
func (a *app) handler(d *daemon.Daemon, hooks http.Handler, auth *authFile, flags serveFlags) http.Handler {
	o := web.Options{
		Status: d.Status, Changed: d.Changed, Hooks: hooks, Now: a.now, Log: a.logger(),
		Local: flags.authFile == "" && !flags.noAuth,
		Alive: func() error {
			if !d.Alive() {
				return errors.New("the loop does not turn")
			}
			return nil
		},
		Explain: func(ctx context.Context, at web.Place) (status.Decision, error) { return explainAt(ctx, d, at) },
		Scan:    func(r web.ScanRequest) ([]string, error) { return scan(d, r) },
	}
	if auth != nil {
		o.Credentials = auth.credentials
	}
	return web.New(o)
}

// explainAt explains the reference at a place.
func explainAt(ctx context.Context, d *daemon.Daemon, at web.Place) (status.Decision, error) {
	s := d.Status()
	for _, p := range s.Policies {
		if p.Name != at.Policy {
			continue
		}
		i := slices.IndexFunc(p.References, func(r status.Reference) bool {
			return r.Git == at.Git && r.File == at.File && r.Line == at.Line
		})
		if i < 0 {
			return status.Decision{}, web.ErrUnknown
		}
		decision, err := d.Explain(ctx, at.Policy, p.References[i])
		if errors.Is(err, daemon.ErrUnknown) { // it is gone since then
			err = web.ErrUnknown
		}
		return decision, err
	}
	return status.Decision{}, web.ErrUnknown
}

// scan has an image looked at soon.
func scan(d *daemon.Daemon, r web.ScanRequest) ([]string, error) {
	var wanted []image.Repository
	if r.Image != "" {
		repository, err := image.ParseRepository(r.Image)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", web.ErrUnknown, err)
		}
		wanted = append(wanted, repository)
	}
	if r.Policy != "" {
		repository, known := d.ImageOf(r.Policy)
		if !known {
			return nil, fmt.Errorf("policy %q is %w", r.Policy, web.ErrUnknown)
		}
		wanted = append(wanted, repository)
	}
	var names []string
	for _, repository := range wanted {
		if d.Scan(repository) == 0 {
			return nil, fmt.Errorf("%s is %w: no policy that writes to Git is about it", repository.Familiar(), web.ErrUnknown)
		}
		names = append(names, repository.Familiar())
	}
	return names, nil
}
