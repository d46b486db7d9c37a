package main

import (
	"log/slog"
	"time"

	"github.com/image-updater/image-updater/cache"
)

// forgePauseBucket is where the cache keeps until when forges want no requests.
const forgePauseBucket = "forge-pause"

// longestForgePause is more than a forge is taken at its word for: a pause beyond it was kept by a clock that went wrong.
const longestForgePause = 25 * time.Hour

// forgePauses keeps in the cache until when forges want no requests, so that the next process leaves them alone, too.
type forgePauses struct {
	cache *cache.Cache
	now   func() time.Time
	log   *slog.Logger
}

// Until returns the end of the pause of a host, or the zero time.
func (p forgePauses) Until(host string) time.Time {
	entry, found := p.cache.Get(forgePauseBucket, host)
	if !found {
		return time.Time{}
	}
	until, err := time.Parse(time.RFC3339, string(entry.Value))
	if err != nil || until.After(p.now().Add(longestForgePause)) {
		return time.Time{}
	}
	return until
}

// Pause keeps until when a host wants no requests.
func (p forgePauses) Pause(host string, until time.Time) {
	if err := p.cache.Put(forgePauseBucket, host, []byte(until.UTC().Format(time.RFC3339)), p.now()); err != nil {
		p.log.Warn("pause of a forge is not kept for the next process", "url", host, "err", err)
	}
}
