package reconcile

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
)

// Written is one change as the commit that made it tells.
type Written struct {
	When     time.Time
	Git      string
	Branch   string
	Commit   string
	Author   string   // the name
	Policies []string // the one behind it, or those that may be; none where the command set wrote what no policy governs
	plan.Trailer
}

// Policy names the policy behind the change. Where the commit does not tell which of several it was it names them all.
func (w Written) Policy() string { return strings.Join(w.Policies, ", ") }

// History is what was written to Git repositories.
type History struct {
	Written []Written // the latest first
	Cut     []string  // Git repositories with older commits, which were not looked at
	Errors  []Problem
}

// maxHistory is how many commits, one behind the other, are looked through for a history.
const maxHistory = 10_000

// History reads what was written to the Git repository of that name, or to all for "": to the branch, and to the branches
// of our own what is not merged. It reads commits alone, and asks no registry.
func (r *Reconciler) History(ctx context.Context, git string) History {
	var trees []*tree
	for _, g := range r.Config.Git {
		if git == "" || git == g.Name {
			trees = append(trees, &tree{reconciler: r, index: len(trees), git: g, policies: r.writingTo(g, "")})
		}
	}
	parts := make([]History, len(trees))
	r.each("reading Git", trees, func(t *tree) { parts[t.index] = t.history(ctx) })
	var all History
	for _, part := range parts {
		all.Written = append(all.Written, part.Written...)
		all.Cut = append(all.Cut, part.Cut...)
		all.Errors = append(all.Errors, part.Errors...)
	}
	slices.SortStableFunc(all.Written, func(a, b Written) int { return b.When.Compare(a.When) })
	return all
}

func (t *tree) history(ctx context.Context) History {
	var h History
	target, err := t.reconciler.Target(t.git)
	if err != nil {
		return History{Errors: []Problem{{Git: t.git.Name, Err: err}}}
	}
	log, err := t.reconciler.Writer.History(ctx, target, t.ownBranches(), maxHistory)
	if err != nil {
		return History{Errors: []Problem{{Git: t.git.Name, Err: err}}}
	}
	if log.Cut {
		h.Cut = []string{t.git.Name}
	}
	for _, c := range log.Commits {
		for _, change := range plan.ParseChanges(c.Message) {
			h.Written = append(h.Written, Written{When: c.When, Git: t.git.Name, Branch: c.Branch, Commit: c.ID, Author: c.Author,
				Policies: t.behindChange(change), Trailer: change.Trailer})
		}
	}
	return h
}

// ownBranches returns the branches that the policies are written to, beside the branch itself.
func (t *tree) ownBranches() []string {
	var names []string
	for _, p := range t.policies {
		if mode := t.git.WriteFor(p).Mode; mode == config.Branch || mode == config.PullRequest {
			names = append(names, proposal.BranchPrefix+t.groupKey(p))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// behindChange narrows the policies that may be behind a change down to those of its image, as the policy file has them now.
func (t *tree) behindChange(change plan.Told) []string {
	var of []string
	for _, p := range t.reconciler.Config.Policies {
		if p.Image == change.Image && slices.Contains(change.Policies, p.Name) {
			of = append(of, p.Name)
		}
	}
	if len(of) == 0 {
		return change.Policies
	}
	return of
}

// JSON returns the history in the stable form of history -o json. Lists are never null.
func (h History) JSON() any {
	type written struct {
		Time       time.Time `json:"time"`
		Policy     string    `json:"policy"`
		Git        string    `json:"git"`
		Branch     string    `json:"branch"`
		File       string    `json:"file"`
		Image      string    `json:"image"`
		From       string    `json:"from"`
		To         string    `json:"to"`
		FromDigest string    `json:"fromDigest,omitempty"`
		ToDigest   string    `json:"toDigest,omitempty"`
		Commit     string    `json:"commit"`
		Author     string    `json:"author"`
	}
	type problem struct {
		Git   string `json:"git"`
		Error string `json:"error"`
	}
	out := struct {
		History []written `json:"history"`
		Errors  []problem `json:"errors"`
	}{make([]written, len(h.Written)), make([]problem, len(h.Errors))}
	for i, w := range h.Written {
		out.History[i] = written{
			Time: w.When, Policy: w.Policy(), Git: w.Git, Branch: w.Branch, File: w.Path, Image: w.Image.String(), From: w.From, To: w.To,
			FromDigest: w.FromDigest.String(), ToDigest: w.ToDigest.String(), Commit: w.Commit, Author: w.Author,
		}
	}
	for i, p := range h.Errors {
		out.Errors[i] = problem{Git: p.Git, Error: p.Err.Error()}
	}
	return out
}
