package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (g *gitLab) RequestReview(ctx context.Context, p PullRequest, names []string) error {
	return g.choose(ctx, "asking for a review", p, names, "reviewer_ids", func(m gitLabMerge) []gitLabUser { return m.Reviewers })
}

func (g *gitLab) Assign(ctx context.Context, p PullRequest, names []string) error {
	return g.choose(ctx, "assigning", p, names, "assignee_ids", func(m gitLabMerge) []gitLabUser { return m.Assignees })
}

// choose adds people to those who were chosen already: GitLab wants the whole list, of ids.
func (g *gitLab) choose(ctx context.Context, doing string, p PullRequest, names []string, field string, chosen func(gitLabMerge) []gitLabUser) error {
	before, err := g.single(ctx, doing, p)
	if err != nil {
		return optional(err)
	}
	var ids []int
	for _, u := range chosen(before) {
		ids = append(ids, u.ID)
	}
	for _, name := range names {
		id, err := g.userID(ctx, doing, name)
		if err != nil {
			return err
		}
		if id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	after, err := g.put(ctx, doing, p, map[string]any{field: ids})
	if err != nil {
		return optional(err)
	}
	var there []string
	for _, u := range chosen(after) {
		there = append(there, u.Username)
	}
	return missing(doing, names, there)
}

// userID looks somebody up, 0 if there is nobody of that name.
func (g *gitLab) userID(ctx context.Context, doing, name string) (int, error) {
	var users []gitLabUser
	_, err := g.do(ctx, call{doing: doing, method: http.MethodGet, path: "/users", query: url.Values{"username": {name}}}, &users)
	if err != nil {
		return 0, optional(err)
	}
	for _, u := range users {
		if strings.EqualFold(u.Username, name) {
			return u.ID, nil
		}
	}
	return 0, nil
}

const (
	// autoMergeTries and autoMergePause bound the waiting for a forge to find out whether something that was just opened can
	// be merged, before which it does not take the wish.
	autoMergeTries = 5
	autoMergePause = time.Second
)

// AutoMerge waits until GitLab has made the pipeline that is to be waited for: without one it would merge at once, or
// refuse.
func (g *gitLab) AutoMerge(ctx context.Context, p PullRequest) error {
	const doing = "asking for the merge"
	var m gitLabMerge
	for try := range autoMergeTries {
		if try > 0 {
			if err := sleep(ctx, autoMergePause<<(try-1)); err != nil {
				return err
			}
		}
		var err error
		if m, err = g.single(ctx, doing, p); err != nil {
			return optional(err)
		}
		if m.Pipeline != nil && !slices.Contains([]string{"preparing", "unchecked", "checking"}, m.Mergeable) {
			break
		}
	}
	if m.Pipeline == nil {
		return &RightsError{Err: fmt.Errorf("%s: GitLab has no pipeline to wait for", doing)}
	}
	q := g.merge(doing, http.MethodPut, p, "/merge", map[string]any{
		"auto_merge": true, "merge_when_pipeline_succeeds": true, "sha": m.SHA, // the second is the word of versions before 17.11
	})
	_, err := g.do(ctx, q, nil)
	return optional(err)
}
