package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
)

const (
	batchCount = 200
	batchShare = 2 // of the wall of one change
	staleTag   = "1.4.2"
	newTag     = "1.5.0"
)

// batch is a repository of deployments with a policy each, and two commits to begin a pass from: at one of them all
// deployments are behind, at the other a single one.
type batch struct {
	bench
	name       string
	commits    string // write.commits
	made       int    // commits, of 200 changes
	cold       bool   // nothing is known of the repository, as in a pipeline
	repository *gittest.Repository
	server     *gittest.Server
	dir        string
	all, one   start
}

// start is what a pass begins from.
type start struct {
	tip   string
	state string // what the pass before has left behind there
	makes int    // commits
}

// benchBatch makes 200 changes in 200 files by one pass, against one change by the same pass. The lists of tags are
// young, so that what is left is the work of writing.
func benchBatch(ctx context.Context, b bench) ([]figure, error) {
	registry := registrytest.New(registrytest.Options{})
	for i := range batchCount {
		registry.Add(repositoryPath(i), staleTag, newTag)
	}
	host, stop, err := serve(registry)
	if err != nil {
		return nil, err
	}
	defer stop()
	var figures []figure
	for _, w := range []*batch{
		{bench: b, name: "batch-cold", commits: "each", made: batchCount, cold: true},
		{bench: b, name: "batch-each", commits: "each", made: batchCount},
		{bench: b, name: "batch-squash", commits: "squash", made: 1},
	} {
		f, err := w.compare(ctx, host)
		if err != nil {
			return nil, err
		}
		figures = append(figures, f)
	}
	return figures, nil
}

func (w *batch) compare(ctx context.Context, registry string) (figure, error) {
	w.dir = filepath.Join(w.scratch, w.name)
	w.server = gittest.New(w.dir)
	host, stop, err := serve(whole(w.server))
	if err != nil {
		return figure{}, err
	}
	defer stop()
	if err := errors.Join(w.makeRepository(), w.writePolicies(registry, host)); err != nil {
		return figure{}, err
	}
	if err := errors.Join(w.look(ctx, w.all), w.look(ctx, w.one)); err != nil {
		return figure{}, err
	}
	taken, err := turns(ctx, w.runs,
		func(ctx context.Context, _ int) (usage, error) { return w.pass(ctx, w.all) },
		func(ctx context.Context, _ int) (usage, error) { return w.pass(ctx, w.one) })
	if err != nil {
		return figure{}, err
	}
	wall := share(taken[0], taken[1], wallOf)
	known := "known"
	if w.cold {
		known = "unknown"
	}
	return figure{
		name:      fmt.Sprintf("run, %d changes in as many files of a repository that is %s, write.commits: %s", batchCount, known, w.commits),
		ours:      fmt.Sprintf("%s; %.2f of the wall of one change", medians(taken[0]), wall),
		baselines: []baseline{{"image-updater, one change", medians(taken[1]).String()}},
		promise:   fmt.Sprintf("one push, at most %d times the wall", batchShare),
		broken:    wall > batchShare,
	}, nil
}

// makeRepository makes the fleet of repository.go with two commits on top.
func (w *batch) makeRepository() error {
	var err error
	if w.repository, err = makeRepository(filepath.Join(w.dir, "fleet.git"), fleet(fewTeams)); err != nil {
		return err
	}
	stale, fresh := gittest.Files{}, gittest.Files{}
	for i := range batchCount {
		name := fmt.Sprintf("app-%03d", i)
		image := "registry.acme.example/" + repositoryPath(i)
		stale[batchFile(i)], fresh[batchFile(i)] = manifest(name, image, staleTag), manifest(name, image, newTag)
	}
	w.all = start{state: filepath.Join(w.dir, "state-all"), makes: w.made}
	w.one = start{state: filepath.Join(w.dir, "state-one"), makes: 1}
	if w.all.tip, err = w.repository.Commit(gittest.Branch, "Begin", stale); err != nil {
		return err
	}
	delete(fresh, batchFile(0))
	w.one.tip, err = w.repository.Commit(gittest.Branch, "Go on", fresh)
	return err
}

// batchFile spreads the deployments over teams and applications.
func batchFile(i int) string {
	return fmt.Sprintf("teams/team-%02d/app-%02d/web.yaml", i%fewTeams, i/fewTeams)
}

func (w *batch) writePolicies(registry, git string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "apiVersion: image-updater/v1\nregistries:\n"+
		"  - {host: registry.acme.example, endpoint: \"http://%s\", rate: {perSecond: 1000, burst: 1000}}\n"+
		"git:\n  - {name: fleet, url: \"http://%s/fleet.git\", branch: main, write: {commits: %s}}\n"+
		"defaults: {git: fleet}\npolicies:\n", registry, git, w.commits)
	for i := range batchCount {
		fmt.Fprintf(&text, "  - {name: app-%03d, image: registry.acme.example/%s, paths: [\"teams/*/*/web.yaml\"]}\n", i, repositoryPath(i))
	}
	return os.WriteFile(filepath.Join(w.dir, "policies.yaml"), []byte(text.String()), 0o644)
}

// look makes the state of a start: of a process that has listed the tags and seen the repository as it stands there. In a
// repository that nobody knows it has the lists alone.
func (w *batch) look(ctx context.Context, from start) error {
	if err := w.repository.SetTip(gittest.Branch, from.tip); err != nil {
		return err
	}
	_, _, err := command{dir: w.dir, args: []string{w.binary, "plan", "--state-dir", from.state}}.run(ctx)
	if err == nil && w.cold {
		err = os.RemoveAll(filepath.Join(from.state, "scan"))
	}
	return err
}

// pass makes a pass from a start, and makes sure that it pushed once, so many commits, and left nothing behind.
func (w *batch) pass(ctx context.Context, from start) (usage, error) {
	state := filepath.Join(w.dir, "state")
	if err := errors.Join(w.repository.SetTip(gittest.Branch, from.tip), os.RemoveAll(state), os.CopyFS(state, os.DirFS(from.state))); err != nil {
		return usage{}, err
	}
	w.server.Forget()
	u, _, err := command{dir: w.dir, args: []string{w.binary, "run", "--state-dir", state}}.run(ctx)
	if err != nil {
		return usage{}, err
	}
	if _, pushes := w.server.Count(gittest.ReceivePack); pushes != 1 {
		return usage{}, fmt.Errorf("%d pushes, want 1", pushes)
	}
	for i := range batchCount {
		text, err := w.repository.File(gittest.Branch, batchFile(i))
		if err != nil {
			return usage{}, err
		}
		if !strings.Contains(text, repositoryPath(i)+":"+newTag+" #") {
			return usage{}, fmt.Errorf("%s is not at %s", batchFile(i), newTag)
		}
	}
	made, err := w.repository.Log(from.tip + ".." + gittest.Branch)
	if err == nil && len(made) != from.makes {
		err = fmt.Errorf("%d commits, want %d", len(made), from.makes)
	}
	return u, err
}
