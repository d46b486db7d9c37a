package registry

import (
	"context"

	"github.com/image-updater/image-updater/image"
)

// Kept returns the list that [Client.Details] would return if one of any age were fresh enough, and false where there is
// none. It asks nothing.
func (c *Client) Kept(ctx context.Context, repository image.Repository, want image.Facts) (DetailList, bool, error) {
	ctx, h, end, err := c.begin(ctx, opTags, repository)
	if err != nil {
		return DetailList{}, false, err
	}
	defer end()
	credential, err := h.keys.get(ctx)
	if err != nil {
		return DetailList{}, false, h.wrap(opTags, repository, err)
	}
	list, found := h.keptDetails(repository, want, credential)
	if !found {
		names, listed := h.cachedList(h.keyOf(repository.String(), credential), repository)
		if !listed {
			return DetailList{}, false, nil
		}
		list = names.details()
	}
	if err := h.addSightings(ctx, &list); err != nil {
		return DetailList{}, false, h.wrap(opTags, repository, err)
	}
	return list, true, nil
}

// keptDetails returns the list of an adapter that gives what is wanted, unless the names that the registry told are all
// that is had.
func (h *host) keptDetails(r image.Repository, want image.Facts, c credential) (DetailList, bool) {
	by := h.adapters.get()
	if by == nil || want&by.facts() == 0 || h.onlyNames(c, by, r) {
		return DetailList{}, false
	}
	entry, found := h.client.cache.Get(detailBucket, detailKey(by, r, c))
	if !found {
		return DetailList{}, false
	}
	known, err := decodeListing(entry.Value)
	if err != nil {
		return DetailList{}, false
	}
	list := known.details(r, entry.At)
	list.Cached, list.SecondHand = true, true
	return list, true
}

// Standing returns what is known about the pulls at a registry, and about its pauses. It asks nothing but, for the name
// of the account, the credentials.
func (c *Client) Standing(ctx context.Context, registry string) (Quota, error) {
	h, err := c.host(registry)
	if err != nil {
		return Quota{}, err
	}
	credential, err := h.keys.get(ctx)
	if err != nil {
		return Quota{Registry: registry, Remaining: -1, Parked: err}, nil
	}
	return h.paused(ctx, h.ledger.quota(credential, "")), nil
}

// paused adds to a quota whether the registry is left alone.
func (h *host) paused(ctx context.Context, q Quota) Quota {
	q.Paused, q.Parked = h.limit.pausedUntil(), h.parked(ctx)
	if hub := h.adapters.hub; hub != nil {
		q.TagsPause = hub.limit.pausedUntil()
	}
	return q
}
