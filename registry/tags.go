package registry

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
)

// TagList is the whole list of tags of a repository at one time.
type TagList struct {
	Repository image.Repository
	Tags       []string  // sorted by bytes, distinct, legal
	At         time.Time // when the registry was asked
	Cached     bool      // it was asked earlier, or by another process
	Dropped    int       // tags that break the grammar of tags, and are not in Tags
}

const (
	listBucket = "list"
	opTags     = "listing tags"
)

// Tags returns the tags of a repository. A list in the cache that is younger than fresh is returned without a request;
// with fresh <= 0 the registry is always asked. However many ask for one repository at a time, it is listed once. The
// error is an [*Error], and there is no part of a list with it.
func (c *Client) Tags(ctx context.Context, repository image.Repository, fresh time.Duration) (TagList, error) {
	ctx, h, end, err := c.begin(ctx, opTags, repository)
	if err != nil {
		return TagList{}, err
	}
	defer end()
	for {
		list, err := c.lists.do(ctx, repository.String(), func() (TagList, error) { return h.tags(ctx, repository, fresh) })
		if err != nil {
			return TagList{}, h.wrap(opTags, repository, err)
		}
		if list.Cached && !young(list.At, c.now(), fresh) {
			continue // it was for another caller, who wants less
		}
		list.Tags = slices.Clone(list.Tags) // others may have got the same one
		return list, nil
	}
}

// young reports whether what was true then is fresh enough. What is from the future is not: the clock was set back.
func young(at, now time.Time, fresh time.Duration) bool {
	age := now.Sub(at)
	return age >= 0 && age < fresh
}

// tags returns the list from the cache or from the registry.
func (h *host) tags(ctx context.Context, r image.Repository, fresh time.Duration) (TagList, error) {
	credential, err := h.keys.get(ctx)
	if err != nil {
		return TagList{}, err
	}
	key := h.keyOf(r.String(), credential)
	if fresh > 0 {
		if list, found := h.cachedList(key, r); found && young(list.At, h.client.now(), fresh) {
			return list, nil
		}
	}
	h.tokens.expect(h.path(r))
	at := h.client.now()
	tags, dropped, err := h.list(ctx, r)
	if err != nil {
		return TagList{}, explain(err, h.entry.Host, credential)
	}
	h.forgetLost(key, tags)
	if err := h.client.cache.Put(listBucket, key, encodeList(tags, dropped), at); err != nil {
		h.client.log.DebugContext(ctx, "tag list is not kept", "repository", r.String(), "err", err)
	}
	return TagList{Repository: r, Tags: tags, At: at, Dropped: dropped}, nil
}

func (h *host) cachedList(key string, r image.Repository) (TagList, bool) {
	entry, found := h.client.cache.Get(listBucket, key)
	if !found {
		return TagList{}, false
	}
	tags, dropped, err := decodeList(entry.Value)
	if err != nil {
		return TagList{}, false
	}
	return TagList{Repository: r, Tags: tags, At: entry.At, Cached: true, Dropped: dropped}, true
}

// explain adds to a refusal what was shown: a registry says the same of a wrong password, of none, of a repository that
// is another's and often of one that does not exist.
func explain(err error, host string, c credential) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Err != nil || e.Status != http.StatusUnauthorized && e.Status != http.StatusForbidden {
		return err
	}
	explained := *e
	explained.Err = errors.New("the credentials for " + host + " are refused, or give no right to it")
	if c == (credential{}) {
		explained.Err = errors.New("no credentials for " + host + " were found")
	}
	return &explained
}
