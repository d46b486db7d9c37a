package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// gitHub speaks to GitHub and GitHub Enterprise Server: REST, version 2022-11-28, and GraphQL for what REST lacks.
type gitHub struct {
	*requester
	owner, name string
}

func newGitHub(c *requester) *gitHub {
	return &gitHub{requester: c, owner: c.path[0], name: c.path[1]}
}

func (g *gitHub) Limits() Limits {
	return Limits{
		Title: 256, Body: 65536, Comment: 65536,
		Drafts: true, Labels: true, Reviewers: true, Assignees: true, AutoMerge: true,
		Markdown: Markdown{Tables: true, Details: true, Hidden: HTMLComment, Linked: "@#", ZeroWidth: true},
	}
}

type gitHubUser struct {
	Login string `json:"login"`
}

type gitHubBranch struct {
	Ref  string `json:"ref"`
	SHA  string `json:"sha"`
	Repo struct {
		FullName string `json:"full_name"`
	} `json:"repo"` // null where a fork is gone
}

type gitHubPull struct {
	Number   int          `json:"number"`
	HTMLURL  string       `json:"html_url"`
	Title    string       `json:"title"`
	Body     string       `json:"body"`
	State    string       `json:"state"`
	Draft    bool         `json:"draft"`
	Head     gitHubBranch `json:"head"`
	Base     gitHubBranch `json:"base"`
	User     gitHubUser   `json:"user"`
	MergedBy gitHubUser   `json:"merged_by"` // of a single one only
	Labels   []struct {
		Name string `json:"name"`
	} `json:"labels"`
	MergeCommit string `json:"merge_commit_sha"`
	Created     stamp  `json:"created_at"`
	Updated     stamp  `json:"updated_at"`
	Closed      stamp  `json:"closed_at"`
	Merged      stamp  `json:"merged_at"`
}

func (p gitHubPull) pullRequest() PullRequest {
	r := PullRequest{
		Number: p.Number, URL: p.HTMLURL, Title: p.Title, Body: p.Body, Head: p.Head.Ref, Base: p.Base.Ref, HeadTip: p.Head.SHA,
		State: Open, Draft: p.Draft, Author: p.User.Login, Created: p.Created.Time, Updated: p.Updated.Time, Closed: p.Closed.Time,
		ClosedBy: p.MergedBy.Login,
	}
	for _, l := range p.Labels {
		r.Labels = append(r.Labels, l.Name)
	}
	switch {
	case !p.Merged.IsZero():
		// Before a merge the field holds the commit of a trial.
		r.State, r.MergeCommit = Merged, p.MergeCommit
	case p.State == "closed":
		r.State = Closed
	}
	return r
}

// own reports whether a pull request comes from a branch of the repository itself, which may have been renamed since it
// was written down.
func (p gitHubPull) own() bool {
	return p.Head.Repo.FullName != "" && p.Head.Repo.FullName == p.Base.Repo.FullName
}

func (g *gitHub) call(doing, method, path string, body any) call {
	return call{
		doing: doing, method: method, path: "/repos/" + segment(g.owner) + "/" + segment(g.name) + path, body: body,
		header: http.Header{"Accept": {"application/vnd.github+json"}, "X-Github-Api-Version": {"2022-11-28"}},
	}
}

func (g *gitHub) Find(ctx context.Context, head, base string) ([]PullRequest, error) {
	q := g.call("looking for pull requests", http.MethodGet, "/pulls", nil)
	q.query = url.Values{
		"head": {g.owner + ":" + head}, "state": {"all"}, "sort": {"created"}, "direction": {"desc"}, "per_page": {"50"},
	}
	if base != "" {
		q.query.Set("base", base)
	}
	var pulls []gitHubPull // one page: of those that GitHub keeps for one branch the newest are enough
	if _, err := g.do(ctx, q, &pulls); err != nil {
		return nil, err
	}
	var found []PullRequest
	for _, p := range pulls {
		if p.own() && p.Head.Ref == head && (base == "" || p.Base.Ref == base) {
			found = append(found, p.pullRequest())
		}
	}
	return sortFound(found), nil
}

func (g *gitHub) Opened(ctx context.Context, prefix string) ([]PullRequest, error) {
	q := g.call("listing pull requests", http.MethodGet, "/pulls", nil)
	q.query = url.Values{"state": {"open"}, "sort": {"created"}, "direction": {"desc"}, "per_page": {"100"}}
	return gatherOpened(q.doing, linked[gitHubPull](ctx, g.requester, q), func(p gitHubPull) (PullRequest, bool) {
		return p.pullRequest(), p.own() && strings.HasPrefix(p.Head.Ref, prefix)
	})
}

func (g *gitHub) Create(ctx context.Context, p Proposal) (PullRequest, error) {
	return create(ctx, p, g.Find, func(p Proposal) (PullRequest, error) {
		got, err := g.post(ctx, p)
		e, is := errors.AsType[*StatusError](err)
		if is && p.Draft && e.Status == http.StatusUnprocessableEntity && strings.Contains(e.Words, "raft pull requests are not supported") {
			p.Draft = false // so it is in private repositories of free plans
			return g.post(ctx, p)
		}
		return got, err
	})
}

func (g *gitHub) post(ctx context.Context, p Proposal) (PullRequest, error) {
	var got gitHubPull
	_, err := g.do(ctx, g.call("opening a pull request", http.MethodPost, "/pulls", map[string]any{
		"title": p.Title, "body": p.Body, "head": p.Head, "base": p.Base, "draft": p.Draft,
	}), &got)
	return got.pullRequest(), err
}

func (g *gitHub) patch(ctx context.Context, doing string, number int, change map[string]string) (PullRequest, error) {
	q := g.call(doing, http.MethodPatch, fmt.Sprintf("/pulls/%d", number), change)
	q.again = true
	var got gitHubPull
	_, err := g.do(ctx, q, &got)
	return got.pullRequest(), err
}

func (g *gitHub) Update(ctx context.Context, p PullRequest, title, body string) (PullRequest, error) {
	return g.patch(ctx, "updating a pull request", p.Number, map[string]string{"title": title, "body": body})
}

func (g *gitHub) Close(ctx context.Context, p PullRequest) error {
	const doing = "closing a pull request"
	return closeUnlessClosed(func() error {
		_, err := g.patch(ctx, doing, p.Number, map[string]string{"state": "closed"})
		return err
	}, func() (PullRequest, error) {
		var got gitHubPull
		_, err := g.do(ctx, g.call(doing, http.MethodGet, fmt.Sprintf("/pulls/%d", p.Number), nil), &got)
		return got.pullRequest(), err
	})
}

// issue is a call about what pull requests have in common with issues.
func (g *gitHub) issue(doing, method string, p PullRequest, path string, body any) call {
	return g.call(doing, method, fmt.Sprintf("/issues/%d%s", p.Number, path), body)
}

func (g *gitHub) Comments(ctx context.Context, p PullRequest) ([]Comment, error) {
	type comment struct {
		Body    string     `json:"body"`
		User    gitHubUser `json:"user"`
		Created stamp      `json:"created_at"`
	}
	q := g.issue("reading comments", http.MethodGet, p, "/comments", nil)
	q.query = url.Values{"per_page": {"100"}}
	all, _, err := gather(linked[comment](ctx, g.requester, q), maxPages*100, func(c comment) (Comment, bool) {
		return Comment{Author: c.User.Login, Body: c.Body, Created: c.Created.Time}, true
	})
	return all[max(len(all)-maxComments, 0):], optional(err)
}

func (g *gitHub) Comment(ctx context.Context, p PullRequest, text string) error {
	_, err := g.do(ctx, g.issue("commenting", http.MethodPost, p, "/comments", map[string]string{"body": text}), nil)
	return optional(err)
}

func (g *gitHub) AddLabels(ctx context.Context, p PullRequest, names []string) error {
	q := g.issue("adding labels", http.MethodPost, p, "/labels", map[string][]string{"labels": names})
	q.again = true
	_, err := g.do(ctx, q, nil)
	return optional(err)
}

func (g *gitHub) RemoveLabel(ctx context.Context, p PullRequest, name string) error {
	q := g.issue("removing a label", http.MethodDelete, p, "/labels/"+segment(name), nil)
	q.again = true
	_, err := g.do(ctx, q, nil)
	if status(err) == http.StatusNotFound {
		return nil
	}
	return optional(err)
}

func (g *gitHub) RequestReview(ctx context.Context, p PullRequest, names []string) error {
	people, teams := []string{}, []string{}
	for _, n := range names {
		if _, team, is := strings.Cut(n, "/"); is {
			teams = append(teams, team)
		} else {
			people = append(people, n)
		}
	}
	q := g.call("asking for a review", http.MethodPost, fmt.Sprintf("/pulls/%d/requested_reviewers", p.Number),
		map[string][]string{"reviewers": people, "team_reviewers": teams})
	q.again = true
	_, err := g.do(ctx, q, nil)
	return optional(err)
}

func (g *gitHub) Assign(ctx context.Context, p PullRequest, names []string) error {
	q := g.issue("assigning", http.MethodPost, p, "/assignees", map[string][]string{"assignees": names})
	q.again = true
	var issue struct {
		Assignees []gitHubUser `json:"assignees"`
	}
	if _, err := g.do(ctx, q, &issue); err != nil {
		return optional(err)
	}
	var there []string
	for _, u := range issue.Assignees {
		there = append(there, u.Login)
	}
	return missing(q.doing, names, there) // GitHub passes over whom it cannot assign
}

// missing returns the error of those names that a forge has silently passed over.
func missing(doing string, names, there []string) error {
	var absent []string
	for _, n := range names {
		if !slices.ContainsFunc(there, func(t string) bool { return strings.EqualFold(t, n) }) {
			absent = append(absent, fmt.Sprintf("%q", n))
		}
	}
	if len(absent) == 0 {
		return nil
	}
	return &RightsError{Err: fmt.Errorf("%s: %s: passed over, as nobody (or nothing) of that name may be chosen here", doing, strings.Join(absent, ", "))}
}
