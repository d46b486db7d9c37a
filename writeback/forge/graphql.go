package forge

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// graphQLRoot is where GraphQL is spoken: beside REST, which at GitHub Enterprise Server has a version in its path.
func (g *gitHub) graphQLRoot() string { return strings.TrimSuffix(g.api, "/v3") }

// graphQL asks GitHub what its REST API does not know. Its errors come with status 200.
func (g *gitHub) graphQL(ctx context.Context, doing, query string, variables map[string]any, into any) error {
	answer := struct {
		Data   any `json:"data"`
		Errors []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"errors"`
	}{Data: into}
	q := call{
		doing: doing, method: http.MethodPost, root: g.graphQLRoot(), path: "/graphql", again: true,
		body: map[string]any{"query": query, "variables": variables},
	}
	a, err := g.ask(ctx, q)
	if err != nil {
		return err
	}
	if err := g.read(q, a, &answer); err != nil {
		return optional(err)
	}
	var words []string
	for _, e := range answer.Errors {
		if e.Type == "RATE_LIMITED" {
			return g.rateLimit(q, a, g.waitFor(a))
		}
		words = append(words, e.Message)
	}
	if len(words) == 0 {
		return nil
	}
	return &RightsError{Err: fmt.Errorf("%s: %s", doing, g.clean(strings.Join(words, "; "), a.token))}
}

// AutoMerge asks for the way to merge that the repository allows: a merge commit rather than a squash rather than a
// rebase.
func (g *gitHub) AutoMerge(ctx context.Context, p PullRequest) error {
	const doing = "asking for the merge"
	var data struct {
		Repository struct {
			Merge       bool `json:"mergeCommitAllowed"`
			Squash      bool `json:"squashMergeAllowed"`
			Rebase      bool `json:"rebaseMergeAllowed"`
			PullRequest struct {
				ID   string `json:"id"`
				Auto *struct {
					EnabledAt string `json:"enabledAt"`
				} `json:"autoMergeRequest"`
			} `json:"pullRequest"`
		} `json:"repository"`
	}
	err := g.graphQL(ctx, doing, `query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed
    pullRequest(number: $number) { id autoMergeRequest { enabledAt } }
  }
}`, map[string]any{"owner": g.owner, "name": g.name, "number": p.Number}, &data)
	if err != nil {
		return err
	}
	r := data.Repository
	if r.PullRequest.Auto != nil {
		return nil
	}
	methods := []string{"MERGE", "SQUASH", "REBASE"}
	allowed := []bool{r.Merge, r.Squash, r.Rebase}
	method := methods[max(slices.Index(allowed, true), 0)]
	return g.graphQL(ctx, doing, `mutation($id: ID!, $method: PullRequestMergeMethod!) {
  enablePullRequestAutoMerge(input: {pullRequestId: $id, mergeMethod: $method}) { clientMutationId }
}`, map[string]any{"id": r.PullRequest.ID, "method": method}, nil)
}
