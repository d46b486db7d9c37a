package reconcile_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/reconcile"
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

// A list of tags that the registry does not have is not followed down to its end.
func TestListsAreNotTrustedForEver(t *testing.T) {
	t.Parallel()
	known := map[string]policy.Candidate{}
	for _, tag := range releases(300) {
		known[hub+":"+tag] = policy.Candidate{Digest: digestOf(1), Pushed: now.Add(-100 * time.Hour)}
	}
	for _, test := range []struct {
		name   string
		look   func(string, image.Facts) (policy.Candidate, error)
		looked int
		err    string
	}{{
		name: "gone", looked: 20, err: "20 of the tags listed for " + hub + " are not at the registry: nothing is chosen from such a list",
	}, {
		name: "moved", looked: 100, err: "100 of the tags listed for " + hub + " are other images at the registry: nothing is chosen from such a list",
		look: func(string, image.Facts) (policy.Candidate, error) {
			return policy.Candidate{Digest: digestOf(2), FirstSeen: now}, nil
		},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &source{secondHand: true, tags: map[string][]string{hub: releases(300)}, known: known, look: test.look}
			_, err := decide(t, "guard: {minAge: 1h}", s, policy.Current{Tag: "1.0.0"})
			if err == nil || err.Error() != test.err || len(s.looked) != test.looked {
				t.Errorf("%v after %d look-ups, want %s after %d", err, len(s.looked), test.err, test.looked)
			}
		})
	}
}

// A tag that is listed and gone is told to those who would have it, and to nobody else.
func TestGoneTagsAreTold(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
defaults: {git: fleet}
policies:
  - {name: all, image: nginx, paths: [a.yaml]}
  - {name: old, image: nginx, paths: [b.yaml], select: {semver: "<1.0.2"}}
`, &source{secondHand: true, tags: map[string][]string{hub: releases(3)}, look: func(reference string, _ image.Facts) (policy.Candidate, error) {
		if !strings.HasSuffix(reference, "1.0.1") {
			return policy.Candidate{}, reconcile.ErrNoTag
		}
		return policy.Candidate{Digest: digestOf(1)}, nil
	}})
	s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.0.0"), "b.yaml": deployment("nginx:1.0.0")})
	report := s.reconciler().Plan(t.Context(), reconcile.Selection{})
	var held []string
	for _, h := range report.Held {
		if h.Rule == "not-found" {
			held = append(held, h.Policy+" "+h.Detail)
		}
	}
	slices.Sort(held)
	want := []string{"all 1.0.2: it is listed, but " + hub + " has no such tag", "all 1.0.3: it is listed, but " + hub + " has no such tag"}
	if diff := cmp.Diff(want, held); diff != "" || len(report.Changes) != 2 {
		t.Errorf("%d changes, held (-want +got):\n%s", len(report.Changes), diff)
	}
}

// A registry that answers each time, but slowly, is not waited for with one tag after the other.
func TestSlowLookUpsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &source{tags: map[string][]string{hub: releases(40)}, look: func(string, image.Facts) (policy.Candidate, error) {
			time.Sleep(7 * time.Second)
			return policy.Candidate{Digest: digestOf(1), Platforms: []image.Platform{}}, nil
		}}
		_, err := decideAt(t, time.Now, "guard: {platforms: [linux/amd64]}", s, policy.Current{Tag: "1.0.0"})
		want := "looking up tags of " + hub + " one after the other takes the registry more than 1m0s, and a pass does not wait longer"
		if took := time.Since(began); err == nil || err.Error() != want || took != 63*time.Second {
			t.Errorf("%v after %v, want %s after 63s", err, took, want)
		}
	})
}

// Once a registry has no room for a pull, nothing that costs one is asked of it in the pass.
func TestASpentQuotaIsAskedOnce(t *testing.T) {
	t.Parallel()
	until := now.Add(time.Hour)
	s := &source{tags: map[string][]string{hub: releases(200)}, look: func(string, image.Facts) (policy.Candidate, error) {
		return policy.Candidate{Digest: digestOf(1), NoQuotaUntil: until}, nil
	}}
	d, err := decide(t, "guard: {platforms: [linux/amd64]}", s, policy.Current{Tag: "1.0.0"})
	waiting := 0
	for _, v := range d.Verdicts {
		if v.Outcome == policy.Waiting && v.Rule == policy.RuleQuota && v.Until.Equal(until) {
			waiting++
		}
	}
	if err != nil || d.Changed || waiting != 200 || len(s.looked) != 1 {
		t.Errorf("%v, %d tags wait after %d look-ups, want 200 after 1", err, waiting, len(s.looked))
	}
}
