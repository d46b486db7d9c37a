package forge

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// AddLabels adds by id: by name Gitea passes over those that it does not know.
func (g *gitea) AddLabels(ctx context.Context, p PullRequest, names []string) error {
	const doing = "adding labels"
	known, err := g.labels(ctx, doing)
	if err != nil {
		return optional(err)
	}
	ids := []int{}
	for _, name := range names {
		id, found := known[strings.ToLower(name)]
		if !found {
			var made giteaLabel
			_, err := g.do(ctx, g.call("making a label", http.MethodPost, "/labels", map[string]string{"name": name, "color": "#ededed"}), &made)
			if err != nil {
				return optional(err)
			}
			id = made.ID
		}
		ids = append(ids, id)
	}
	q := g.of(doing, http.MethodPost, "issues", p, "/labels", map[string]any{"labels": ids})
	q.again = true
	_, err = g.do(ctx, q, nil)
	return optional(err)
}

// labels returns the ids of the labels of the repository and of its organization, by name in lower case.
func (g *gitea) labels(ctx context.Context, doing string) (map[string]int, error) {
	ids := map[string]int{}
	ofOwner := call{doing: doing, method: http.MethodGet, path: "/orgs/" + segment(g.owner) + "/labels"}
	for _, q := range []call{ofOwner, g.call(doing, http.MethodGet, "/labels", nil)} {
		for label, err := range giteaList[giteaLabel](ctx, g, q) {
			if err != nil {
				if q.path == ofOwner.path && unlessDeclined(err) == nil {
					break // the owner is a person, who has no labels
				}
				return nil, err
			}
			ids[strings.ToLower(label.Name)] = label.ID
		}
	}
	return ids, nil
}

func (g *gitea) RemoveLabel(ctx context.Context, p PullRequest, name string) error {
	const doing = "removing a label"
	q := g.of(doing, http.MethodGet, "issues", p, "/labels", nil)
	var labels []giteaLabel
	if _, err := g.do(ctx, q, &labels); err != nil {
		return optional(err)
	}
	for _, l := range labels {
		if strings.EqualFold(l.Name, name) {
			q.method, q.path, q.again = http.MethodDelete, q.path+"/"+strconv.Itoa(l.ID), true
			_, err := g.do(ctx, q, nil)
			return optional(err)
		}
	}
	return nil
}
