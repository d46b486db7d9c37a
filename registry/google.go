package registry

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
)

// googleTags reads the extended tag list of Google's registries: beside the tags it has all manifests, with their tags
// and times, whatever is asked for. So everything comes at the price of the names.
//
// A time of upload is the manifest's: a tag that was moved to a manifest uploaded earlier has that earlier time.
type googleTags struct{ host *host }

func (*googleTags) facts() image.Facts {
	return image.DigestFact | image.PushedFact | image.CreatedFact
}

func (*googleTags) secondHand() bool { return false }

func (g *googleTags) place() string { return g.host.base.String() }

// googleManifest is what the list tells of one manifest. Numbers are written as strings.
type googleManifest struct {
	Tags     []string        `json:"tag"`
	Uploaded json.RawMessage `json:"timeUploadedMs"`
	Created  json.RawMessage `json:"timeCreatedMs"` // "0" in Artifact Registry
}

func (g *googleTags) list(ctx context.Context, r image.Repository, _ listing) (listing, error) {
	h := g.host
	path := h.path(r)
	h.tokens.expect(path)
	at := h.url(path + "/tags/list")
	at.RawQuery = url.Values{"n": {strconv.Itoa(h.habits.pageSize)}}.Encode()
	var answer struct {
		Tags      []string                  `json:"tags"`
		Manifests map[string]googleManifest `json:"manifest"`
	}
	header, err := h.ask(withCall(ctx, &call{path: path, maxBody: maxListPage}), h.authorized, at, nil, &answer)
	if err != nil {
		return listing{}, err
	}
	if nextLink(header) != "" || len(answer.Tags) > maxTags || answer.Manifests == nil {
		return listing{}, &notTold{&Error{Message: "the list is not of the form that Google's have"}}
	}
	return g.listing(answer.Tags, answer.Manifests), nil
}

func (g *googleTags) listing(names []string, manifests map[string]googleManifest) listing {
	l := listing{facts: g.facts()}
	told := make(map[string]Tag, len(names))
	twice := make(map[string]bool) // named by two manifests, of which one is wrong
	for digest, m := range manifests {
		tag := Tag{Pushed: parseMillis(m.Uploaded), Created: parseMillis(m.Created)}
		tag.Digest, _ = image.ParseDigest(digest)
		for _, name := range m.Tags {
			if _, found := told[name]; found {
				twice[name] = true
			}
			told[name] = tag
		}
	}
	undated := false
	names, l.dropped = legalTags(names)
	for _, name := range names {
		tag := told[name]
		if twice[name] {
			tag = Tag{}
		}
		tag.Name = name
		undated = undated || tag.Created.IsZero()
		l.tags = append(l.tags, listed{Tag: tag})
	}
	if undated {
		l.facts &^= image.CreatedFact
	}
	return l
}

// parseMillis reads milliseconds since 1970; 0 is unknown.
func parseMillis(text json.RawMessage) time.Time {
	ms, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	if err != nil || ms <= 0 || ms > 1<<48 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
