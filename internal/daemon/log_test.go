package daemon

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestFailuresLogged: what keeps all policies of a Git repository from being decided is logged once, and how many they are.
func TestFailuresLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(30, 1, 2, "1h"))
	w.down["fleet-1"] = true
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		_, stop := begin(t, Options{Load: w.load, Log: slog.New(slog.NewTextHandler(&out, nil))})
		after(10 * time.Second)
		stop()
	})
	if got := strings.Count(out.String(), `"a policy has failed"`); got != 1 {
		t.Errorf("%d failures are logged, want 1:\n%s", got, &out)
	}
	if !strings.Contains(out.String(), `msg="more policies have failed" count=14`) {
		t.Errorf("how many more have failed is not logged:\n%s", &out)
	}
}
