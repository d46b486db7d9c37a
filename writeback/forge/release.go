package forge

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// Release is a version that somebody has published at a forge.
type Release struct {
	Tag  string
	Text string // about it, in the forge's Markdown; the beginning of a long one
}

// maxRelease is how much is kept of the text of a release, in bytes.
const maxRelease = 64 << 10

// Home is where the pages of a forge are.
type Home struct {
	Kind Kind
	Host string // with its port, if that is not the usual one
}

func (c *requester) Home() Home { return Home{Kind: c.kind, Host: strings.ToLower(c.web.Host)} }

// ErrNoRelease is the error of a release that is not there, or not to be seen with the token.
var ErrNoRelease = errors.New("there is no such release")

func (c *requester) Release(ctx context.Context, repository, tag string) (Release, error) {
	q := call{doing: "reading a release", method: http.MethodGet}
	path, ok := c.below(repository)
	switch {
	case !ok:
		return Release{}, ErrNoRelease
	case c.kind == GitHub && len(path) == 2:
		q.path = "/repos/" + segment(path[0]) + "/" + segment(path[1]) + "/releases/tags/" + segment(tag)
		q.header = http.Header{"Accept": {"application/vnd.github+json"}, "X-Github-Api-Version": {"2022-11-28"}}
	case (c.kind == Gitea || c.kind == Forgejo) && len(path) == 2:
		q.path = "/repos/" + segment(path[0]) + "/" + segment(path[1]) + "/releases/tags/" + segment(tag)
	case c.kind == GitLab && len(path) >= 2:
		q.path = "/projects/" + segment(strings.Join(path, "/")) + "/releases/" + segment(tag)
	default:
		return Release{}, ErrNoRelease
	}
	var got struct {
		Body        string `json:"body"`
		Description string `json:"description"` // at GitLab
		Draft       bool   `json:"draft"`
	}
	if _, err := c.do(ctx, q, &got); err != nil {
		if unlessDeclined(err) == nil {
			return Release{}, ErrNoRelease
		}
		return Release{}, err
	}
	if got.Draft {
		return Release{}, ErrNoRelease
	}
	text := got.Body + got.Description
	return Release{Tag: tag, Text: strings.ToValidUTF8(text[:min(len(text), maxRelease)], "")}, nil
}

// below returns the path of a repository of this forge from the address of its page.
func (c *requester) below(page string) ([]string, bool) {
	u, err := url.Parse(page)
	if err != nil || !strings.EqualFold(u.Host, c.web.Host) || u.User != nil {
		return nil, false
	}
	root, path := segments(c.web.Path), segments(u.Path)
	if !hasSegments(path, c.web.Path) || len(path) == len(root) {
		return nil, false
	}
	path = path[len(root):]
	for _, s := range path {
		if s == "" || s == "." || s == ".." {
			return nil, false
		}
	}
	return path, true
}
