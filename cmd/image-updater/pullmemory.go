package main

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/internal/proposal"
)

// pullBucket is where the cache keeps what was seen of pull requests.
const pullBucket = "pull-request"

// pullMemory keeps in the cache what was seen of pull requests.
type pullMemory struct {
	cache *cache.Cache
	now   func() time.Time
	log   *slog.Logger
}

func pullKey(url, head string) string { return url + " " + head }

// Recall returns what was kept last, or nothing.
func (m pullMemory) Recall(url, head string) proposal.Memory {
	entry, found := m.cache.Get(pullBucket, pullKey(url, head))
	if !found {
		return proposal.Memory{}
	}
	var kept proposal.Memory
	if err := json.Unmarshal(entry.Value, &kept); err != nil {
		return proposal.Memory{} // of another version: it is learned again
	}
	return kept
}

// Remember keeps what was seen. What cannot be kept costs a look at the forge.
func (m pullMemory) Remember(url, head string, seen proposal.Memory) {
	data, err := json.Marshal(seen)
	if err == nil {
		err = m.cache.Put(pullBucket, pullKey(url, head), data, m.now())
	}
	if seen.Opening { // it is worth nothing unless it is there before the request
		m.cache.Flush()
	}
	if err != nil {
		m.log.Warn("remembering a pull request", "branch", head, "err", err)
	}
}
