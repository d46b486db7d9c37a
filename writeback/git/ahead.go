package git

import (
	"context"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// maxApart is how many commits of a branch and its base are looked through, one behind the other, to find where they part.
const maxApart = 1000

// Ahead is what a branch has that another, its base, has not.
type Ahead struct {
	// Commits are the latest first, as far as they lead from the tip of the branch to commits of the base.
	Commits []Logged
	// Cut says that there are more than were fetched.
	Cut  bool
	tree *Tree
}

// Lookup returns the entry at one of the paths that were asked for, at the branch's tip.
func (a *Ahead) Lookup(path string) (Entry, bool) {
	if a.tree == nil {
		return Entry{}, false
	}
	return a.tree.Lookup(path)
}

// Ahead compares the branch that stands at tip with the base, at the files of paths.
func (r *Remote) Ahead(ctx context.Context, tip Hash, base *Tree, paths []string) (*Ahead, error) {
	ctx, cancel := r.bound(ctx)
	defer cancel()
	a, err := r.ahead(ctx, tip, base, paths)
	if err != nil {
		return nil, explain(ctx, fmt.Sprintf("fetching %s of %s", tip, r.shown), err)
	}
	return a, nil
}

func (r *Remote) ahead(ctx context.Context, tip Hash, base *Tree, paths []string) (*Ahead, error) {
	if adv, err := r.capabilities(ctx); err != nil || !adv.negotiates() {
		return r.aheadApart(ctx, tip, base)
	}
	p, err := r.download(ctx, download{
		wants: []Hash{tip}, have: base.tip, depth: maxHistory, filter: packp.FilterBlobNone(), limits: wholeLimits,
	})
	if err != nil {
		return nil, err
	}
	s := newStore()
	s.under = base.store
	if _, err := s.add(p); err != nil {
		return nil, err
	}
	a := &Ahead{}
	if c := s.commits[tip]; c != nil {
		a.tree = &Tree{remote: r, store: s, tip: tip, root: c.tree}
		if err := a.tree.reach(ctx, paths); err != nil {
			return nil, err
		}
	}
	// The server leaves out what the base has, so what came is what is ahead.
	s.log(tip, func(c *commit) bool {
		a.Commits = append(a.Commits, newLogged(c))
		return true
	})
	a.Cut = len(a.Commits) >= maxHistory
	return a, nil
}

// aheadApart compares a branch with the base where the server is told of nothing that we have: by the commits of both,
// and the trees of the branch.
func (r *Remote) aheadApart(ctx context.Context, tip Hash, base *Tree) (*Ahead, error) {
	log, err := r.Log(ctx, []Hash{tip, base.tip}, maxApart, Hash{})
	if err != nil {
		return nil, err
	}
	a := &Ahead{}
	a.Commits, a.Cut = log.Back(tip, base.tip)
	a.tree, err = r.fetch(ctx, tip, nil, nil)
	return a, err
}
