package registry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/image-updater/image-updater/image"
)

const (
	hubPageSize = 100  // the largest that Docker Hub's tag API gives
	hubShown    = 1000 // tags that it shows to everyone
)

// dockerHubTags asks Docker Hub's tag API, which costs no pull: it tells digest, time of push and platforms of all tags,
// a hundred in a page, the newest first. It has a limit, an account and an address of its own.
//
// Without an account it shows the thousand newest tags of a repository (since August 2026); the names of the others
// come from the registry.
type dockerHubTags struct {
	host *host // docker.io
	api  *hubAPI
}

func (*dockerHubTags) facts() image.Facts {
	return image.DigestFact | image.PushedFact | image.PlatformsFact
}

func (*dockerHubTags) secondHand() bool { return true }

func (d *dockerHubTags) place() string { return d.api.base.String() + "/" + d.api.prefix }

func (d *dockerHubTags) list(ctx context.Context, r image.Repository, known listing) (listing, error) {
	namespace, name, found := strings.Cut(r.Path, "/")
	if !found || strings.Contains(name, "/") {
		return listing{}, &notTold{&Error{Message: "not a name of Docker Hub"}}
	}
	path := "/" + d.api.prefix + "v2/namespaces/" + namespace + "/repositories/" + name + "/tags"
	ctx = withCall(ctx, &call{path: r.Path, maxBody: maxAPIPage})
	n := &newestFirst{known: known, names: d.host.allNames(r), page: func(ctx context.Context, number int) (newestPage, error) {
		return d.page(ctx, d.api.apiURL(path, url.Values{
			"page": {strconv.Itoa(number)}, "page_size": {strconv.Itoa(hubPageSize)}, "ordering": {"last_updated"},
		}), number)
	}}
	l, err := n.list(ctx)
	l.facts = d.facts()
	return l, err
}

// hubPage is a page as the tag API sends it.
type hubPage struct {
	Count   *int            `json:"count"`
	Next    json.RawMessage `json:"next"` // whether there is one is all that is taken from it: it is a URL of another's making
	Results []struct {
		Name        string     `json:"name"`
		Digest      string     `json:"digest"`
		LastUpdated string     `json:"last_updated"`
		LastPushed  string     `json:"tag_last_pushed"`
		Images      []platform `json:"images"`
	} `json:"results"`
}

// isSet reports whether a member is there and more than null or an empty text.
func isSet(member json.RawMessage) bool {
	text := string(member)
	return text != "" && text != "null" && text != `""`
}

func (d *dockerHubTags) page(ctx context.Context, at *url.URL, number int) (newestPage, error) {
	var answer hubPage
	err := d.api.ask(ctx, d.host, at, &answer)
	if refused, ok := errors.AsType[*notTold](err); ok && number > 1 && refused.err.Status != http.StatusUnauthorized {
		return newestPage{cut: true}, nil // behind the thousandth tag, or the last
	}
	if err != nil {
		return newestPage{}, err
	}
	if answer.Count == nil || *answer.Count < 0 || answer.Results == nil {
		return newestPage{}, &Error{step: "asking " + at.Host + " for tags", Message: "the answer has no count and no tags"}
	}
	page := newestPage{count: *answer.Count, more: isSet(answer.Next)}
	for _, result := range answer.Results {
		if !image.IsTag(result.Name) {
			page.dropped++
			continue
		}
		tag := newListed(result.Name, result.Digest, parseTime(result.LastUpdated), parseTime(result.LastPushed))
		for _, p := range result.Images {
			tag.Platforms = addPlatform(tag.Platforms, p)
		}
		page.tags = append(page.tags, tag)
	}
	return page, nil
}
