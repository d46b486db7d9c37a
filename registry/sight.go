package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
)

const (
	sightBucket = "sight"
	maxSights   = 2000           // of one repository; what nobody looked at for longest goes first
	sightAge    = 24 * time.Hour // a look that is no older need not be noted again
)

// sight is the clock by which the age of a tag runs where no registry tells when it was pushed. It runs for one digest:
// when the tag moves it begins anew.
type sight struct {
	Digest image.Digest `json:"digest"`
	First  time.Time    `json:"first"`
	Last   time.Time    `json:"last"` // looked at, to within sightAge
}

// sightings returns the clocks of a repository's tags, by tag, without a request.
func (h *host) sightings(ctx context.Context, r image.Repository) (map[string]sight, error) {
	c, err := h.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	h.client.sighting.Lock()
	defer h.client.sighting.Unlock()
	return h.loadSights(h.keyOf(r.String(), c)), nil
}

// see notes that a tag had a digest, and returns since when it has been so. A clock that began in the future begins
// anew: ours was set back.
func (h *host) see(key, tag string, top head) time.Time {
	h.client.sighting.Lock()
	defer h.client.sighting.Unlock()
	now := h.client.now()
	sights := h.loadSights(key)
	s := sights[tag]
	known := s.Digest == top.digest && !s.First.After(now)
	if known && !s.Last.After(now) && now.Sub(s.Last) < sightAge {
		return s.First
	}
	if !known {
		s = sight{Digest: top.digest, First: top.at.UTC().Truncate(time.Millisecond)}
	}
	s.Last = now.UTC().Truncate(time.Millisecond)
	sights[tag] = s
	if len(sights) > maxSights {
		oldest := slices.MinFunc(slices.Sorted(maps.Keys(sights)), func(a, b string) int {
			return cmp.Or(sights[a].Last.Compare(sights[b].Last), cmp.Compare(a, b))
		})
		delete(sights, oldest)
	}
	h.saveSights(key, sights)
	return s.First
}

// forget drops the clock of a tag that is gone.
func (h *host) forget(key, tag string) {
	h.client.sighting.Lock()
	defer h.client.sighting.Unlock()
	sights := h.loadSights(key)
	if _, found := sights[tag]; found {
		delete(sights, tag)
		h.saveSights(key, sights)
	}
}

// forgetLost drops the clocks of all tags but those in the list, which is sorted.
func (h *host) forgetLost(key string, tags []string) {
	if !h.sighted.Load() {
		return // without a look at the file for each list
	}
	h.client.sighting.Lock()
	defer h.client.sighting.Unlock()
	sights := h.loadSights(key)
	before := len(sights)
	maps.DeleteFunc(sights, func(tag string, _ sight) bool {
		_, found := slices.BinarySearch(tags, tag)
		return !found
	})
	if len(sights) < before {
		h.saveSights(key, sights)
	}
}

// loadSights returns the clocks of a repository; Client.sighting is held, here and below.
func (h *host) loadSights(key string) map[string]sight {
	var sights map[string]sight
	entry, found := h.client.cache.Get(sightBucket, key)
	if !found || json.Unmarshal(entry.Value, &sights) != nil || sights == nil {
		return make(map[string]sight)
	}
	return sights
}

func (h *host) saveSights(key string, sights map[string]sight) {
	if len(sights) == 0 {
		h.client.cache.Delete(sightBucket, key)
		return
	}
	data, err := json.Marshal(sights)
	if err == nil {
		err = h.client.cache.Put(sightBucket, key, data, h.client.now())
	}
	if err != nil {
		h.client.log.Debug("sightings are not kept", "key", key, "err", err)
		return
	}
	if h.sighted.CompareAndSwap(false, true) {
		h.client.cache.Put(sightBucket, h.place(), nil, h.client.now())
	}
}

// loadSighted finds out whether any tag of the registry has a clock: where policies want none, none has.
func (h *host) loadSighted() {
	_, found := h.client.cache.Get(sightBucket, h.place())
	h.sighted.Store(found)
}
