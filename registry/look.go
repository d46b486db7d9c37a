package registry

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/image-updater/image-updater/image"
)

// ErrNoTag is the cause of the error of [Client.Look] when the registry has no such tag, or no such repository.
var ErrNoTag = errors.New("the registry has no such tag")

// headBucket holds which digest a tag had.
const headBucket = "tag"

// head is the digest of a tag at one time.
type head struct {
	digest image.Digest
	at     time.Time // when the registry was asked
	cached bool      // it was asked earlier
}

// serves reports whether an answer that was kept is one for whoever wants to know what has been true since then. The cache
// keeps microseconds. What is from the future serves nobody: the clock was set back.
func (h head) serves(since, now time.Time) bool {
	return !since.IsZero() && !h.at.Before(since.Truncate(time.Microsecond)) && !h.at.After(now)
}

// Look returns what is wanted of one tag: always its digest and when it was first seen with it, and on top the platforms
// and the build time. The digest comes from a HEAD, which no registry counts as a pull; one that was looked up since
// then is taken without a request, and with a zero since the registry is asked in any case. What a digest leads to never
// changes: it is read once, and kept.
//
// The build time of an index is that of its image for linux/amd64, or of its first. What is no image, or cannot be read
// as one, offers no platforms and has no build time. The push time is nothing that a tag can be asked for.
//
// Reading it takes one GET of a manifest, for the build time of an index two; registries that have a quota count them
// as pulls. One that the quota does not leave room for is not sent: then the error is a [*QuotaError] below an
// [*Error], and the tag beside it has what was found without.
//
// Where the registry does not answer HEAD with a digest, and counts no pulls, the manifest itself is asked for.
func (c *Client) Look(ctx context.Context, repository image.Repository, tag string, want image.Facts, since time.Time) (Tag, error) {
	op := "looking up tag " + tag
	if err := image.CheckTag(tag); err != nil {
		return Tag{}, &Error{Op: "looking up a tag", Repository: repository, Err: err}
	}
	ctx, h, end, err := c.begin(ctx, op, repository)
	if err != nil {
		return Tag{}, err
	}
	defer end()
	found, err := h.look(ctx, repository, tag, want, since)
	if err != nil {
		return found, h.wrap(op, repository, err)
	}
	return found, nil
}

func (h *host) look(ctx context.Context, r image.Repository, tag string, want image.Facts, since time.Time) (Tag, error) {
	t := Tag{Name: tag}
	c, err := h.keys.get(ctx)
	if err != nil {
		return t, err
	}
	top, err := h.head(ctx, c, r, tag, since)
	if err != nil {
		return t, explain(err, h.entry.Host, c)
	}
	t.Digest = top.digest
	t.FirstSeen = h.see(h.keyOf(r.String(), c), tag, top)
	if want&(image.PlatformsFact|image.CreatedFact) == 0 {
		return t, nil
	}
	x := reading{host: h, repository: r, tag: tag, credential: c}
	err = x.describe(ctx, &t, want)
	if top.cached && errors.Is(err, ErrNoTag) {
		return h.look(ctx, r, tag, want, time.Time{}) // the tag has moved, and what it pointed to was deleted
	}
	if errors.Is(err, ErrNoTag) { // the tag is there, and must not give way to a lower one
		err = &Error{Status: http.StatusNotFound, Message: "the registry has the tag, but not the " + t.Digest.Short() + " it points to"}
	}
	if err != nil {
		return t, explain(err, h.entry.Host, c)
	}
	return t, nil
}

// head returns the digest of a tag, from the cache when it is young enough. However many ask for one tag at a time, the
// registry is asked once.
func (h *host) head(ctx context.Context, c credential, r image.Repository, tag string, since time.Time) (head, error) {
	key := h.keyOf(r.String()+":"+tag, c)
	for {
		top, err := h.client.heads.do(ctx, key, func() (head, error) {
			if top, found := h.keptHead(key); found && top.serves(since, h.client.now()) {
				return top, nil
			}
			return h.askHead(ctx, c, r, tag)
		})
		if err != nil {
			return head{}, err
		}
		if top.cached && !top.serves(since, h.client.now()) {
			continue // it was for another caller, who wants less
		}
		return top, nil
	}
}

func (h *host) keptHead(key string) (head, bool) {
	entry, found := h.client.cache.Get(headBucket, key)
	if !found {
		return head{}, false
	}
	digest, err := image.ParseDigest(string(entry.Value))
	return head{digest: digest, at: entry.At, cached: true}, err == nil
}

// askHead asks the registry and keeps the answer.
func (h *host) askHead(ctx context.Context, c credential, r image.Repository, tag string) (head, error) {
	key := h.keyOf(r.String()+":"+tag, c)
	h.tokens.expect(h.path(r))
	at := h.client.now()
	digest, err := h.headManifest(ctx, r, tag)
	if errors.Is(err, errNoDigest) && !h.ledger.meters(c) {
		digest, err = h.digestByGet(ctx, r, tag)
	}
	if errors.Is(err, ErrNoTag) {
		h.client.cache.Delete(headBucket, key)
		h.forget(h.keyOf(r.String(), c), tag)
	}
	if err != nil {
		return head{}, err
	}
	if err := h.client.cache.Put(headBucket, key, []byte(digest), at); err != nil {
		h.client.log.DebugContext(ctx, "digest is not kept", "repository", r.String(), "tag", tag, "err", err)
	}
	return head{digest: digest, at: at}, nil
}

// digestByGet reads the digest off the manifest itself, which is kept for those who want more than the digest.
func (h *host) digestByGet(ctx context.Context, r image.Repository, tag string) (image.Digest, error) {
	body, err := h.getManifest(ctx, r, tag)
	if err != nil {
		return "", err
	}
	digest := digestOf(body)
	h.keep(manifestBucket, digest, parseManifest(body))
	return digest, nil
}
