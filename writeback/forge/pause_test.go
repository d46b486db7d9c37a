package forge_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/writeback/forge"
)

type pauses map[string]time.Time

func (p pauses) Until(host string) time.Time        { return p[host] }
func (p pauses) Pause(host string, until time.Time) { p[host] = until }

// TestPauseOutlivesTheClient: the next client asks nothing before the time that the forge told the first one.
func TestPauseOutlivesTheClient(t *testing.T) {
	t.Parallel()
	for _, kind := range forgetest.Kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				kept := pauses{}
				remember := func(o *forge.Options) { o.Pauses = kept }
				first := newConformance(t, kind, remember)
				first.fake.Set(forgetest.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3600"}}})
				_, err := first.forge.Find(t.Context(), head, base)
				told, limited := errors.AsType[*forge.RateLimitError](err)
				if !limited || !told.Until.Equal(time.Now().Add(time.Hour)) {
					t.Fatal(err)
				}
				next := newConformance(t, kind, remember)
				_, err = next.forge.Find(t.Context(), head, base)
				if again, limited := errors.AsType[*forge.RateLimitError](err); !limited || !again.Until.Equal(told.Until) || next.fake.Count("") > 0 {
					t.Errorf("%v, after %d requests", err, next.fake.Count(""))
				}
				time.Sleep(time.Hour)
				if _, err := next.forge.Find(t.Context(), head, base); err != nil {
					t.Errorf("after the pause: %v", err)
				}
			})
		})
	}
}
