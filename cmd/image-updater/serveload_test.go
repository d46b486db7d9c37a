package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/cache"
)

// Who is started beside a daemon that holds the state is told that it waits, and after a while that it does so in vain.
func TestOpenKeepBesideAnother(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	began := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	a := &app{stderr: &stderr, env: os.LookupEnv, stateDir: t.TempDir(), logLevel: "warn", logFormat: "text", now: func() time.Time {
		if strings.Contains(stderr.String(), "waiting for another process") {
			return began.Add(2 * lockWithin)
		}
		return began
	}}
	holder, err := a.openCache(t.Context(), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Close()
	keep, err := a.openKeep(t.Context())
	e, ok := errors.AsType[*exit](err)
	if keep != nil || !ok || e.code != exitFailed || !strings.Contains(err.Error(), "is in use by another process") || len(e.hints) != 1 {
		t.Errorf("%v", err)
	}
	if n := strings.Count(stderr.String(), "waiting for another process to let go of the cache"); n != 1 {
		t.Errorf("told %d times:\n%s", n, &stderr)
	}
}
