package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
)

const (
	repositoryCount = 200
	tagCount        = 500
	account         = "scanner"
	password        = "correct-horse-battery-staple"
)

// benchRegistry counts what the second pass over 200 repositories asks of their registry, in a new process with the
// state of the first one, against go-containerregistry listing them one by one.
func benchRegistry(ctx context.Context, b bench) ([]figure, error) {
	registry := registrytest.New(registrytest.Options{
		Auth: registrytest.Auth{Scheme: registrytest.Bearer, Username: account, Password: password},
	})
	for i := range repositoryCount {
		registry.Add(repositoryPath(i), numbered(tagCount)...)
	}
	host, stop, err := serve(registry)
	if err != nil {
		return nil, err
	}
	defer stop()
	w, err := newPasses(b, host)
	if err != nil {
		return nil, err
	}
	defer w.stop()

	first, err := w.pass(ctx, registry)
	if err != nil {
		return nil, err
	}
	second, err := w.pass(ctx, registry)
	if err != nil {
		return nil, err
	}
	registry.Reset()
	if err := listAll(ctx, host); err != nil {
		return nil, err
	}
	what := fmt.Sprintf("run, %d repositories of %d tags", repositoryCount, tagCount)
	return []figure{
		{name: what + ", the first time", ours: show(first)},
		{
			name: what + ", again by a new process", ours: show(second),
			baselines: []baseline{{"go-containerregistry", show(registry.Counts())}},
			promise:   "a list each, tokens shared, no ping, no pull",
			broken: second.List > repositoryCount || second.Ping > 0 || second.Get > 0 ||
				second.Token > repositoryCount/10,
		},
	}, nil
}

func repositoryPath(i int) string { return fmt.Sprintf("team/app-%03d", i) }

func numbered(count int) []string {
	tags := make([]string, count)
	for i := range tags {
		tags[i] = fmt.Sprintf("1.%d.%d", i/100, i%100)
	}
	return tags
}

func show(c registrytest.Counts) string {
	return fmt.Sprintf("%d lists, %d tokens, %d pings, %d pulls, %d others", c.List, c.Token, c.Ping, c.Get, c.Head+c.Other)
}

// serve serves a handler on loopback until stop is called.
func serve(handler http.Handler) (host string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends by Close
	}()
	return listener.Addr().String(), func() {
		server.Close()
		<-done
	}, nil
}

// passes runs the built binary again and again over the same policies and the same state.
type passes struct {
	bench
	dir  string
	stop func()
}

func newPasses(b bench, host string) (passes, error) {
	dir := filepath.Join(b.scratch, "registry")
	files := gittest.Files{}
	var policies strings.Builder
	for i := range repositoryCount {
		image, folder := host+"/"+repositoryPath(i), fmt.Sprintf("apps/app-%03d", i)
		files[folder+"/deployment.yaml"] = manifest(fmt.Sprintf("app-%03d", i), image, "1.0.0")
		fmt.Fprintf(&policies, "  - {name: app-%03d, image: \"%s\", paths: [\"%s/**\"]}\n", i, image, folder)
	}
	if _, err := makeRepository(filepath.Join(dir, "fleet.git"), files); err != nil {
		return passes{}, err
	}
	gitHost, stop, err := serve(whole(gittest.New(dir)))
	if err != nil {
		return passes{}, err
	}
	text := "apiVersion: image-updater/v1\nregistries:\n  - host: \"" + host + "\"\n" +
		"    auth: {usernameEnv: BENCH_USER, passwordEnv: BENCH_PASSWORD}\n" +
		"    rate: {perSecond: 1000, burst: 1000}\n" +
		"git:\n  - {name: fleet, url: \"http://" + gitHost + "/fleet.git\", branch: main, write: {group: git}}\n" +
		"defaults: {git: fleet}\npolicies:\n" + policies.String()
	err = os.WriteFile(filepath.Join(dir, "policies.yaml"), []byte(text), 0o644)
	return passes{bench: b, dir: dir, stop: stop}, err
}

// pass runs one pass in a new process, asking whatever the age of the lists, and returns what the registry was asked.
func (p passes) pass(ctx context.Context, registry *registrytest.Registry) (registrytest.Counts, error) {
	registry.Reset()
	_, _, err := command{
		dir: p.dir, env: []string{"BENCH_USER=" + account, "BENCH_PASSWORD=" + password},
		args: []string{p.binary, "run", "--fresh", "--state-dir", filepath.Join(p.dir, "state")},
	}.run(ctx)
	counts := registry.Counts()
	if err == nil && counts.List < repositoryCount {
		err = fmt.Errorf("a pass listed %d repositories, want %d", counts.List, repositoryCount)
	}
	return counts, err
}

// listAll lists every repository the way a loop over the library's function for it does.
func listAll(ctx context.Context, host string) error {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	var all error
	for i := range repositoryCount {
		repository, err := name.NewRepository(host+"/"+repositoryPath(i), name.Insecure)
		if err != nil {
			return err
		}
		tags, err := remote.List(repository, remote.WithContext(ctx), remote.WithTransport(transport),
			remote.WithAuth(&authn.Basic{Username: account, Password: password}))
		if err == nil && len(tags) != tagCount {
			err = fmt.Errorf("%s: listed %d tags, want %d", repository, len(tags), tagCount)
		}
		all = errors.Join(all, err)
	}
	return all
}
