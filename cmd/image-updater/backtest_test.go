package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/policy"
)

func TestWaited(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for wait, want := range map[time.Duration]string{
		0: "at once", time.Millisecond: "at once", 90 * time.Second: "waited 1m30s",
		24 * time.Hour: "waited 1d", 36 * time.Hour: "waited 1d12h", 72*time.Hour + time.Second: "waited 3d1s",
	} {
		if got := waited(policy.Update{At: at.Add(wait), Pushed: at}); got != want {
			t.Errorf("after %v: %q, want %q", wait, got, want)
		}
	}
}

// An update of a digest names the digests, as the tags are the same. A wait is in seconds, whatever it comes from.
func TestBacktestOfDigests(t *testing.T) {
	t.Parallel()
	p, err := policy.New(policy.Spec{Select: policy.Select{Kind: policy.FollowDigest, Arg: "16"}, Guard: policy.Guard{MinAge: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.FixedZone("", 3600))
	replay := p.Replay(policy.Current{}, []policy.Candidate{
		{Tag: "16", Digest: "sha256:a", Pushed: at},
		{Tag: "16", Digest: "sha256:b", Pushed: at.Add(24 * time.Hour)},
	}, time.Time{})
	got := backtestOf(config.Policy{Name: "postgres"}, replay)
	pushed := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	want := []updateJSON{{At: pushed.Add(time.Hour), From: "16@sha256:a", To: "16@sha256:b", Pushed: pushed, Waited: 3600}}
	if diff := cmp.Diff(want, got.Updates); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if since := pushed.Add(-23 * time.Hour); got.Start != "16" || got.End != "16" || !got.Since.Equal(since) {
		t.Errorf("from %s to %s since %v, want 16 and %v", got.Start, got.End, got.Since, since)
	}
}
