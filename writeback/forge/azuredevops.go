package forge

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// azureDevOps speaks to Azure DevOps Services and Server. It has no assignees. To close is to abandon there.
type azureDevOps struct {
	*requester
	project, name string
	version       string // of the API
}

func newAzureDevOps(c *requester) *azureDevOps {
	a := &azureDevOps{requester: c, project: c.path[0], name: c.path[1], version: "7.0"} // that of Server 2022
	if host := c.web.Hostname(); host == "dev.azure.com" || strings.HasSuffix(host, ".visualstudio.com") {
		a.version = "7.1"
	}
	return a
}

func (a *azureDevOps) Limits() Limits {
	return Limits{
		Title: 400, Body: 4000, Comment: 150_000,
		Drafts: true, Labels: true, Reviewers: true, AutoMerge: true,
		Markdown: Markdown{Tables: true, Hidden: HTMLComment, Linked: "@#!"},
	}
}

type azureUser struct {
	ID      string `json:"id"`
	Unique  string `json:"uniqueName"` // the address of the account
	Display string `json:"displayName"`
}

type azurePull struct {
	ID          int    `json:"pullRequestId"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Status      string `json:"status"` // active, abandoned, completed
	Draft       bool   `json:"isDraft"`
	Source      string `json:"sourceRefName"`
	Target      string `json:"targetRefName"`
	Tip         struct {
		ID string `json:"commitId"`
	} `json:"lastMergeSourceCommit"`
	Merge struct {
		ID string `json:"commitId"`
	} `json:"lastMergeCommit"`
	Fork      *struct{}   `json:"forkSource"`
	CreatedBy azureUser   `json:"createdBy"`
	ClosedBy  azureUser   `json:"closedBy"`
	Reviewers []azureUser `json:"reviewers"`
	Labels    []struct {
		Name string `json:"name"`
	} `json:"labels"`
	Created stamp `json:"creationDate"`
	Closed  stamp `json:"closedDate"`
}

func (a *azureDevOps) pullRequest(p azurePull) PullRequest {
	r := PullRequest{
		Number: p.ID, URL: a.page(a.project, "_git", a.name, "pullrequest", strconv.Itoa(p.ID)), Title: p.Title, Body: p.Description,
		Head: strings.TrimPrefix(p.Source, "refs/heads/"), Base: strings.TrimPrefix(p.Target, "refs/heads/"), HeadTip: p.Tip.ID,
		State: Open, Draft: p.Draft, Author: p.CreatedBy.Unique, Created: p.Created.Time, Closed: p.Closed.Time, ClosedBy: p.ClosedBy.Unique,
	}
	for _, l := range p.Labels {
		r.Labels = append(r.Labels, l.Name)
	}
	switch p.Status {
	case "abandoned":
		r.State = Closed
	case "completed":
		r.State, r.MergeCommit = Merged, p.Merge.ID
	}
	return r
}

// call is one to a project's API, or with an empty project to that of the organization.
func (a *azureDevOps) call(doing, method, project, path string, body any) call {
	q := call{doing: doing, method: method, path: "/_apis" + path, body: body, query: url.Values{"api-version": {a.version}}}
	if project != "" {
		q.path = "/" + segment(project) + q.path
	}
	q.again = method == http.MethodPatch || method == http.MethodPut
	return q
}

func (a *azureDevOps) pulls(doing, method, path string, body any) call {
	return a.call(doing, method, a.project, "/git/repositories/"+segment(a.name)+"/pullrequests"+path, body)
}

func (a *azureDevOps) of(doing, method string, p PullRequest, path string, body any) call {
	return a.pulls(doing, method, fmt.Sprintf("/%d%s", p.Number, path), body)
}

// azureList walks a list, whose pages tell nothing about the next.
func azureList[T any](ctx context.Context, a *azureDevOps, q call, size int) iter.Seq2[T, error] {
	q.query.Set("$top", strconv.Itoa(size))
	skipped := 0
	return walk(q.doing, q.query, func(query url.Values) ([]T, url.Values, error) {
		var page struct {
			Value []T `json:"value"`
		}
		q.query = query
		if _, err := a.do(ctx, q, &page); err != nil || len(page.Value) < size {
			return page.Value, nil, err
		}
		skipped += len(page.Value)
		return page.Value, nextQuery("?$skip="+strconv.Itoa(skipped), query), nil
	})
}

// azureShortened is the length to which lists shorten descriptions.
const azureShortened = 400

// Find asks for those again whose description is shortened.
func (a *azureDevOps) Find(ctx context.Context, head, base string) ([]PullRequest, error) {
	q := a.pulls("looking for pull requests", http.MethodGet, "", nil)
	q.query.Set("searchCriteria.sourceRefName", "refs/heads/"+head)
	q.query.Set("searchCriteria.status", "all")
	q.query.Set("$top", "50")
	if base != "" {
		q.query.Set("searchCriteria.targetRefName", "refs/heads/"+base)
	}
	var page struct {
		Value []azurePull `json:"value"`
	}
	if _, err := a.do(ctx, q, &page); err != nil {
		return nil, err
	}
	var found []PullRequest
	for _, p := range page.Value {
		if r := a.pullRequest(p); p.Fork == nil && r.Head == head && (base == "" || r.Base == base) {
			found = append(found, r)
		}
	}
	found = sortFound(found)
	for i, p := range found {
		if len(p.Body) < azureShortened {
			continue
		}
		whole, err := a.single(ctx, q.doing, p)
		if err != nil {
			return nil, err
		}
		found[i] = a.pullRequest(whole)
	}
	return found, nil
}

func (a *azureDevOps) Opened(ctx context.Context, prefix string) ([]PullRequest, error) {
	q := a.pulls("listing pull requests", http.MethodGet, "", nil)
	q.query.Set("searchCriteria.status", "active")
	return gatherOpened(q.doing, azureList[azurePull](ctx, a, q, 100), func(p azurePull) (PullRequest, bool) {
		r := a.pullRequest(p)
		return r, p.Fork == nil && strings.HasPrefix(r.Head, prefix)
	})
}

func (a *azureDevOps) Create(ctx context.Context, p Proposal) (PullRequest, error) {
	return create(ctx, p, a.Find, func(p Proposal) (PullRequest, error) {
		var got azurePull
		_, err := a.do(ctx, a.pulls("opening a pull request", http.MethodPost, "", map[string]any{
			"title": p.Title, "description": p.Body, "sourceRefName": "refs/heads/" + p.Head, "targetRefName": "refs/heads/" + p.Base,
			"isDraft": p.Draft,
		}), &got)
		return a.pullRequest(got), err
	})
}

func (a *azureDevOps) single(ctx context.Context, doing string, p PullRequest) (azurePull, error) {
	var got azurePull
	_, err := a.do(ctx, a.of(doing, http.MethodGet, p, "", nil), &got)
	return got, err
}

func (a *azureDevOps) patch(ctx context.Context, doing string, p PullRequest, change map[string]any) (PullRequest, error) {
	var got azurePull
	_, err := a.do(ctx, a.of(doing, http.MethodPatch, p, "", change), &got)
	return a.pullRequest(got), err
}

func (a *azureDevOps) Update(ctx context.Context, p PullRequest, title, body string) (PullRequest, error) {
	return a.patch(ctx, "updating a pull request", p, map[string]any{"title": title, "description": body})
}

func (a *azureDevOps) Close(ctx context.Context, p PullRequest) error {
	const doing = "abandoning a pull request"
	return closeUnlessClosed(func() error {
		_, err := a.patch(ctx, doing, p, map[string]any{"status": "abandoned"})
		return err
	}, func() (PullRequest, error) {
		got, err := a.single(ctx, doing, p)
		return a.pullRequest(got), err
	})
}

func (a *azureDevOps) Comments(ctx context.Context, p PullRequest) ([]Comment, error) {
	var page struct {
		Value []struct {
			Deleted  bool      `json:"isDeleted"`
			File     *struct{} `json:"threadContext"`
			Comments []struct {
				Content   string    `json:"content"`
				Type      string    `json:"commentType"` // "system" where the forge itself speaks
				Deleted   bool      `json:"isDeleted"`
				Author    azureUser `json:"author"`
				Published stamp     `json:"publishedDate"`
			} `json:"comments"`
		} `json:"value"`
	}
	if _, err := a.do(ctx, a.of("reading comments", http.MethodGet, p, "/threads", nil), &page); err != nil {
		return nil, optional(err)
	}
	var all []Comment
	for _, thread := range page.Value {
		for _, c := range thread.Comments {
			if !thread.Deleted && thread.File == nil && !c.Deleted && c.Type != "system" {
				all = append(all, Comment{Author: c.Author.Unique, Body: c.Content, Created: c.Published.Time})
			}
		}
	}
	slices.SortStableFunc(all, func(x, y Comment) int { return x.Created.Compare(y.Created) })
	return all[max(len(all)-maxComments, 0):], nil
}

// Comment opens a thread that is closed from the start: one that is not may keep people from merging.
func (a *azureDevOps) Comment(ctx context.Context, p PullRequest, text string) error {
	_, err := a.do(ctx, a.of("commenting", http.MethodPost, p, "/threads", map[string]any{
		"comments": []map[string]any{{"parentCommentId": 0, "content": text, "commentType": "text"}}, "status": "closed",
	}), nil)
	return optional(err)
}

func (a *azureDevOps) AddLabels(ctx context.Context, p PullRequest, names []string) error {
	for _, name := range names {
		q := a.of("adding a label", http.MethodPost, p, "/labels", map[string]string{"name": name})
		q.again = true
		if _, err := a.do(ctx, q, nil); err != nil {
			return optional(err)
		}
	}
	return nil
}

func (a *azureDevOps) RemoveLabel(ctx context.Context, p PullRequest, name string) error {
	q := a.of("removing a label", http.MethodDelete, p, "/labels/"+segment(name), nil)
	q.again = true
	_, err := a.do(ctx, q, nil)
	if status(err) == http.StatusNotFound {
		return nil
	}
	return optional(err)
}

func (a *azureDevOps) Assign(context.Context, PullRequest, []string) error { return ErrUnsupported }

// AutoMerge is what Azure DevOps calls auto-complete. It is set in the name of who opened the pull request.
func (a *azureDevOps) AutoMerge(ctx context.Context, p PullRequest) error {
	const doing = "asking for the merge"
	whole, err := a.single(ctx, doing, p)
	if err != nil {
		return optional(err)
	}
	_, err = a.patch(ctx, doing, p, map[string]any{
		"autoCompleteSetBy": map[string]string{"id": whole.CreatedBy.ID},
		"completionOptions": map[string]any{"deleteSourceBranch": true},
	})
	return optional(err)
}
