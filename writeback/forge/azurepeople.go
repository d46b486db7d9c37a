package forge

import (
	"context"
	"net/http"
	"regexp"
	"strings"
)

var azureID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// RequestReview takes ids, the addresses or full names of people in the project's teams, and the names of teams. A group
// may stand in front of a team's name: "Fleet/Platform".
func (a *azureDevOps) RequestReview(ctx context.Context, p PullRequest, names []string) error {
	const doing = "asking for a review"
	ids, err := a.reviewers(ctx, doing, names)
	if err != nil {
		return err
	}
	var absent []string
	for _, name := range names {
		id := ids[strings.ToLower(name)]
		if id == "" {
			absent = append(absent, name)
			continue
		}
		if _, err := a.do(ctx, a.of(doing, http.MethodPut, p, "/reviewers/"+segment(id), map[string]any{"vote": 0}), nil); err != nil {
			return optional(err)
		}
	}
	return missing(doing, absent, nil)
}

// reviewers looks up the ids of reviewers by their names in lower case, asking for no more than it takes.
func (a *azureDevOps) reviewers(ctx context.Context, doing string, names []string) (map[string]string, error) {
	ids := map[string]string{}
	wanted := func() (open bool) {
		for _, name := range names {
			open = open || ids[strings.ToLower(name)] == ""
		}
		return open
	}
	for _, name := range names {
		if azureID.MatchString(name) {
			ids[strings.ToLower(name)] = name
		}
	}
	if !wanted() {
		return ids, nil
	}
	teams, err := a.teams(ctx, doing)
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		ids[strings.ToLower(t.Name)] = t.ID
		ids[strings.ToLower(a.project+"/"+t.Name)] = t.ID
	}
	for _, t := range teams {
		if !wanted() {
			break
		}
		var page struct {
			Value []struct {
				Identity azureUser `json:"identity"`
			} `json:"value"`
		}
		q := a.call(doing, http.MethodGet, "", "/projects/"+segment(a.project)+"/teams/"+segment(t.ID)+"/members", nil)
		if _, err := a.do(ctx, q, &page); err != nil {
			return nil, optional(err)
		}
		for _, m := range page.Value {
			ids[strings.ToLower(m.Identity.Unique)] = m.Identity.ID
			ids[strings.ToLower(m.Identity.Display)] = m.Identity.ID
		}
	}
	return ids, nil
}

type azureTeam struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (a *azureDevOps) teams(ctx context.Context, doing string) ([]azureTeam, error) {
	var page struct {
		Value []azureTeam `json:"value"`
	}
	_, err := a.do(ctx, a.call(doing, http.MethodGet, "", "/projects/"+segment(a.project)+"/teams", nil), &page)
	return page.Value, optional(err)
}
