package registry

import (
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestPauseGrows: a registry that refuses whatever is asked, whenever, is asked after 1, 2, 4 ... 60 minutes, by one
// process or by many; after a calm time it begins anew.
func TestPauseGrows(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"one process": false, "a process each": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Not in a bubble, for the cache has a file: the clock is moved by hand.
			now := noon
			r := registrytest.New(registrytest.Options{})
			r.Break(registrytest.List, registrytest.Fault{Status: 429})
			path := filepath.Join(t.TempDir(), "cache.db")
			state := openCache(t, path)
			o := withoutSockets(r, unlimited)
			o.Now = func() time.Time { return now }
			o.Cache = state
			c := newClient(t, o)
			var minutes []int
			for range 9 {
				_, err := c.Tags(t.Context(), repository("a"), 0)
				e := asError(t, err, "429 Too Many Requests: not asked again before")
				minutes = append(minutes, int(e.RetryAfter/time.Minute))
				now = e.Until.Add(-time.Second)
				_, err = c.Tags(t.Context(), repository("b"), 0)
				asError(t, err, "asked to be left alone")
				if now = e.Until; len(minutes) == 8 {
					now = now.Add(calm)
				}
				if restart {
					c.Close()
					state.Close()
					state = openCache(t, path)
					o.Cache = state
					c = newClient(t, o)
				}
			}
			if diff := cmp.Diff([]int{1, 2, 4, 8, 16, 32, 60, 60, 1}, minutes); diff != "" {
				t.Errorf("pauses in minutes (-want +got):\n%s", diff)
			}
			if got := r.Counts().Total(); got != 9 {
				t.Errorf("%d requests, want 9", got)
			}
		})
	}
}

// TestPauseAsIsAsked: a registry that says for how long is obeyed to the letter, again and again, while it answers
// between.
func TestPauseAsIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{})
		r.Add("a", "1.0")
		c := newClient(t, withoutSockets(r, unlimited))
		for range 3 {
			if _, err := c.Tags(t.Context(), repository("a"), 0); err != nil {
				t.Error(err)
			}
			r.Break(registrytest.List, registrytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"30"}}, Times: 1})
			_, err := c.Tags(t.Context(), repository("a"), 0)
			e := asError(t, err, "429")
			if e.RetryAfter != 31*time.Second {
				t.Errorf("paused for %v, want 31s", e.RetryAfter)
			}
			<-time.After(e.RetryAfter)
		}
		r.Break(registrytest.List, registrytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"30"}}})
		var last time.Duration
		for range 3 {
			_, err := c.Tags(t.Context(), repository("a"), 0)
			e := asError(t, err, "429")
			if e.RetryAfter < last {
				t.Errorf("paused for %v after %v, though the first request after it was refused", e.RetryAfter, last)
			}
			last = e.RetryAfter
			<-time.After(e.RetryAfter)
		}
		if last < 8*time.Minute {
			t.Errorf("the last pause is %v", last)
		}
	})
}
