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

// bitbucketCloud speaks to bitbucket.org by version 2.0 of its API, which has neither labels nor assignees, nor a wish
// to merge later.
type bitbucketCloud struct {
	*requester
	workspace, name string
}

func newBitbucketCloud(c *requester) *bitbucketCloud {
	return &bitbucketCloud{requester: c, workspace: c.path[0], name: c.path[1]}
}

func (b *bitbucketCloud) Limits() Limits {
	return Limits{
		Title: 255, Body: 32768, Comment: 32768,
		Drafts: true, Reviewers: true,
		Markdown: Markdown{Tables: true, Hidden: LinkDefinition, Linked: "@#"},
	}
}

// bitbucketCloudUser is a person, or a token, which has a name to show only.
type bitbucketCloudUser struct {
	UUID     string `json:"uuid"`
	Nickname string `json:"nickname"`
	Display  string `json:"display_name"`
}

func (u bitbucketCloudUser) name() string {
	if u.Nickname != "" {
		return u.Nickname
	}
	return u.Display
}

type bitbucketCloudEnd struct {
	Branch struct {
		Name string `json:"name"`
	} `json:"branch"`
	Commit struct {
		Hash string `json:"hash"`
	} `json:"commit"`
	Repository struct {
		UUID     string `json:"uuid"`
		FullName string `json:"full_name"`
	} `json:"repository"` // null where a fork is gone
}

type bitbucketCloudPull struct {
	ID          int                `json:"id"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	State       string             `json:"state"` // OPEN, MERGED, DECLINED, SUPERSEDED
	Draft       bool               `json:"draft"`
	Author      bitbucketCloudUser `json:"author"`
	ClosedBy    bitbucketCloudUser `json:"closed_by"`
	Source      bitbucketCloudEnd  `json:"source"`
	Destination bitbucketCloudEnd  `json:"destination"`
	MergeCommit struct {
		Hash string `json:"hash"`
	} `json:"merge_commit"`
	Links struct {
		HTML struct {
			Href string `json:"href"`
		} `json:"html"`
	} `json:"links"`
	Created stamp `json:"created_on"`
	Updated stamp `json:"updated_on"`

	// Of a single one only.
	Reviewers   []bitbucketCloudUser `json:"reviewers"`
	CloseSource bool                 `json:"close_source_branch"`
}

func (p bitbucketCloudPull) pullRequest() PullRequest {
	r := PullRequest{
		Number: p.ID, URL: p.Links.HTML.Href, Title: p.Title, Body: p.Description, Head: p.Source.Branch.Name,
		Base: p.Destination.Branch.Name, HeadTip: p.Source.Commit.Hash, State: Open, Draft: p.Draft, Author: p.Author.name(),
		Created: p.Created.Time, Updated: p.Updated.Time,
	}
	switch p.State {
	case "MERGED":
		r.State, r.MergeCommit = Merged, p.MergeCommit.Hash
	case "DECLINED", "SUPERSEDED":
		r.State = Closed
	}
	if r.State != Open { // the time is not told; nothing changes much after it
		r.Closed, r.ClosedBy = p.Updated.Time, p.ClosedBy.name()
	}
	return r
}

// own reports whether a pull request comes from a branch of the repository itself.
func (p bitbucketCloudPull) own() bool {
	return p.Source.Repository.FullName != "" && p.Source.Repository.FullName == p.Destination.Repository.FullName
}

func (b *bitbucketCloud) call(doing, method, path string, body any) call {
	return call{
		doing: doing, method: method, path: "/repositories/" + segment(b.workspace) + "/" + segment(b.name) + "/pullrequests" + path,
		body: body, again: method == http.MethodPut,
	}
}

func (b *bitbucketCloud) of(doing, method string, p PullRequest, path string, body any) call {
	return b.call(doing, method, fmt.Sprintf("/%d%s", p.Number, path), body)
}

func bitbucketCloudList[T any](ctx context.Context, b *bitbucketCloud, q call) iter.Seq2[T, error] {
	return walk(q.doing, q.query, func(query url.Values) ([]T, url.Values, error) {
		var page struct {
			Values []T    `json:"values"`
			Next   string `json:"next"`
		}
		q.query = query
		if _, err := b.do(ctx, q, &page); err != nil || page.Next == "" {
			return page.Values, nil, err
		}
		return page.Values, nextQuery(page.Next, query), nil
	})
}

// quoted is a text in Bitbucket's language of filters.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func (b *bitbucketCloud) Find(ctx context.Context, head, base string) ([]PullRequest, error) {
	q := b.call("looking for pull requests", http.MethodGet, "", nil)
	filter := "source.branch.name = " + quoted(head)
	if base != "" {
		filter += " AND destination.branch.name = " + quoted(base)
	}
	q.query = url.Values{
		"q": {filter}, "state": {"OPEN", "MERGED", "DECLINED", "SUPERSEDED"}, "sort": {"-created_on"}, "pagelen": {"50"},
	}
	var page struct {
		Values []bitbucketCloudPull `json:"values"`
	}
	if _, err := b.do(ctx, q, &page); err != nil {
		return nil, err
	}
	var found []PullRequest
	for _, p := range page.Values {
		if p.own() && p.Source.Branch.Name == head && (base == "" || p.Destination.Branch.Name == base) {
			found = append(found, p.pullRequest())
		}
	}
	return sortFound(found), nil
}

func (b *bitbucketCloud) Opened(ctx context.Context, prefix string) ([]PullRequest, error) {
	q := b.call("listing pull requests", http.MethodGet, "", nil)
	q.query = url.Values{"state": {"OPEN"}, "sort": {"-created_on"}, "pagelen": {"50"}}
	return gatherOpened(q.doing, bitbucketCloudList[bitbucketCloudPull](ctx, b, q), func(p bitbucketCloudPull) (PullRequest, bool) {
		return p.pullRequest(), p.own() && strings.HasPrefix(p.Source.Branch.Name, prefix)
	})
}

func (b *bitbucketCloud) Create(ctx context.Context, p Proposal) (PullRequest, error) {
	return create(ctx, p, b.Find, func(p Proposal) (PullRequest, error) {
		branch := func(name string) map[string]any { return map[string]any{"branch": map[string]string{"name": name}} }
		var got bitbucketCloudPull
		_, err := b.do(ctx, b.call("opening a pull request", http.MethodPost, "", map[string]any{
			"title": p.Title, "description": p.Body, "source": branch(p.Head), "destination": branch(p.Base), "draft": p.Draft,
		}), &got)
		return got.pullRequest(), err
	})
}

func (b *bitbucketCloud) single(ctx context.Context, doing string, p PullRequest) (bitbucketCloudPull, error) {
	var got bitbucketCloudPull
	_, err := b.do(ctx, b.of(doing, http.MethodGet, p, "", nil), &got)
	return got, err
}

// put writes a pull request back. What is left out of it is lost, reviewers included.
func (b *bitbucketCloud) put(ctx context.Context, doing string, p PullRequest, whole bitbucketCloudPull) (bitbucketCloudPull, error) {
	reviewers := []map[string]string{}
	for _, r := range whole.Reviewers {
		reviewers = append(reviewers, map[string]string{"uuid": r.UUID})
	}
	var got bitbucketCloudPull
	_, err := b.do(ctx, b.of(doing, http.MethodPut, p, "", map[string]any{
		"title": whole.Title, "description": whole.Description, "reviewers": reviewers, "close_source_branch": whole.CloseSource,
		"draft": whole.Draft,
	}), &got)
	return got, err
}

func (b *bitbucketCloud) Update(ctx context.Context, p PullRequest, title, body string) (PullRequest, error) {
	const doing = "updating a pull request"
	whole, err := b.single(ctx, doing, p)
	if err != nil {
		return PullRequest{}, err
	}
	whole.Title, whole.Description = title, body
	got, err := b.put(ctx, doing, p, whole)
	return got.pullRequest(), err
}

func (b *bitbucketCloud) Close(ctx context.Context, p PullRequest) error {
	const doing = "declining a pull request"
	return closeUnlessClosed(func() error {
		_, err := b.do(ctx, b.of(doing, http.MethodPost, p, "/decline", nil), nil)
		return err
	}, func() (PullRequest, error) {
		got, err := b.single(ctx, doing, p)
		return got.pullRequest(), err
	})
}

func (b *bitbucketCloud) Comments(ctx context.Context, p PullRequest) ([]Comment, error) {
	type comment struct {
		Content struct {
			Raw string `json:"raw"`
		} `json:"content"`
		User    bitbucketCloudUser `json:"user"`
		Deleted bool               `json:"deleted"`
		Inline  *struct{}          `json:"inline"`
		Created stamp              `json:"created_on"`
	}
	q := b.of("reading comments", http.MethodGet, p, "/comments", nil)
	q.query = url.Values{"sort": {"-created_on"}, "pagelen": {"100"}}
	got, _, err := gather(bitbucketCloudList[comment](ctx, b, q), maxComments, func(c comment) (Comment, bool) {
		return Comment{Author: c.User.name(), Body: c.Content.Raw, Created: c.Created.Time}, !c.Deleted && c.Inline == nil
	})
	slices.Reverse(got)
	return got, optional(err)
}

func (b *bitbucketCloud) Comment(ctx context.Context, p PullRequest, text string) error {
	_, err := b.do(ctx, b.of("commenting", http.MethodPost, p, "/comments", map[string]any{"content": map[string]string{"raw": text}}), nil)
	return optional(err)
}

func (b *bitbucketCloud) AddLabels(context.Context, PullRequest, []string) error {
	return ErrUnsupported
}

func (b *bitbucketCloud) RemoveLabel(context.Context, PullRequest, string) error {
	return ErrUnsupported
}

func (b *bitbucketCloud) Assign(context.Context, PullRequest, []string) error { return ErrUnsupported }

func (b *bitbucketCloud) AutoMerge(context.Context, PullRequest) error { return ErrUnsupported }
