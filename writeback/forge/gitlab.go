package forge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// gitLab speaks to GitLab by version 4 of its REST API. Pull requests are merge requests there.
type gitLab struct{ *requester }

func newGitLab(c *requester) *gitLab { return &gitLab{requester: c} }

func (g *gitLab) Limits() Limits {
	return Limits{
		Title: 255 - len("Draft: "), Body: 1_000_000, Comment: 1_000_000,
		Drafts: true, Labels: true, Reviewers: true, Assignees: true, AutoMerge: true,
		Markdown: Markdown{Tables: true, Details: true, Hidden: HTMLComment, Linked: "@#!&~%$", Commands: true},
	}
}

type gitLabUser struct {
	ID       int    `json:"id"`
	Username string `json:"username"`
}

type gitLabMerge struct {
	IID       int          `json:"iid"`
	WebURL    string       `json:"web_url"`
	Title     string       `json:"title"`
	Body      string       `json:"description"`
	Head      string       `json:"source_branch"`
	Base      string       `json:"target_branch"`
	From      int          `json:"source_project_id"`
	To        int          `json:"target_project_id"`
	SHA       string       `json:"sha"`
	State     string       `json:"state"`
	Draft     bool         `json:"draft"`
	Labels    []string     `json:"labels"`
	Author    gitLabUser   `json:"author"`
	ClosedBy  gitLabUser   `json:"closed_by"`
	MergedBy  gitLabUser   `json:"merge_user"`
	Reviewers []gitLabUser `json:"reviewers"`
	Assignees []gitLabUser `json:"assignees"`
	Merged    string       `json:"merge_commit_sha"`
	Squashed  string       `json:"squash_commit_sha"`
	CreatedAt stamp        `json:"created_at"`
	UpdatedAt stamp        `json:"updated_at"`
	ClosedAt  stamp        `json:"closed_at"`
	MergedAt  stamp        `json:"merged_at"`

	// Of a single one only.
	Mergeable string `json:"detailed_merge_status"`
	Pipeline  *struct {
		Status string `json:"status"`
	} `json:"head_pipeline"`
}

// gitLabDraft begin the titles of drafts.
var gitLabDraft = []string{"Draft:", "[Draft]", "(Draft)"}

// undrafted cuts the word that makes a draft from a title.
func undrafted(title string, words []string) (string, bool) {
	for _, w := range words {
		if len(title) >= len(w) && strings.EqualFold(title[:len(w)], w) {
			return strings.TrimLeft(title[len(w):], " "), true
		}
	}
	return title, false
}

func (m gitLabMerge) pullRequest() PullRequest {
	title, _ := undrafted(m.Title, gitLabDraft)
	r := PullRequest{
		Number: m.IID, URL: m.WebURL, Title: title, Body: m.Body, Head: m.Head, Base: m.Base, HeadTip: m.SHA, State: Open, Draft: m.Draft,
		Labels: m.Labels, Author: m.Author.Username, Created: m.CreatedAt.Time, Updated: m.UpdatedAt.Time,
	}
	switch m.State {
	case "closed":
		r.State, r.Closed, r.ClosedBy = Closed, m.ClosedAt.Time, m.ClosedBy.Username
	case "merged":
		r.State, r.Closed, r.ClosedBy, r.MergeCommit = Merged, m.MergedAt.Time, m.MergedBy.Username, m.Merged
		if r.MergeCommit == "" { // a fast-forward has no commit of its own
			r.MergeCommit = m.Squashed
		}
	}
	return r
}

func (g *gitLab) call(doing, method, path string, body any) call {
	return call{
		doing: doing, method: method, path: "/projects/" + segment(strings.Join(g.path, "/")) + path, body: body,
		again: method == http.MethodPut,
	}
}

func (g *gitLab) merge(doing, method string, p PullRequest, path string, body any) call {
	return g.call(doing, method, fmt.Sprintf("/merge_requests/%d%s", p.Number, path), body)
}

func (g *gitLab) Find(ctx context.Context, head, base string) ([]PullRequest, error) {
	q := g.call("looking for merge requests", http.MethodGet, "/merge_requests", nil)
	q.query = url.Values{
		"source_branch": {head}, "state": {"all"}, "order_by": {"created_at"}, "sort": {"desc"}, "per_page": {"50"},
	}
	if base != "" {
		q.query.Set("target_branch", base)
	}
	var merges []gitLabMerge
	if _, err := g.do(ctx, q, &merges); err != nil {
		return nil, err
	}
	var found []PullRequest
	for _, m := range merges {
		if m.From == m.To && m.Head == head && (base == "" || m.Base == base) {
			found = append(found, m.pullRequest())
		}
	}
	return sortFound(found), nil
}

func (g *gitLab) Opened(ctx context.Context, prefix string) ([]PullRequest, error) {
	q := g.call("listing merge requests", http.MethodGet, "/merge_requests", nil)
	q.query = url.Values{"state": {"opened"}, "order_by": {"created_at"}, "sort": {"desc"}, "per_page": {"100"}}
	return gatherOpened(q.doing, linked[gitLabMerge](ctx, g.requester, q), func(m gitLabMerge) (PullRequest, bool) {
		return m.pullRequest(), m.From == m.To && strings.HasPrefix(m.Head, prefix)
	})
}

func (g *gitLab) Create(ctx context.Context, p Proposal) (PullRequest, error) {
	return create(ctx, p, g.Find, func(p Proposal) (PullRequest, error) {
		var got gitLabMerge
		_, err := g.do(ctx, g.call("opening a merge request", http.MethodPost, "/merge_requests", map[string]string{
			"title": drafted(p.Title, p.Draft, "Draft: "), "description": p.Body, "source_branch": p.Head, "target_branch": p.Base,
		}), &got)
		return got.pullRequest(), err
	})
}

// drafted is a title with the word that makes a draft of it.
func drafted(title string, draft bool, word string) string {
	if draft {
		return word + title
	}
	return title
}

// put changes a merge request.
func (g *gitLab) put(ctx context.Context, doing string, p PullRequest, change map[string]any) (gitLabMerge, error) {
	var got gitLabMerge
	_, err := g.do(ctx, g.merge(doing, http.MethodPut, p, "", change), &got)
	return got, err
}

// single asks for a single merge request.
func (g *gitLab) single(ctx context.Context, doing string, p PullRequest) (gitLabMerge, error) {
	var got gitLabMerge
	_, err := g.do(ctx, g.merge(doing, http.MethodGet, p, "", nil), &got)
	return got, err
}

func (g *gitLab) Update(ctx context.Context, p PullRequest, title, body string) (PullRequest, error) {
	got, err := g.put(ctx, "updating a merge request", p, map[string]any{"title": drafted(title, p.Draft, "Draft: "), "description": body})
	return got.pullRequest(), err
}

func (g *gitLab) Close(ctx context.Context, p PullRequest) error {
	const doing = "closing a merge request"
	return closeUnlessClosed(func() error {
		_, err := g.put(ctx, doing, p, map[string]any{"state_event": "close"})
		return err
	}, func() (PullRequest, error) {
		got, err := g.single(ctx, doing, p)
		return got.pullRequest(), err
	})
}

func (g *gitLab) Comments(ctx context.Context, p PullRequest) ([]Comment, error) {
	type note struct {
		Body    string     `json:"body"`
		System  bool       `json:"system"`
		Author  gitLabUser `json:"author"`
		Created stamp      `json:"created_at"`
	}
	q := g.merge("reading comments", http.MethodGet, p, "/notes", nil)
	q.query = url.Values{"order_by": {"created_at"}, "sort": {"desc"}, "per_page": {"100"}}
	got, _, err := gather(linked[note](ctx, g.requester, q), maxComments, func(n note) (Comment, bool) {
		return Comment{Author: n.Author.Username, Body: n.Body, Created: n.Created.Time}, !n.System
	})
	slices.Reverse(got)
	return got, optional(err)
}

func (g *gitLab) Comment(ctx context.Context, p PullRequest, text string) error {
	_, err := g.do(ctx, g.merge("commenting", http.MethodPost, p, "/notes", map[string]string{"body": text}), nil)
	return optional(err)
}

func (g *gitLab) AddLabels(ctx context.Context, p PullRequest, names []string) error {
	const doing = "adding labels"
	got, err := g.put(ctx, doing, p, map[string]any{"add_labels": strings.Join(names, ",")})
	if err != nil {
		return optional(err)
	}
	return missing(doing, names, got.Labels) // GitLab passes over what the token may not do
}

func (g *gitLab) RemoveLabel(ctx context.Context, p PullRequest, name string) error {
	_, err := g.put(ctx, "removing a label", p, map[string]any{"remove_labels": name})
	return optional(err)
}
