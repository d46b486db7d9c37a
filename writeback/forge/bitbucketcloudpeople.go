package forge

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// RequestReview takes nicknames, and ids in braces. The names are looked for among the members of the workspace.
func (b *bitbucketCloud) RequestReview(ctx context.Context, p PullRequest, names []string) error {
	const doing = "asking for a review"
	whole, err := b.single(ctx, doing, p)
	if err != nil {
		return optional(err)
	}
	for _, name := range names {
		who := bitbucketCloudUser{UUID: name}
		if !strings.HasPrefix(name, "{") {
			if who, err = b.member(ctx, doing, name); err != nil {
				return err
			}
		}
		if !slices.ContainsFunc(whole.Reviewers, func(r bitbucketCloudUser) bool { return r.UUID == who.UUID }) {
			whole.Reviewers = append(whole.Reviewers, who)
		}
	}
	_, err = b.put(ctx, doing, p, whole)
	return optional(err)
}

func (b *bitbucketCloud) member(ctx context.Context, doing, nickname string) (bitbucketCloudUser, error) {
	type membership struct {
		User bitbucketCloudUser `json:"user"`
	}
	q := call{
		doing: doing, method: http.MethodGet, path: "/workspaces/" + segment(b.workspace) + "/members", query: url.Values{"pagelen": {"100"}},
	}
	for m, err := range bitbucketCloudList[membership](ctx, b, q) {
		if err != nil {
			return bitbucketCloudUser{}, optional(err)
		}
		if strings.EqualFold(m.User.Nickname, nickname) {
			return m.User, nil
		}
	}
	return bitbucketCloudUser{}, missing(doing, []string{nickname}, nil)
}
