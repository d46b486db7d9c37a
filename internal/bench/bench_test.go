package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	broken := report(&out, []figure{
		{name: "told", ours: "1"},
		{name: "good", ours: "2", baselines: []baseline{{"theirs", "9"}}, promise: "under 3"},
		{name: "bad", ours: "4", promise: "under 3", broken: true},
	})
	if broken != 1 {
		t.Errorf("got %d broken promises, want 1", broken)
	}
	want := `told
  image-updater               1

good
  image-updater               2
  theirs                      9
  promise kept                under 3

bad
  image-updater               4
  promise BROKEN              under 3

`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// The median counts, and the sides take turns, so that a disturbance meets all of them.
func TestContest(t *testing.T) {
	t.Parallel()
	var order []string
	side := func(name string, took ...time.Duration) func(context.Context, int) (usage, error) {
		return func(_ context.Context, run int) (usage, error) {
			order = append(order, name)
			return usage{CPU: took[run]}, nil
		}
	}
	medians, err := contest(t.Context(), 3, side("a", 9, 1, 5), side("b", 2, 2, 7))
	if err != nil {
		t.Fatal(err)
	}
	if medians[0].CPU != 5 || medians[1].CPU != 2 {
		t.Errorf("got medians %v and %v, want 5 and 2", medians[0].CPU, medians[1].CPU)
	}
	if got := strings.Join(order, ""); got != "ababab" {
		t.Errorf("got order %s, want ababab", got)
	}
}

// The baseline has to do the whole work, or it would be none.
func TestReprint(t *testing.T) {
	t.Parallel()
	printed, changed, err := reprint([]byte(manifest("web", wantedImage, "1.4.2")), wantedImage, wantedImage+":1.5.0")
	if err != nil || !changed {
		t.Fatalf("got changed %t and error %v", changed, err)
	}
	for _, want := range []string{"image: " + wantedImage + ":1.5.0 # moved by the updater", "kind: Service", "targetPort: http"} {
		if !strings.Contains(string(printed), want) {
			t.Errorf("%q is missing in\n%s", want, printed)
		}
	}
	if _, changed, err := reprint([]byte(manifest("api", "nginx", "1.27.4")), wantedImage, "x"); changed || err != nil {
		t.Errorf("another image: got changed %t and error %v", changed, err)
	}
}

// A writer that got in tells how often it tried; one that tells nothing must not count as none.
func TestLoggedAttempts(t *testing.T) {
	t.Parallel()
	const log = `{"level":"WARN","msg":"branch has moved, trying again","branch":"main"}
{"level":"INFO","msg":"pushed commits","branch":"main","commits":1,"attempts":7}
`
	if got, err := loggedAttempts(log); got != 7 || err != nil {
		t.Errorf("got %d and error %v, want 7", got, err)
	}
	if got, err := loggedAttempts("note: something else\n"); err == nil {
		t.Errorf("got %d, want an error", got)
	}
}
