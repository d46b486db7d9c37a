package registry

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/image-updater/image-updater/image"
)

// quayPageSize is the largest that Quay's API gives.
const quayPageSize = 100

// quayTags asks Quay's own API, which tells digest and time of push, a hundred tags in a page and the newest first. It
// is asked without credentials: it takes OAuth tokens, and none of what opens the registry. So it tells nothing of
// private repositories. It does not count the tags of a repository: where the first page is not the last, the names come
// from the registry.
type quayTags struct{ host *host }

func (*quayTags) facts() image.Facts { return image.DigestFact | image.PushedFact }

func (*quayTags) secondHand() bool { return false }

func (q *quayTags) place() string { return q.host.base.String() }

func (q *quayTags) list(ctx context.Context, r image.Repository, known listing) (listing, error) {
	ctx = withCall(ctx, &call{path: r.Path, maxBody: maxAPIPage})
	n := &newestFirst{known: known, names: q.host.allNames(r), page: func(ctx context.Context, number int) (newestPage, error) {
		return q.page(ctx, q.host.apiURL("/api/v1/repository/"+r.Path+"/tag/", url.Values{
			"onlyActiveTags": {"true"}, "limit": {strconv.Itoa(quayPageSize)}, "page": {strconv.Itoa(number)},
		}))
	}}
	l, err := n.list(ctx)
	l.facts = q.facts()
	return l, err
}

func (q *quayTags) page(ctx context.Context, at *url.URL) (newestPage, error) {
	var answer struct {
		Tags []struct {
			Name    string `json:"name"`
			Digest  string `json:"manifest_digest"`
			Started int64  `json:"start_ts"` // in seconds
		} `json:"tags"`
		More bool `json:"has_additional"`
	}
	if _, err := q.host.ask(ctx, q.host.plain, at, nil, &answer); err != nil {
		return newestPage{}, err
	}
	if answer.Tags == nil {
		return newestPage{}, &notTold{&Error{Message: "the list is not of the form that Quay's have"}}
	}
	page := newestPage{count: -1, more: answer.More}
	for _, t := range answer.Tags {
		if !image.IsTag(t.Name) {
			page.dropped++
			continue
		}
		var pushed time.Time
		if t.Started > 0 && t.Started < 1<<38 {
			pushed = time.Unix(t.Started, 0).UTC()
		}
		page.tags = append(page.tags, newListed(t.Name, t.Digest, pushed, pushed))
	}
	return page, nil
}
