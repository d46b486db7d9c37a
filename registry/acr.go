package registry

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/image-updater/image-updater/image"
)

// azurePageSize is the largest that the API of Azure's registries gives.
const azurePageSize = 1000

// azureTags asks the API of Azure's registries, which tells digest and times, the newest first. What opens the registry
// opens it, with the scope metadata_read. It does not count the tags of a repository: where the first page is not the
// last, the names come from the registry.
type azureTags struct{ host *host }

func (*azureTags) facts() image.Facts { return image.DigestFact | image.PushedFact }

func (*azureTags) secondHand() bool { return false }

func (a *azureTags) place() string { return a.host.base.String() }

func (a *azureTags) list(ctx context.Context, r image.Repository, known listing) (listing, error) {
	a.host.tokens.expect(r.Path)
	ctx = withCall(ctx, &call{path: r.Path, maxBody: 2 * maxAPIPage})
	first := a.host.apiURL("/acr/v1/"+r.Path+"/_tags", url.Values{"orderby": {"timedesc"}, "n": {strconv.Itoa(azurePageSize)}})
	next := first
	n := &newestFirst{known: known, names: a.host.allNames(r), page: func(ctx context.Context, number int) (newestPage, error) {
		if number == 1 {
			next = first
		}
		page, link, err := a.page(ctx, next)
		if err != nil || link == "" {
			return page, err
		}
		if next = nextPage(next, link); next == nil {
			return newestPage{}, &Error{Message: "the list leads to another host"}
		}
		page.more = true
		return page, nil
	}}
	l, err := n.list(ctx)
	l.facts = a.facts()
	return l, err
}

func (a *azureTags) page(ctx context.Context, at *url.URL) (page newestPage, link string, err error) {
	var answer struct {
		Tags []struct {
			Name    string `json:"name"`
			Digest  string `json:"digest"`
			Updated string `json:"lastUpdateTime"`
		} `json:"tags"`
		Image string `json:"imageName"`
	}
	var header http.Header
	if header, err = a.host.ask(ctx, a.host.authorized, at, nil, &answer); err != nil {
		return newestPage{}, "", err
	}
	if answer.Tags == nil && answer.Image == "" {
		return newestPage{}, "", &notTold{&Error{Message: "the list is not of the form that Azure's have"}}
	}
	page.count = -1
	for _, t := range answer.Tags {
		if !image.IsTag(t.Name) {
			page.dropped++
			continue
		}
		updated := parseTime(t.Updated)
		page.tags = append(page.tags, newListed(t.Name, t.Digest, updated, updated))
	}
	return page, nextLink(header), nil
}
