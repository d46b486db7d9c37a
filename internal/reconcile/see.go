package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/policy"
)

// Wish is what the policies of one image have to be told of it.
type Wish struct {
	Repository image.Repository
	Listed     bool        // one of them needs the list
	Facts      image.Facts // of the tags in it
	Followed   []string    // tags that they follow
}

// WishOf returns what the policies given, which are of one image, have to be told.
func WishOf(ctx context.Context, source Source, policies []config.Policy) Wish {
	q := &question{repository: policies[0].Image}
	for _, p := range policies {
		q.add(ctx, source, p)
	}
	slices.Sort(q.followed)
	return Wish{Repository: q.repository, Listed: q.listed, Facts: q.want, Followed: slices.Compact(q.followed)}
}

// See asks the registry now for what a pass would go by: the list of tags, and what followed tags point to. Announcing the
// repository is left to whoever knows what else is asked for.
func See(ctx context.Context, source Source, w Wish) (listed, followed []policy.Candidate, err error) {
	if w.Listed {
		if listed, _, err = source.Candidates(ctx, w.Repository, w.Facts, 0); err != nil {
			return nil, nil, err
		}
	}
	for _, tag := range w.Followed {
		found, err := source.Look(ctx, w.Repository, tag, image.DigestFact, time.Time{})
		if err != nil && !errors.Is(err, ErrNoTag) { // a pass tells of a tag that is gone
			return nil, nil, err
		}
		followed = append(followed, found)
	}
	return listed, followed, nil
}

// Tip asks where the branch of a Git repository stands.
func (r *Reconciler) Tip(ctx context.Context, name string) (string, error) {
	git, err := r.Config.GitNamed(name)
	if err != nil {
		return "", err
	}
	target, err := r.Target(*git)
	if err != nil {
		return "", err
	}
	branch, err := r.Writer.Open(ctx, target)
	if err != nil {
		return "", err
	}
	tip := branch.Tip()
	if err := branch.Close(); err != nil {
		return "", fmt.Errorf("closing git %q: %w", name, err)
	}
	return tip, nil
}

// HeadOf returns the branch of our own that a policy's changes go to in a Git repository, "" for the branch itself.
func HeadOf(git config.Git, p config.Policy) string {
	t := &tree{git: git}
	if git.WriteFor(p).Mode == config.Commit {
		return ""
	}
	return proposal.BranchPrefix + t.groupKey(p)
}
