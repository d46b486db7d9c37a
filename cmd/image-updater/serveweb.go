package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/daemon"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
)

// handler answers requests: the page, the API and the hooks.
func (a *app) handler(d *daemon.Daemon, hooks http.Handler, flags serveFlags) (http.Handler, error) {
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
	if flags.authFile != "" {
		file := &authFile{path: flags.authFile, now: a.now, log: a.logger()}
		if err := file.read(); err != nil {
			return nil, usage(fmt.Errorf("--auth-file: %w", unverbed(err)),
				"a line for each who may come in: bearer TOKEN for programs, basic USER:PASSWORD for people")
		}
		o.Credentials = file.credentials
	}
	return web.New(o), nil
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

// authFile is the file of --auth-file, which may change.
type authFile struct {
	path string
	now  func() time.Time
	log  *slog.Logger

	mu      sync.Mutex // guards what follows
	known   web.Credentials
	stamp   os.FileInfo
	checked time.Time
}

// authAgain is how long a change of the file may go unnoticed.
const authAgain = time.Second

// credentials returns those in the file. One that cannot be read, or does not hold, lets those in whom it let in before.
func (f *authFile) credentials() web.Credentials {
	f.mu.Lock()
	checked := f.now().Sub(f.checked) < authAgain
	f.mu.Unlock()
	if !checked {
		if err := f.read(); err != nil {
			f.log.Error("--auth-file cannot be read; what it held before still holds", "err", err)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known
}

// read reads the file if it has changed.
func (f *authFile) read() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checked = f.now()
	info, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if f.stamp != nil && os.SameFile(f.stamp, info) && f.stamp.ModTime().Equal(info.ModTime()) && f.stamp.Size() == info.Size() {
		return nil
	}
	data, err := readBounded(f.path, maxSecret)
	if err != nil {
		return err
	}
	known, err := web.ParseCredentials(data)
	f.stamp = info
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	f.known = known
	return nil
}
