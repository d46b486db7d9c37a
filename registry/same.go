package registry

import (
	"context"
	"errors"

	"github.com/image-updater/image-updater/image"
)

// SameImages reports whether two digests of a tag are known to be indexes of the same images for the same platforms, so
// that only what stands beside these has changed: attestations, annotations. It never takes a pull: where the registry
// counts them, it is known only of what was read before. Beside an error it is not known.
func (c *Client) SameImages(ctx context.Context, repository image.Repository, tag string, a, b image.Digest) (bool, error) {
	op := "comparing two digests of tag " + tag
	ctx, h, end, err := c.begin(ctx, op, repository)
	if err != nil {
		return false, err
	}
	defer end()
	same, err := h.sameImages(ctx, repository, tag, a, b)
	if err != nil && !errors.Is(err, errCounted) {
		return false, h.wrap(op, repository, err)
	}
	return same, nil
}

func (h *host) sameImages(ctx context.Context, r image.Repository, tag string, a, b image.Digest) (bool, error) {
	c, err := h.keys.get(ctx)
	if err != nil {
		return false, err
	}
	x := reading{host: h, repository: r, tag: tag, credential: c, free: h.ledger.meters(c)}
	before, err := x.manifest(ctx, a)
	if err != nil || before.Images == "" {
		return false, explain(err, h.entry.Host, c)
	}
	after, err := x.manifest(ctx, b)
	if err != nil {
		return false, explain(err, h.entry.Host, c)
	}
	return before.Images == after.Images, nil
}
