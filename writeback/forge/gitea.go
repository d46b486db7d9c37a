package forge

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// gitea speaks to Gitea and Forgejo, by version 1 of the API that they share.
type gitea struct {
	*requester
	owner, name string
}

func newGitea(c *requester) *gitea { return &gitea{requester: c, owner: c.path[0], name: c.path[1]} }

func (g *gitea) Limits() Limits {
	return Limits{
		Title: 255 - len("WIP: "), Body: 1_000_000, Comment: 1_000_000,
		Drafts: true, Labels: true, Reviewers: true, Assignees: true, AutoMerge: true,
		Markdown: Markdown{Tables: true, Details: true, Hidden: HTMLComment, Linked: "@#!"},
	}
}

type giteaUser struct {
	Login string `json:"login"`
}

type giteaLabel struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

type giteaBranch struct {
	Label  string `json:"label"` // the branch; ref is another one when the branch is gone
	SHA    string `json:"sha"`
	RepoID int    `json:"repo_id"`
}

type giteaPull struct {
	Number    int          `json:"number"`
	HTMLURL   string       `json:"html_url"`
	Title     string       `json:"title"`
	Body      string       `json:"body"`
	State     string       `json:"state"`
	Draft     bool         `json:"draft"`
	HasMerged bool         `json:"merged"`
	Merge     string       `json:"merge_commit_sha"`
	MergedBy  giteaUser    `json:"merged_by"`
	User      giteaUser    `json:"user"`
	Labels    []giteaLabel `json:"labels"`
	Assignees []giteaUser  `json:"assignees"`
	Head      giteaBranch  `json:"head"`
	Base      giteaBranch  `json:"base"`
	Created   stamp        `json:"created_at"`
	Updated   stamp        `json:"updated_at"`
	Closed    stamp        `json:"closed_at"`
	Merged    stamp        `json:"merged_at"`
}

// giteaDraft begins the titles of drafts, as an administrator has not changed it.
var giteaDraft = []string{"WIP:", "[WIP]"}

func (p giteaPull) pullRequest() PullRequest {
	title, draft := undrafted(p.Title, giteaDraft)
	r := PullRequest{
		Number: p.Number, URL: p.HTMLURL, Title: title, Body: p.Body, Head: p.Head.Label, Base: p.Base.Label, HeadTip: p.Head.SHA,
		State: Open, Draft: p.Draft || draft, Author: p.User.Login, Created: p.Created.Time, Updated: p.Updated.Time, Closed: p.Closed.Time,
	}
	for _, l := range p.Labels {
		r.Labels = append(r.Labels, l.Name)
	}
	switch {
	case p.HasMerged:
		r.State, r.MergeCommit, r.ClosedBy, r.Closed = Merged, p.Merge, p.MergedBy.Login, p.Merged.Time
	case p.State == "closed":
		r.State = Closed
	}
	return r
}

func (p giteaPull) own() bool { return p.Head.RepoID == p.Base.RepoID }

func (g *gitea) call(doing, method, path string, body any) call {
	return call{
		doing: doing, method: method, path: "/repos/" + segment(g.owner) + "/" + segment(g.name) + path, body: body,
		again: method == http.MethodPatch,
	}
}

// of is a call about one pull request: about what it has in common with issues, or about it alone.
func (g *gitea) of(doing, method, kind string, p PullRequest, path string, body any) call {
	return g.call(doing, method, fmt.Sprintf("/%s/%d%s", kind, p.Number, path), body)
}

func giteaList[T any](ctx context.Context, g *gitea, q call) iter.Seq2[T, error] {
	if q.query == nil {
		q.query = url.Values{}
	}
	q.query.Set("limit", "50") // the most that a server gives by default
	return walk(q.doing, q.query, func(query url.Values) ([]T, url.Values, error) {
		var items []T
		q.query = query
		header, err := g.do(ctx, q, &items)
		return items, nextByLink(header, query), err
	})
}

func (g *gitea) pulls(ctx context.Context, doing string, query url.Values) iter.Seq2[giteaPull, error] {
	q := g.call(doing, http.MethodGet, "/pulls", nil)
	q.query = query
	return giteaList[giteaPull](ctx, g, q)
}

// giteaRecent is how many pull requests, those with the latest changes, are searched for those of a branch, beside all that
// are open.
const giteaRecent = 100

// Find asks for the pull request of the two branches first, for Gitea has no list by branch. That there is none is an
// answer. Which one it is, of several, is left open, so that then the lists are gone through.
func (g *gitea) Find(ctx context.Context, head, base string) ([]PullRequest, error) {
	if base != "" {
		var any giteaPull
		path := "/pulls/" + segment(base) + "/" + strings.ReplaceAll(segment(head), "%2F", "/")
		_, err := g.do(ctx, g.call(doingFind, http.MethodGet, path, nil), &any)
		if status(err) == http.StatusNotFound {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return g.list(ctx, head, base)
}

const doingFind = "looking for pull requests"

// list goes through the latest changes, which are all there is in most repositories, and through all open ones only where
// no open one is among them.
func (g *gitea) list(ctx context.Context, head, base string) ([]PullRequest, error) {
	of := func(p giteaPull) bool { return p.own() && p.Head.Label == head && (base == "" || p.Base.Label == base) }
	var found []PullRequest
	open, seen := false, 0
	for p, err := range g.pulls(ctx, doingFind, url.Values{"state": {"all"}, "sort": {"recentupdate"}}) {
		if err != nil {
			return nil, err
		}
		again := slices.ContainsFunc(found, func(f PullRequest) bool { return f.Number == p.Number }) // it was changed meanwhile
		if of(p) && !again {
			found = append(found, p.pullRequest())
			open = open || p.pullRequest().State == Open
		}
		if seen++; seen == giteaRecent {
			break
		}
	}
	if open || seen < giteaRecent {
		return sortFound(found), nil
	}
	old, _, err := gather(g.pulls(ctx, doingFind, url.Values{"state": {"open"}}), maxFound, func(p giteaPull) (PullRequest, bool) {
		return p.pullRequest(), of(p)
	})
	if err != nil {
		return nil, err
	}
	return sortFound(append(found, old...)), nil
}

func (g *gitea) Opened(ctx context.Context, prefix string) ([]PullRequest, error) {
	const doing = "listing pull requests"
	return gatherOpened(doing, g.pulls(ctx, doing, url.Values{"state": {"open"}}), func(p giteaPull) (PullRequest, bool) {
		return p.pullRequest(), p.own() && strings.HasPrefix(p.Head.Label, prefix)
	})
}

func (g *gitea) Create(ctx context.Context, p Proposal) (PullRequest, error) {
	return create(ctx, p, g.list, func(p Proposal) (PullRequest, error) {
		var got giteaPull
		_, err := g.do(ctx, g.call("opening a pull request", http.MethodPost, "/pulls", map[string]string{
			"title": drafted(p.Title, p.Draft, "WIP: "), "body": p.Body, "head": p.Head, "base": p.Base,
		}), &got)
		return got.pullRequest(), err
	})
}

// patch changes a pull request. Of two changes at the same moment Gitea refuses one with 409, which is made again then.
func (g *gitea) patch(ctx context.Context, doing string, p PullRequest, change map[string]any) (giteaPull, error) {
	for refused := 0; ; refused++ {
		var got giteaPull
		_, err := g.do(ctx, g.of(doing, http.MethodPatch, "pulls", p, "", change), &got)
		if status(err) != http.StatusConflict || refused == maxFaults {
			return got, err
		}
		if err := sleep(ctx, faultPause<<refused); err != nil {
			return got, err
		}
	}
}

func (g *gitea) single(ctx context.Context, doing string, p PullRequest) (giteaPull, error) {
	var got giteaPull
	_, err := g.do(ctx, g.of(doing, http.MethodGet, "pulls", p, "", nil), &got)
	return got, err
}

func (g *gitea) Update(ctx context.Context, p PullRequest, title, body string) (PullRequest, error) {
	got, err := g.patch(ctx, "updating a pull request", p, map[string]any{"title": drafted(title, p.Draft, "WIP: "), "body": body})
	return got.pullRequest(), err
}

func (g *gitea) Close(ctx context.Context, p PullRequest) error {
	const doing = "closing a pull request"
	return closeUnlessClosed(func() error {
		_, err := g.patch(ctx, doing, p, map[string]any{"state": "closed"})
		return err
	}, func() (PullRequest, error) {
		got, err := g.single(ctx, doing, p)
		return got.pullRequest(), err
	})
}

func (g *gitea) Comments(ctx context.Context, p PullRequest) ([]Comment, error) {
	type comment struct {
		Body    string    `json:"body"`
		User    giteaUser `json:"user"`
		Created stamp     `json:"created_at"`
	}
	all, _, err := gather(giteaList[comment](ctx, g, g.of("reading comments", http.MethodGet, "issues", p, "/comments", nil)), maxPages*50,
		func(c comment) (Comment, bool) {
			return Comment{Author: c.User.Login, Body: c.Body, Created: c.Created.Time}, true
		})
	return all[max(len(all)-maxComments, 0):], optional(err)
}

func (g *gitea) Comment(ctx context.Context, p PullRequest, text string) error {
	_, err := g.do(ctx, g.of("commenting", http.MethodPost, "issues", p, "/comments", map[string]string{"body": text}), nil)
	return optional(err)
}
