package forge

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

func (g *gitea) RequestReview(ctx context.Context, p PullRequest, names []string) error {
	people, teams := []string{}, []string{}
	for _, n := range names {
		if _, team, is := strings.Cut(n, "/"); is {
			teams = append(teams, team)
		} else {
			people = append(people, n)
		}
	}
	q := g.of("asking for a review", http.MethodPost, "pulls", p, "/requested_reviewers",
		map[string][]string{"reviewers": people, "team_reviewers": teams})
	q.again = true
	_, err := g.do(ctx, q, nil)
	return optional(err)
}

func (g *gitea) Assign(ctx context.Context, p PullRequest, names []string) error {
	const doing = "assigning"
	before, err := g.single(ctx, doing, p)
	if err != nil {
		return optional(err)
	}
	all := logins(before.Assignees)
	for _, n := range names {
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	after, err := g.patch(ctx, doing, p, map[string]any{"assignees": all}) // it replaces those who were
	if err != nil {
		return optional(err)
	}
	return missing(doing, names, logins(after.Assignees))
}

func logins(users []giteaUser) []string {
	var names []string
	for _, u := range users {
		names = append(names, u.Login)
	}
	return names
}

// AutoMerge asks in the way of merging that the repository has as its default. Right after a pull request was opened
// Gitea has not found out yet whether it can be merged, and answers 405.
func (g *gitea) AutoMerge(ctx context.Context, p PullRequest) error {
	const doing = "asking for the merge"
	var repository struct {
		Style string `json:"default_merge_style"`
	}
	if _, err := g.do(ctx, g.call(doing, http.MethodGet, "", nil), &repository); err != nil {
		return optional(err)
	}
	if repository.Style == "" {
		repository.Style = "merge"
	}
	q := g.of(doing, http.MethodPost, "pulls", p, "/merge", map[string]any{"Do": repository.Style, "merge_when_checks_succeed": true})
	for try := 1; ; try++ {
		_, err := g.do(ctx, q, nil)
		if status(err) == http.StatusConflict { // it was asked for already, or there is a conflict
			if now, readErr := g.single(ctx, doing, p); readErr == nil && now.HasMerged || strings.Contains(err.Error(), "already scheduled") {
				return nil
			}
		}
		if status(err) != http.StatusMethodNotAllowed || try == autoMergeTries {
			return optional(err)
		}
		if err := sleep(ctx, autoMergePause<<(try-1)); err != nil {
			return err
		}
	}
}
