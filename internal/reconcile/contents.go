package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
)

// Contents tells what images are made of, for pull requests. What it does not know it does not know: nothing fails for it.
type Contents interface {
	// Origin tells what a version says about where it comes from, within what the quota of the registry leaves; with free
	// set, what costs no pull. A tag whose digest is not known is looked up, unless that was done since then.
	Origin(ctx context.Context, v proposal.Target, since time.Time, free bool) (proposal.Origin, error)
	// Same reports whether the two digests of a step are known, at no pull, to be of the same images.
	Same(ctx context.Context, s proposal.Step) (bool, error)
}

// What contents may take. A pull request does without rather than wait for them.
const (
	contentsWithin = 30 * time.Second // of all groups of a Git repository
	maxReleases    = 10               // of a group
)

// seek bounds a search by what is left of the time for all of them.
func (p *pulls) seek(ctx context.Context) (_ context.Context, end func()) {
	began := p.reconciler.now()
	ctx, cancel := context.WithTimeoutCause(ctx, contentsWithin-p.sought, fmt.Errorf("contents of images are looked for no longer than %v", contentsWithin))
	return ctx, func() {
		cancel()
		p.sought += p.reconciler.now().Sub(began)
	}
}

// same tells which digests of a group are known to be of the same images as those before them.
func (p *pulls) same(ctx context.Context, g plan.Group) map[proposal.Step]bool {
	if p.reconciler.Contents == nil || p.sought >= contentsWithin {
		return nil
	}
	ctx, end := p.seek(ctx)
	defer end()
	type comparison struct {
		proposal.Step
		same bool
	}
	var compared []*comparison
	for _, step := range proposal.DigestSteps(g) {
		compared = append(compared, &comparison{Step: step})
	}
	each(compared, imagesAtOnce, func(c *comparison) {
		var err error
		if c.same, err = p.reconciler.Contents.Same(ctx, c.Step); err != nil {
			p.reconciler.log().DebugContext(ctx, "comparing digests", "repository", c.To.Image.String(), "tag", c.To.Tag, "err", err)
		}
	})
	known := map[proposal.Step]bool{}
	for _, c := range compared {
		known[c.Step] = c.same
	}
	return known
}

// links tells where the new versions of a group come from, as far as that is known within its bounds. That something is
// not known is nobody's failure.
func (p *pulls) links(ctx context.Context, g plan.Group) map[proposal.Target]proposal.Links {
	if p.reconciler.Contents == nil || p.sought >= contentsWithin {
		return nil
	}
	ctx, end := p.seek(ctx)
	defer end()
	var sought []*origins
	for i, step := range proposal.Steps(g) {
		sought = append(sought, &origins{Step: step, release: i < maxReleases})
	}
	each(sought, imagesAtOnce, func(o *origins) { o.find(ctx, p) })
	found := map[proposal.Target]proposal.Links{}
	for _, o := range sought {
		found[o.To] = o.links
	}
	return found
}

// origins is a step whose links are looked for.
type origins struct {
	proposal.Step
	release bool // look for a release, too
	links   proposal.Links
}

// find asks for the version that is to be written, and only for what is free of the one before it.
func (o *origins) find(ctx context.Context, p *pulls) {
	to := p.origin(ctx, o.To, false)
	if to == (proposal.Origin{}) {
		return
	}
	var from proposal.Origin
	if to.Revision != "" {
		from = p.origin(ctx, o.From, true)
	}
	home := p.forge.Limits().Home
	var release proposal.Release
	if repository := home.Repository(to.Source); repository != "" && o.release {
		release = p.release(ctx, p.forge, repository, o.To.ReleaseTags(to))
	}
	o.links = home.Links(o.Step, from, to, release)
}

func (p *pulls) origin(ctx context.Context, v proposal.Target, free bool) proposal.Origin {
	if v.Tag == "" {
		return proposal.Origin{}
	}
	if v.Digest == "" {
		v.Digest = p.at.lists[v.Image].Candidate(v.Tag).Digest
	}
	found, err := p.reconciler.Contents.Origin(ctx, v, p.observed.started, free)
	if err != nil {
		p.reconciler.log().DebugContext(ctx, "looking for links", "repository", v.Image.String(), "tag", v.Tag, "err", err)
	}
	return found
}

// release asks for a release by the names that it may have.
func (p *pulls) release(ctx context.Context, known Releases, repository string, tags []string) proposal.Release {
	for _, tag := range tags {
		found, err := known.Release(ctx, repository, tag)
		switch {
		case err == nil:
			return found
		case !errors.Is(err, ErrNoRelease):
			p.reconciler.log().DebugContext(ctx, "looking for release notes", "url", repository, "tag", tag, "err", err)
			return proposal.Release{}
		}
	}
	return proposal.Release{}
}
