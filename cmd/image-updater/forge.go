package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/writeback/forge"
)

// forges opens the forges of Git repositories, which share what is kept of their pauses.
func (a *app) forges(kept *cache.Cache) func(config.Git) (reconcile.Forge, error) {
	pauses := forgePauses{cache: kept, now: a.now, log: a.logger()}
	return func(g config.Git) (reconcile.Forge, error) { return a.openForge(g, pauses) }
}

// openForge resolves what the policy file says of the forge of a Git repository. A token is read when it is needed: where
// nothing has happened nothing is asked.
func (a *app) openForge(g config.Git, pauses forge.Pauses) (reconcile.Forge, error) {
	o := forge.Options{
		Remote: g.URL, Kind: forge.Kind(g.Forge.Kind), URL: g.Forge.URL,
		Proxy: http.ProxyFromEnvironment, Within: reconcile.ForgeWithin, Pauses: pauses, Now: a.now, Log: a.logger(),
	}
	var err error
	if o.RootCAs, o.Certificate, err = gitCertificates(g).read(); err != nil {
		return nil, err
	}
	switch {
	case g.Forge.TokenEnv != "":
		o.Token = a.tokenOf("forge.tokenEnv", g.Forge.TokenEnv, "", g)
	case g.Forge.TokenFile != "":
		o.Token = a.tokenOf("forge.tokenFile", "", g.Forge.TokenFile, g)
	case g.Auth.GitHubApp != config.GitHubApp{}:
		auth, err := a.appAuth(g)
		if err != nil {
			return nil, err
		}
		o.Token, o.Refused = auth.Token, auth.Refused
	case g.Auth.TokenEnv != "":
		o.Token, o.Username = a.tokenOf("auth.tokenEnv", g.Auth.TokenEnv, "", g), g.Auth.Username
	default:
		o.Token, o.Username = a.tokenOf("auth.tokenFile", "", g.Auth.TokenFile, g), g.Auth.Username
	}
	f, err := forge.New(o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.Forge.Position, err)
	}
	return &forgeOf{client: f, seen: map[int]forge.PullRequest{}}, nil
}

func (a *app) tokenOf(key, env, file string, g config.Git) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return a.secretText(key, env, file, g.Position) }
}

// checkForges refuses a Git repository with pull requests on what is no forge, or none that is known.
func checkForges(c *config.Config) error {
	var faults config.Errors
	for _, g := range c.Git {
		if !g.Proposes(c.Policies) {
			continue
		}
		if _, err := forge.New(forge.Options{Remote: g.URL, Kind: forge.Kind(g.Forge.Kind), URL: g.Forge.URL}); err != nil {
			at := g.Forge.Position
			faults = append(faults, &config.Error{File: at.File, Line: at.Line, Column: at.Column,
				Message: fmt.Sprintf("git %q: write.mode: pull-request: %v", g.Name, err)})
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}

// forgeOf joins a client of a forge to what a pass asks for, which knows pull requests by their numbers.
type forgeOf struct {
	client forge.Forge

	mu   sync.Mutex // guards seen
	seen map[int]forge.PullRequest
}

// pages are those of the forges that are known to have such.
var pages = map[forge.Kind]proposal.Pages{
	forge.GitHub: proposal.GitHubPages, forge.GitLab: proposal.GitLabPages, forge.Gitea: proposal.GiteaPages, forge.Forgejo: proposal.GiteaPages,
}

func (f *forgeOf) Limits() proposal.Limits {
	l, home := f.client.Limits(), f.client.Home()
	return proposal.Limits{
		Title: l.Title, Body: l.Body, Comment: l.Comment,
		Labels: l.Labels, Reviewers: l.Reviewers, Assignees: l.Assignees, Drafts: l.Drafts, AutoMerge: l.AutoMerge,
		Home:    proposal.Home{Host: home.Host, Pages: pages[home.Kind]},
		Details: l.Markdown.Details, Definition: l.Markdown.Hidden == forge.LinkDefinition, Commands: l.Markdown.Commands,
	}
}

func (f *forgeOf) Find(ctx context.Context, head string) ([]proposal.Pull, error) {
	return f.learn(f.client.Find(ctx, head, ""))
}

func (f *forgeOf) Opened(ctx context.Context, prefix string) ([]proposal.Pull, error) {
	return f.learn(f.client.Opened(ctx, prefix))
}

func (f *forgeOf) Create(ctx context.Context, p reconcile.NewPull) (proposal.Pull, error) {
	created, err := f.client.Create(ctx, forge.Proposal{Title: p.Title, Body: p.Body, Head: p.Head, Base: p.Base, Draft: p.Draft})
	if err != nil {
		return proposal.Pull{}, outOfTime(err)
	}
	return f.keep(created), nil
}

func (f *forgeOf) Update(ctx context.Context, number int, title, body string) error {
	return f.on(number, func(p forge.PullRequest) error {
		updated, err := f.client.Update(ctx, p, title, body)
		if err == nil {
			f.keep(updated)
		}
		return err
	})
}

func (f *forgeOf) Close(ctx context.Context, number int) error {
	return f.on(number, func(p forge.PullRequest) error { return f.client.Close(ctx, p) })
}

func (f *forgeOf) Comments(ctx context.Context, number int) (texts []string, err error) {
	err = f.optional(number, func(p forge.PullRequest) error {
		comments, err := f.client.Comments(ctx, p)
		for _, c := range comments {
			texts = append(texts, c.Body)
		}
		return err
	})
	return texts, err
}

func (f *forgeOf) Release(ctx context.Context, repository, tag string) (proposal.Release, error) {
	found, err := f.client.Release(ctx, repository, tag)
	if errors.Is(err, forge.ErrNoRelease) {
		err = reconcile.ErrNoRelease
	}
	return proposal.Release(found), err
}

func (f *forgeOf) Comment(ctx context.Context, number int, text string) error {
	return f.optional(number, func(p forge.PullRequest) error { return f.client.Comment(ctx, p, text) })
}

func (f *forgeOf) AddLabels(ctx context.Context, number int, names []string) error {
	return f.optional(number, func(p forge.PullRequest) error { return f.client.AddLabels(ctx, p, names) })
}

func (f *forgeOf) RemoveLabel(ctx context.Context, number int, name string) error {
	return f.optional(number, func(p forge.PullRequest) error { return f.client.RemoveLabel(ctx, p, name) })
}

func (f *forgeOf) RequestReview(ctx context.Context, number int, names []string) error {
	return f.optional(number, func(p forge.PullRequest) error { return f.client.RequestReview(ctx, p, names) })
}

func (f *forgeOf) Assign(ctx context.Context, number int, names []string) error {
	return f.optional(number, func(p forge.PullRequest) error { return f.client.Assign(ctx, p, names) })
}

func (f *forgeOf) AutoMerge(ctx context.Context, number int) error {
	return f.optional(number, func(p forge.PullRequest) error { return f.client.AutoMerge(ctx, p) })
}

func (f *forgeOf) CloseIdleConnections() { f.client.CloseIdleConnections() }

// optional is on for what a pull request can be without.
func (f *forgeOf) optional(number int, do func(forge.PullRequest) error) error {
	err := f.on(number, do)
	if _, rights := errors.AsType[*forge.RightsError](err); rights || errors.Is(err, forge.ErrUnsupported) {
		return fmt.Errorf("%w: %w", reconcile.ErrDeclined, err)
	}
	return err
}

// on does something with a pull request that was seen before.
func (f *forgeOf) on(number int, do func(forge.PullRequest) error) error {
	f.mu.Lock()
	p, known := f.seen[number]
	f.mu.Unlock()
	if !known {
		return fmt.Errorf("pull request %d was not looked up", number)
	}
	return outOfTime(do(p))
}

// outOfTime says in the words of a pass that the forge has taken all the time it has.
func outOfTime(err error) error {
	if errors.Is(err, forge.ErrTimeSpent) {
		return fmt.Errorf("%w: %w", reconcile.ErrForgeTime, err)
	}
	return err
}

func (f *forgeOf) learn(found []forge.PullRequest, err error) ([]proposal.Pull, error) {
	pulls := make([]proposal.Pull, len(found))
	for i, p := range found {
		pulls[i] = f.keep(p)
	}
	return pulls, outOfTime(err)
}

// keep remembers a pull request by its number.
func (f *forgeOf) keep(p forge.PullRequest) proposal.Pull {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen[p.Number] = p
	return proposal.Pull{
		Number: p.Number, URL: p.URL, Title: p.Title, Body: p.Body, Head: p.Head, Base: p.Base, HeadTip: p.HeadTip,
		Status: proposal.Status(p.State), Labels: p.Labels, Created: p.Created, ClosedBy: p.ClosedBy,
	}
}
