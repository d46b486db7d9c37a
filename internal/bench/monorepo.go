package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// The promises about a repository of 100,000 files.
const (
	coldWall  = 0.7 // of git's plumbing
	coldCPU   = 0.5
	coldRSS   = 40e6
	idleExtra = 15 * time.Millisecond // over a process that asks for the advertisement and nothing else
	warmBytes = 10_000
	warmWall  = 150 * time.Millisecond
)

const manyTeams = 100 // of 1,000 files each

// monorepo is the repository of 100,000 files with a registry that knows one image in it.
type monorepo struct {
	gitWork
	server   *gittest.Server
	registry *registrytest.Registry
	dir      string
	pushed   int // commits of somebody else
}

// benchMonorepo changes one line in a repository of 100,000 files over HTTP: by a process that knows nothing of it, by
// one that finds nothing to do, and by one that knows the repository as it stood before somebody else pushed.
func benchMonorepo(ctx context.Context, b bench) ([]figure, error) {
	m := &monorepo{gitWork: gitWork{bench: b}, dir: filepath.Join(b.scratch, "monorepo"), registry: registrytest.New(registrytest.Options{})}
	m.server = gittest.New(m.dir)
	stop, err := m.start()
	if err != nil {
		return nil, err
	}
	defer stop()
	cold, err := m.cold(ctx)
	if err != nil {
		return nil, err
	}
	kept, err := m.kept(ctx)
	return append(cold, kept...), err
}

// start makes the repository and serves it and the registry.
func (m *monorepo) start() (stop func(), err error) {
	if m.repository, err = makeRepository(filepath.Join(m.dir, "fleet.git"), fleet(manyTeams)); err != nil {
		return nil, err
	}
	gitHost, stopGit, err := serve(whole(m.server))
	if err != nil {
		return nil, err
	}
	registryHost, stopRegistry, err := serve(m.registry)
	if err != nil {
		stopGit()
		return nil, err
	}
	m.url = "http://" + gitHost + "/fleet.git"
	text := "apiVersion: image-updater/v1\n" +
		"registries:\n  - {host: registry.acme.example, endpoint: \"http://" + registryHost + "\"}\n" +
		"git:\n  - {name: fleet, url: \"" + m.url + "\", branch: main}\n" +
		"policies:\n  - {name: checkout, image: " + wantedImage + ", git: fleet, paths: [\"" + wantedPaths + "\"]}\n"
	if err := os.WriteFile(filepath.Join(m.dir, "policies.yaml"), []byte(text), 0o644); err != nil {
		return nil, err
	}
	return func() { stopGit(); stopRegistry() }, nil
}

func (m *monorepo) cold(ctx context.Context) ([]figure, error) {
	taken, err := turns(ctx, m.runs, m.ours(wantedPaths), m.script("plumbing", plumbing), m.ours(""))
	if err != nil {
		return nil, err
	}
	known, git, unknown := taken[0], taken[1], taken[2]
	ours, wall, cpu := medians(known), share(known, git, wallOf), share(known, git, cpuOf)
	const what = "set --git, one line of 100,000 files over HTTP"
	return []figure{
		{
			name: what, ours: fmt.Sprintf("%s; %.2f of the wall, %.2f of the cpu", ours, wall, cpu),
			baselines: []baseline{{"git, plumbing", medians(git).String()}},
			promise:   fmt.Sprintf("at most %.1f of the wall, %.1f of the cpu, %s", coldWall, coldCPU, megabytes(coldRSS)),
			broken:    wall > coldWall || cpu > coldCPU || ours.RSS > coldRSS,
		},
		{name: what + ", when no policy says which", ours: medians(unknown).String()},
	}, nil
}

// kept measures passes of new processes over the state of the one before.
func (m *monorepo) kept(ctx context.Context) ([]figure, error) {
	if _, err := m.update(ctx); err != nil { // the state is made here
		return nil, err
	}
	idle, err := m.idle(ctx)
	if err != nil {
		return nil, err
	}
	others, err := m.warm(ctx, "run, 100,000 files, nothing to change after a push of somebody else", m.pass)
	if err != nil {
		return nil, err
	}
	update, err := m.warm(ctx, "run, 100,000 files, one line after a push of somebody else", m.update)
	return append(idle, others, update), err
}

// idle compares a pass that finds nothing to do with one advertisement, asked for by a process that does nothing else
// and by git itself.
func (m *monorepo) idle(ctx context.Context) ([]figure, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var requests []int
	m.registry.Reset()
	taken, err := turns(ctx, turnsPerRun*m.runs,
		func(ctx context.Context, _ int) (usage, error) {
			m.server.Forget()
			u, err := m.pass(ctx)
			requests = append(requests, len(m.server.Requests()))
			return u, err
		},
		process(self, advertCommand, m.url),
		process("git", "ls-remote", m.url))
	if err != nil {
		return nil, err
	}
	extra := difference(taken[0], taken[1], wallOf)
	most := slices.Max(requests)
	return []figure{{
		name: "run, 100,000 files, nothing to change",
		ours: fmt.Sprintf("%s; %.1f ms more wall than an advertisement; %d requests of Git, %d of the registry",
			medians(taken[0]), float64(extra)/float64(time.Millisecond), most, m.registry.Counts().Total()),
		baselines: []baseline{{"net/http, advertisement", medians(taken[1]).String()}, {"git ls-remote", medians(taken[2]).String()}},
		promise:   fmt.Sprintf("at most %d ms more wall, 1 request of Git, none of the registry", idleExtra.Milliseconds()),
		broken:    extra > idleExtra || most != 1 || m.registry.Counts().Total() > 0,
	}}, nil
}

// warm measures what a pass receives after somebody else has pushed a file that the policy looks at.
func (m *monorepo) warm(ctx context.Context, name string, pass func(context.Context) (usage, error)) (figure, error) {
	var received, requests []int
	var taken []usage
	for range turnsPerRun * m.runs {
		if err := m.somebody(); err != nil {
			return figure{}, err
		}
		m.server.Forget()
		u, err := pass(ctx)
		if err != nil {
			return figure{}, err
		}
		bytes := 0
		for _, r := range m.server.Requests() {
			bytes += int(r.Out)
		}
		taken, received, requests = append(taken, u), append(received, bytes), append(requests, len(m.server.Requests()))
	}
	ours, most := medians(taken), slices.Max(received)
	return figure{
		name:    name,
		ours:    fmt.Sprintf("%s; %d bytes received at most, in %d requests of Git", ours, most, slices.Max(requests)),
		promise: fmt.Sprintf("at most %d bytes received, %d ms", warmBytes, warmWall.Milliseconds()),
		broken:  most > warmBytes || ours.Wall > warmWall,
	}, nil
}

// pass makes a pass that has nothing to do, with the state kept: the lists of tags are young.
func (m *monorepo) pass(ctx context.Context) (usage, error) {
	before, err := m.repository.Tip(gittest.Branch)
	if err != nil {
		return usage{}, err
	}
	u, err := m.run(ctx)
	if err != nil {
		return usage{}, err
	}
	after, err := m.repository.Tip(gittest.Branch)
	if err == nil && after != before {
		err = errors.New("a pass with nothing to do has committed")
	}
	return u, err
}

// update makes a pass after a new tag was pushed to the registry, which is asked whatever the age of its list.
func (m *monorepo) update(ctx context.Context) (usage, error) {
	tag := m.next()
	m.registry.Add("shop/checkout", tag)
	u, err := m.run(ctx, "--fresh")
	return u, errors.Join(err, m.expect(tag))
}

func (m *monorepo) run(ctx context.Context, flags ...string) (usage, error) {
	args := append([]string{m.binary, "run", "--state-dir", filepath.Join(m.dir, "state")}, flags...)
	u, _, err := command{dir: m.dir, args: args}.run(ctx)
	return u, err
}

// somebody pushes a change of another deployment that the policy's paths match, and of a file that they do not.
func (m *monorepo) somebody() error {
	m.pushed++
	name := fmt.Sprintf("team-07-app-%02d", 20+m.pushed%20)
	_, err := m.repository.Commit(gittest.Branch, "Release", gittest.Files{
		fmt.Sprintf("teams/team-07/app-%02d/deployment.yaml", 20+m.pushed%20):    manifest(name, "registry.acme.example/shop/"+name, fmt.Sprintf("1.6.%d", m.pushed)),
		fmt.Sprintf("teams/team-%02d/app-01/config-03.yaml", m.pushed%manyTeams): configMap(name, 3, m.pushed),
	})
	return err
}

// process is a side that runs a command as it is.
func process(args ...string) func(context.Context, int) (usage, error) {
	return func(ctx context.Context, _ int) (usage, error) {
		u, _, err := command{args: args, env: []string{"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null"}}.run(ctx)
		return u, err
	}
}

// advertCommand as first argument makes this program the least that looks where a branch stands: readAdvert.
const advertCommand = "advert"

func readAdvert(url string) error {
	resp, err := http.Get(url + "/info/refs?service=" + gittest.UploadPack)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
