package main

import (
	"io"
	"os"
	"testing"
	"time"

	"github.com/image-updater/image-updater/cache"
)

// The cache is opened with the bounds that are asked for: one that it must refuse is refused.
func TestOpenCacheWithBounds(t *testing.T) {
	t.Parallel()
	a := &app{stderr: io.Discard, env: os.LookupEnv, now: time.Now, stateDir: t.TempDir()}
	store, err := a.openCache(t.Context(), cache.Options{MaxMemory: -1})
	if err == nil {
		t.Errorf("a negative bound was not seen: %v", store.Close())
	}
}
