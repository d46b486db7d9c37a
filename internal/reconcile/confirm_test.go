package reconcile_test

import (
	"testing"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

// What is written is what the registry says in this pass. That a tag was looked at within the interval is enough to let
// it wait, and not enough to take it for as old as it was then, or its digest for the one it has.
func TestWhatIsWrittenIsConfirmed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, keys, tag string
		changed         bool
		digest          image.Digest
	}{
		{name: "moved, and young again", keys: "guard: {minAge: 3d}, pin: true", tag: "1.0.1"},
		{name: "for the platforms it had", keys: "guard: {platforms: [linux/amd64]}", tag: "1.0.1"},
		{name: "followed", keys: "select: {digest: stable}", tag: "stable", changed: true, digest: digestOf(9)},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			amd64 := []image.Platform{{OS: "linux", Architecture: "amd64"}}
			old := policy.Candidate{Tag: test.tag, Digest: digestOf(1), FirstSeen: now.Add(-100 * time.Hour), Platforms: amd64}
			s := &source{tags: map[string][]string{hub: {"1.0.0", test.tag}}, remembered: map[string]policy.Candidate{hub + ":" + test.tag: old},
				known: map[string]policy.Candidate{hub + ":" + test.tag: {Digest: old.Digest, FirstSeen: old.FirstSeen}},
				look: func(string, image.Facts) (policy.Candidate, error) {
					return policy.Candidate{Digest: digestOf(9), FirstSeen: now, Platforms: []image.Platform{}}, nil
				}}
			current := policy.Current{Tag: "1.0.0", Digest: digestOf(0)}
			if test.tag == "stable" {
				current.Tag = test.tag
			}
			d, err := decide(t, test.keys, s, current)
			if err != nil || d.Changed != test.changed || d.Changed && d.Digest != test.digest {
				t.Errorf("chose %s@%s (changed: %v), %v", d.Chosen, d.Digest, d.Changed, err)
			}
		})
	}
}
