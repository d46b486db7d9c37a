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

// bitbucketServer speaks to Bitbucket Data Center (and Server) by version 1.0 of its API, which has neither labels nor
// assignees. It takes changes to the latest version of a pull request only.
type bitbucketServer struct {
	*requester
	project, name string
}

func newBitbucketServer(c *requester) *bitbucketServer {
	return &bitbucketServer{requester: c, project: c.path[0], name: c.path[1]}
}

func (b *bitbucketServer) Limits() Limits {
	return Limits{
		Title: 255, Body: 32767, Comment: 32767,
		Drafts: true, Reviewers: true, AutoMerge: true,
		Markdown: Markdown{Tables: true, Hidden: LinkDefinition, Linked: "@#"},
	}
}

type bitbucketServerUser struct {
	User struct {
		Name string `json:"name"`
	} `json:"user"`
}

type bitbucketServerRef struct {
	ID         string `json:"id"` // refs/heads/...
	Tip        string `json:"latestCommit,omitempty"`
	Repository struct {
		Slug    string `json:"slug"`
		Project struct {
			Key string `json:"key"`
		} `json:"project"`
	} `json:"repository"`
}

type bitbucketServerPull struct {
	ID          int                   `json:"id"`
	Version     int                   `json:"version"`
	Title       string                `json:"title"`
	Description string                `json:"description"`
	State       string                `json:"state"` // OPEN, MERGED, DECLINED
	Draft       bool                  `json:"draft"`
	From        bitbucketServerRef    `json:"fromRef"`
	To          bitbucketServerRef    `json:"toRef"`
	Author      bitbucketServerUser   `json:"author"`
	Reviewers   []bitbucketServerUser `json:"reviewers"`
	Properties  struct {
		MergeCommit struct {
			ID string `json:"id"`
		} `json:"mergeCommit"`
	} `json:"properties"`
	Links struct {
		Self []struct {
			Href string `json:"href"`
		} `json:"self"`
	} `json:"links"`
	Created stamp `json:"createdDate"`
	Updated stamp `json:"updatedDate"`
	Closed  stamp `json:"closedDate"`
}

func (p bitbucketServerPull) pullRequest() PullRequest {
	r := PullRequest{
		Number: p.ID, Title: p.Title, Body: p.Description, Head: strings.TrimPrefix(p.From.ID, "refs/heads/"),
		Base: strings.TrimPrefix(p.To.ID, "refs/heads/"), HeadTip: p.From.Tip, State: Open, Draft: p.Draft, Author: p.Author.User.Name,
		Created: p.Created.Time, Updated: p.Updated.Time, Closed: p.Closed.Time,
	}
	if len(p.Links.Self) > 0 {
		r.URL = p.Links.Self[0].Href
	}
	switch p.State {
	case "MERGED":
		r.State, r.MergeCommit = Merged, p.Properties.MergeCommit.ID
	case "DECLINED":
		r.State = Closed
	}
	return r
}

// same reports whether two ends of pull requests are in one repository.
func (r bitbucketServerRef) same(o bitbucketServerRef) bool {
	return strings.EqualFold(r.Repository.Slug, o.Repository.Slug) && strings.EqualFold(r.Repository.Project.Key, o.Repository.Project.Key)
}

// own reports whether a pull request comes from the repository itself and goes there: a list of outgoing ones holds those
// to the repository that it was forked from, too.
func (b *bitbucketServer) own(p bitbucketServerPull) bool {
	return p.From.same(p.To) && strings.EqualFold(p.To.Repository.Slug, b.name) && strings.EqualFold(p.To.Repository.Project.Key, b.project)
}

func (b *bitbucketServer) call(doing, method, path string, body any) call {
	return call{
		doing: doing, method: method, path: "/projects/" + segment(b.project) + "/repos/" + segment(b.name) + "/pull-requests" + path,
		body: body, header: http.Header{"X-Atlassian-Token": {"no-check"}}, // a POST without a body is taken for a forgery otherwise
	}
}

func (b *bitbucketServer) of(doing, method string, p PullRequest, path string, body any) call {
	return b.call(doing, method, fmt.Sprintf("/%d%s", p.Number, path), body)
}

func bitbucketServerList[T any](ctx context.Context, b *bitbucketServer, q call) iter.Seq2[T, error] {
	return walk(q.doing, q.query, func(query url.Values) ([]T, url.Values, error) {
		var page struct {
			Values []T  `json:"values"`
			Last   bool `json:"isLastPage"`
			Next   *int `json:"nextPageStart"`
		}
		q.query = query
		if _, err := b.do(ctx, q, &page); err != nil || page.Last || page.Next == nil {
			return page.Values, nil, err
		}
		next := url.Values{"start": {strconv.Itoa(*page.Next)}}
		return page.Values, nextQuery("?"+next.Encode(), query), nil
	})
}

func (b *bitbucketServer) Find(ctx context.Context, head, base string) ([]PullRequest, error) {
	q := b.call("looking for pull requests", http.MethodGet, "", nil)
	q.query = url.Values{
		"at": {"refs/heads/" + head}, "direction": {"OUTGOING"}, "state": {"ALL"}, "order": {"NEWEST"}, "limit": {"50"},
	}
	var page struct {
		Values []bitbucketServerPull `json:"values"`
	}
	if _, err := b.do(ctx, q, &page); err != nil {
		return nil, err
	}
	var found []PullRequest
	for _, p := range page.Values {
		if r := p.pullRequest(); b.own(p) && r.Head == head && (base == "" || r.Base == base) {
			found = append(found, r)
		}
	}
	return sortFound(found), nil
}

func (b *bitbucketServer) Opened(ctx context.Context, prefix string) ([]PullRequest, error) {
	q := b.call("listing pull requests", http.MethodGet, "", nil)
	q.query = url.Values{"direction": {"OUTGOING"}, "state": {"OPEN"}, "order": {"NEWEST"}, "limit": {"100"}}
	return gatherOpened(q.doing, bitbucketServerList[bitbucketServerPull](ctx, b, q), func(p bitbucketServerPull) (PullRequest, bool) {
		r := p.pullRequest()
		return r, b.own(p) && strings.HasPrefix(r.Head, prefix)
	})
}

func (b *bitbucketServer) Create(ctx context.Context, p Proposal) (PullRequest, error) {
	return create(ctx, p, b.Find, func(p Proposal) (PullRequest, error) {
		ref := func(branch string) bitbucketServerRef {
			r := bitbucketServerRef{ID: "refs/heads/" + branch}
			r.Repository.Slug, r.Repository.Project.Key = b.name, b.project
			return r
		}
		var got bitbucketServerPull
		_, err := b.do(ctx, b.call("opening a pull request", http.MethodPost, "", map[string]any{
			"title": p.Title, "description": p.Body, "fromRef": ref(p.Head), "toRef": ref(p.Base), "draft": p.Draft,
		}), &got)
		return got.pullRequest(), err
	})
}

func (b *bitbucketServer) single(ctx context.Context, doing string, p PullRequest) (bitbucketServerPull, error) {
	var got bitbucketServerPull
	_, err := b.do(ctx, b.of(doing, http.MethodGet, p, "", nil), &got)
	return got, err
}

// change reads a pull request and writes it back changed, once more if somebody else was faster. What is left out of it
// is lost, reviewers included.
func (b *bitbucketServer) change(ctx context.Context, doing string, p PullRequest, edit func(*bitbucketServerPull)) (PullRequest, error) {
	for try := 1; ; try++ {
		whole, err := b.single(ctx, doing, p)
		if err != nil {
			return PullRequest{}, err
		}
		edit(&whole)
		if whole.Reviewers == nil {
			whole.Reviewers = []bitbucketServerUser{}
		}
		var got bitbucketServerPull
		_, err = b.do(ctx, b.of(doing, http.MethodPut, p, "", map[string]any{
			"version": whole.Version, "title": whole.Title, "description": whole.Description, "reviewers": whole.Reviewers,
			"draft": whole.Draft,
		}), &got)
		if status(err) != http.StatusConflict || try == 2 {
			return got.pullRequest(), err
		}
	}
}

func (b *bitbucketServer) Update(ctx context.Context, p PullRequest, title, body string) (PullRequest, error) {
	return b.change(ctx, "updating a pull request", p, func(whole *bitbucketServerPull) {
		whole.Title, whole.Description = title, body
	})
}

func (b *bitbucketServer) Close(ctx context.Context, p PullRequest) error {
	const doing = "declining a pull request"
	for try := 1; ; try++ {
		now, err := b.single(ctx, doing, p)
		if err != nil || now.State != "OPEN" {
			return err
		}
		q := b.of(doing, http.MethodPost, p, "/decline", nil)
		q.query = url.Values{"version": {strconv.Itoa(now.Version)}}
		_, err = b.do(ctx, q, nil)
		if status(err) != http.StatusConflict || try == 2 {
			return err
		}
	}
}

func (b *bitbucketServer) Comments(ctx context.Context, p PullRequest) ([]Comment, error) {
	type activity struct {
		Action  string    `json:"action"`
		Anchor  *struct{} `json:"commentAnchor"`
		Comment struct {
			Text   string `json:"text"`
			Author struct {
				Name string `json:"name"`
			} `json:"author"`
			Created stamp `json:"createdDate"`
		} `json:"comment"`
	}
	q := b.of("reading comments", http.MethodGet, p, "/activities", nil)
	q.query = url.Values{"limit": {"100"}}
	got, _, err := gather(bitbucketServerList[activity](ctx, b, q), maxComments, func(a activity) (Comment, bool) {
		c := a.Comment
		return Comment{Author: c.Author.Name, Body: c.Text, Created: c.Created.Time}, a.Action == "COMMENTED" && a.Anchor == nil
	})
	slices.Reverse(got) // activities come newest first
	return got, optional(err)
}

func (b *bitbucketServer) Comment(ctx context.Context, p PullRequest, text string) error {
	_, err := b.do(ctx, b.of("commenting", http.MethodPost, p, "/comments", map[string]string{"text": text}), nil)
	return optional(err)
}

func (b *bitbucketServer) AddLabels(context.Context, PullRequest, []string) error {
	return ErrUnsupported
}

func (b *bitbucketServer) RemoveLabel(context.Context, PullRequest, string) error {
	return ErrUnsupported
}

func (b *bitbucketServer) Assign(context.Context, PullRequest, []string) error { return ErrUnsupported }

func (b *bitbucketServer) RequestReview(ctx context.Context, p PullRequest, names []string) error {
	_, err := b.change(ctx, "asking for a review", p, func(whole *bitbucketServerPull) {
		for _, name := range names {
			if !slices.ContainsFunc(whole.Reviewers, func(r bitbucketServerUser) bool { return strings.EqualFold(r.User.Name, name) }) {
				var one bitbucketServerUser
				one.User.Name = name
				whole.Reviewers = append(whole.Reviewers, one)
			}
		}
	})
	return optional(err)
}

// AutoMerge is there since version 8.15.
func (b *bitbucketServer) AutoMerge(ctx context.Context, p PullRequest) error {
	q := b.of("asking for the merge", http.MethodPost, p, "/auto-merge", map[string]any{"autoSubject": true, "fromHash": p.HeadTip})
	_, err := b.do(ctx, q, nil)
	return optional(err)
}
