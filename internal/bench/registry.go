package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/image-updater/image-updater/internal/registrytest"
)

const (
	repositoryCount = 200
	tagCount        = 500
	account         = "scanner"
	password        = "correct-horse-battery-staple"
)

// benchRegistry counts what passes over 200 repositories ask of their registry, each in a new process with the state of
// the ones before and no token of theirs: for policies that order versions against go-containerregistry listing one by
// one, and for those that follow a digest or the time of a push at a Docker Hub.
func benchRegistry(ctx context.Context, b bench) ([]figure, error) {
	versions, err := benchVersions(ctx, b)
	if err != nil {
		return nil, err
	}
	digests, err := benchDigests(ctx, b)
	if err != nil {
		return nil, err
	}
	newest, err := benchNewest(ctx, b)
	return append(versions, digests, newest), err
}

func benchVersions(ctx context.Context, b bench) ([]figure, error) {
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
	w, err := newPasses(b, watched{name: "versions", host: host, tag: "1.0.0"})
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
			name: what + ", again by a new process", ours: perRepository(second, 1),
			baselines: []baseline{{"go-containerregistry", perRepository(registry.Counts(), 1)}},
			promise:   "a list each and no pull, at most 1.05 requests for each",
			broken:    second.List != repositoryCount || second.Get > 0 || second.Total()*100 > repositoryCount*105,
		},
	}, nil
}

const digestPasses = 20

func benchDigests(ctx context.Context, b bench) (figure, error) {
	registry := newHub()
	for i := range repositoryCount {
		registry.Push(repositoryPath(i), "stable", registrytest.Image{})
	}
	w, stop, err := hubPasses(b, registry, watched{name: "digests", tag: "stable", policy: "select: {digest: stable}"})
	if err != nil {
		return figure{}, err
	}
	defer stop()
	if _, err := w.pass(ctx, registry); err != nil { // which writes the digests
		return figure{}, err
	}
	var all registrytest.Counts
	for range digestPasses {
		registry.ExpireTokens()
		counts, err := w.pass(ctx, registry)
		if err != nil {
			return figure{}, err
		}
		all.Head, all.Token, all.Get, all.List = all.Head+counts.Head, all.Token+counts.Token, all.Get+counts.Get, all.List+counts.List
		all.Other += counts.Total() - counts.Head - counts.Token - counts.Get - counts.List
	}
	return figure{
		name:    fmt.Sprintf("run, %d digests followed, %d passes after the first", repositoryCount, digestPasses),
		ours:    fmt.Sprintf("%s, %d pulls counted", perRepository(all, digestPasses), registry.Pulls(account)),
		promise: "a HEAD each in each pass, no pull",
		broken:  all.Head != digestPasses*repositoryCount || all.Get+all.List > 0 || registry.Pulls(account) > 0,
	}, nil
}

func benchNewest(ctx context.Context, b bench) (figure, error) {
	registry := newHub()
	for i := range repositoryCount {
		for j, tag := range numbered(tagCount) {
			pushed := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(j) * time.Hour)
			registry.Push(repositoryPath(i), tag, registrytest.Image{Pushed: pushed})
		}
	}
	w, stop, err := hubPasses(b, registry, watched{name: "newest", tag: "1.0.0", policy: `select: {newest: pushed}, tags: {match: "^1"}`})
	if err != nil {
		return figure{}, err
	}
	defer stop()
	if _, err := w.pass(ctx, registry); err != nil {
		return figure{}, err
	}
	second, err := w.pass(ctx, registry)
	return figure{
		name:    fmt.Sprintf("run, the newest of %d tags in %d repositories at Docker Hub, again", tagCount, repositoryCount),
		ours:    fmt.Sprintf("%s, %d of the tag API, %d pulls counted", perRepository(second, 1), second.Tell, registry.Pulls(account)),
		promise: "a request of the tag API each, no pull",
		broken:  second.Tell != repositoryCount || second.Get > 0 || registry.Pulls(account) > 0,
	}, err
}

// newHub returns an empty registry with the habits of Docker Hub.
func newHub() *registrytest.Registry {
	registry := registrytest.New(registrytest.Options{
		Auth: registrytest.Auth{Scheme: registrytest.Bearer, Username: account, Password: password},
		API:  registrytest.API{Hub: &registrytest.HubAPI{}},
	})
	registry.Meter(registrytest.Metering{Limit: 200})
	return registry
}

// hubPasses serves the registry as docker.io.
func hubPasses(b bench, registry *registrytest.Registry, f watched) (passes, func(), error) {
	host, stop, err := serve(registry)
	if err != nil {
		return passes{}, nil, err
	}
	f.host, f.keys = "docker.io", fmt.Sprintf("    endpoint: \"http://%[1]s\"\n    hubEndpoint: \"http://%[1]s\"\n", host)
	w, err := newPasses(b, f)
	if err != nil {
		stop()
		return passes{}, nil, err
	}
	return w, func() { w.stop(); stop() }, nil
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
	others := c.Total() - c.List - c.Head - c.Token - c.Get
	return fmt.Sprintf("%d lists, %d HEADs, %d tokens, %d pulls, %d others", c.List, c.Head, c.Token, c.Get, others)
}

// perRepository adds what a pass asks for each repository.
func perRepository(c registrytest.Counts, passes int) string {
	return fmt.Sprintf("%.3f requests for each in a pass: %s", float64(c.Total())/float64(passes*repositoryCount), show(c))
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
