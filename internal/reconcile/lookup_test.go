package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/policy"
)

var now = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// digestOf is a digest made of a number.
func digestOf(n int) image.Digest { return image.Digest(fmt.Sprintf("sha256:%064x", n)) }

// decide decides about a reference to nginx by one policy, whose keys are given in flow style.
func decide(t *testing.T, keys string, s *source, current policy.Current) (policy.Decision, error) {
	t.Helper()
	return decideAt(t, func() time.Time { return now }, keys, s, current)
}

// decideAt decides by a clock.
func decideAt(t *testing.T, clock func() time.Time, keys string, s *source, current policy.Current) (policy.Decision, error) {
	t.Helper()
	text := "apiVersion: image-updater/v1\npolicies: [{name: web, image: nginx, " + keys + "}]\n"
	c, err := config.Load(fstest.MapFS{"policies.yaml": {Data: []byte(text)}}, []string{"policies.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	r := &reconcile.Reconciler{Source: s, Now: clock}
	return r.Decide(t.Context(), c.Policies[0], current)
}

func releases(n int) []string {
	tags := []string{"1.0.0"}
	for i := range n {
		tags = append(tags, fmt.Sprintf("1.0.%d", i+1))
	}
	return tags
}

const hub = "docker.io/library/nginx"

// Platforms cost pulls, so tags are asked for them one after the other, the best first, until one has them all.
func TestPlatformsAreAskedForBestFirst(t *testing.T) {
	t.Parallel()
	s := &source{tags: map[string][]string{hub: releases(9)}, look: func(reference string, _ image.Facts) (policy.Candidate, error) {
		c := policy.Candidate{Digest: digestOf(1), Platforms: []image.Platform{{OS: "linux", Architecture: "amd64"}}}
		switch {
		case strings.HasSuffix(reference, "1.0.9"):
			c.Platforms = nil // no image
		case strings.HasSuffix(reference, "1.0.8"):
			return policy.Candidate{}, reconcile.ErrNoTag
		case strings.HasSuffix(reference, "1.0.6"):
			c.Platforms = append(c.Platforms, image.Platform{OS: "linux", Architecture: "arm64"})
		}
		return c, nil
	}}
	d, err := decide(t, "guard: {platforms: [linux/amd64, linux/arm64]}", s, policy.Current{Tag: "1.0.0"})
	if err != nil || d.Chosen != "1.0.6" {
		t.Errorf("chose %q, %v, want 1.0.6", d.Chosen, err)
	}
	want := []string{hub + ":1.0.9 platforms", hub + ":1.0.8 platforms", hub + ":1.0.7 platforms", hub + ":1.0.6 platforms",
		hub + ":1.0.6 digest, platforms"} // which costs nothing, as the answer is of this pass
	if diff := cmp.Diff(want, s.looked); diff != "" {
		t.Errorf("looked up (-want +got):\n%s", diff)
	}
	if slices.ContainsFunc(d.Verdicts, func(v policy.Verdict) bool { return v.Tag == "1.0.8" }) {
		t.Error("a tag that is gone has a verdict")
	}
}

// A pass looks at 50 tags of a repository to tell them apart, and then says what to narrow.
func TestLookUpsAreBounded(t *testing.T) {
	t.Parallel()
	s := &source{tags: map[string][]string{hub: releases(200)}, look: func(string, image.Facts) (policy.Candidate, error) {
		return policy.Candidate{Digest: digestOf(1), Platforms: []image.Platform{}}, nil
	}}
	_, err := decide(t, "guard: {platforms: [linux/amd64]}", s, policy.Current{Tag: "1.0.0"})
	if err == nil || err.Error() != "more than 50 tags of "+hub+" would have to be looked up in one pass: narrow tags.match or select" || len(s.looked) != 50 {
		t.Errorf("%v after %d look-ups", err, len(s.looked))
	}
}

// Where the order is that of times, a pass looks at a thousand tags; knowing that they are more, it looks at none.
func TestLookUpsOfTimesAreBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		tags, looked int
		err          string
	}{
		{tags: 999, looked: 1001}, // and the best is confirmed
		{tags: 1000, err: "the times of 1001 tags of " + hub + " would have to be looked up, and a pass does that for 1000 at most: narrow tags.match"},
	} {
		s := &source{tags: map[string][]string{hub: releases(test.tags)}, look: func(reference string, _ image.Facts) (policy.Candidate, error) {
			return policy.Candidate{Digest: digestOf(1), Created: now.Add(-time.Duration(len(reference)) * time.Hour)}, nil
		}}
		d, err := decide(t, "select: {newest: created}, tags: {match: ^1}", s, policy.Current{Tag: "1.0.77"})
		if fmt.Sprint(err) != test.err && (err != nil || test.err != "") || len(s.looked) != test.looked {
			t.Errorf("%d tags: %v after %d look-ups, want %d", test.tags+1, err, len(s.looked), test.looked)
		}
		if err == nil && len(d.Chosen) != len("1.0.7") {
			t.Errorf("chose %q, want one with the shortest name: it was built last", d.Chosen)
		}
	}
}

// The bounds are apart: that many times had to be read is no reason not to ask the newest for its platforms.
func TestPlatformsOfTheNewest(t *testing.T) {
	t.Parallel()
	s := &source{tags: map[string][]string{hub: releases(99)}, look: func(reference string, want image.Facts) (policy.Candidate, error) {
		c := policy.Candidate{Digest: digestOf(1), Created: now.Add(-time.Duration(len(reference)) * time.Hour)}
		if want.Has(image.PlatformsFact) {
			c.Platforms = []image.Platform{{OS: "linux", Architecture: "amd64"}}
		}
		return c, nil
	}}
	d, err := decide(t, "select: {newest: created}, tags: {match: ^1}, guard: {platforms: [linux/amd64]}", s, policy.Current{Tag: "1.0.99"})
	if err != nil || !d.Changed || len(s.looked) != 102 {
		t.Errorf("chose %q, %v after %d look-ups, want another after 102", d.Chosen, err, len(s.looked))
	}
}

// The age of a tag runs from the first look at it. What is too much for a pass begins to age with a later one, and no
// tag is ever taken for old because it was not looked at.
func TestAgesBegin(t *testing.T) {
	t.Parallel()
	s := &source{tags: map[string][]string{hub: releases(60)}, look: func(string, image.Facts) (policy.Candidate, error) {
		return policy.Candidate{Digest: digestOf(1), FirstSeen: now}, nil
	}}
	d, err := decide(t, "guard: {minAge: 3d}", s, policy.Current{Tag: "1.0.0"})
	if err != nil || d.Changed || len(s.looked) != 50 {
		t.Fatalf("chose %q, %v after %d look-ups, want none after 50", d.Chosen, err, len(s.looked))
	}
	waiting := map[string]int{}
	for _, v := range d.Verdicts {
		if v.Outcome == policy.Waiting {
			waiting[v.Until.Format(time.DateOnly)]++
		}
	}
	if diff := cmp.Diff(map[string]int{"2026-11-24": 50, "0001-01-01": 10}, waiting); diff != "" {
		t.Errorf("waiting (-want +got):\n%s", diff)
	}
}

// When a list is not from the registry, it is asked about the one tag that would be written: it may have moved, or gone.
func TestListsFromElsewhereAreConfirmed(t *testing.T) {
	t.Parallel()
	old := now.Add(-100 * time.Hour)
	for _, test := range []struct {
		name   string
		keys   string
		answer map[string]policy.Candidate // by tag; a missing one is gone
		chosen string
		looked []string
	}{{
		name: "confirmed", keys: "guard: {minAge: 3d}",
		answer: map[string]policy.Candidate{"1.0.2": {Digest: digestOf(2), FirstSeen: now}},
		chosen: "1.0.2", looked: []string{hub + ":1.0.2 digest"},
	}, {
		name: "moved, and young again", keys: "guard: {minAge: 3d}",
		answer: map[string]policy.Candidate{"1.0.2": {Digest: digestOf(9), FirstSeen: now}, "1.0.1": {Digest: digestOf(1), FirstSeen: now}},
		chosen: "1.0.1", looked: []string{hub + ":1.0.2 digest", hub + ":1.0.1 digest"},
	}, {
		name: "moved, and the newest all the more", keys: "select: {newest: pushed}, tags: {match: ^1}",
		answer: map[string]policy.Candidate{"1.0.2": {Digest: digestOf(9), FirstSeen: now}},
		chosen: "1.0.2", looked: []string{hub + ":1.0.2 digest"},
	}, {
		name: "gone", keys: "",
		answer: map[string]policy.Candidate{"1.0.1": {Digest: digestOf(1), FirstSeen: now}},
		chosen: "1.0.1", looked: []string{hub + ":1.0.2 digest", hub + ":1.0.1 digest"},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &source{secondHand: true, tags: map[string][]string{hub: releases(2)}, known: map[string]policy.Candidate{
				hub + ":1.0.0": {Digest: digestOf(3), Pushed: old}, hub + ":1.0.1": {Digest: digestOf(1), Pushed: old.Add(time.Hour)},
				hub + ":1.0.2": {Digest: digestOf(2), Pushed: old.Add(2 * time.Hour)}}}
			s.look = func(reference string, _ image.Facts) (policy.Candidate, error) {
				c, found := test.answer[strings.TrimPrefix(reference, hub+":")]
				if !found {
					return c, reconcile.ErrNoTag
				}
				return c, nil
			}
			d, err := decide(t, test.keys, s, policy.Current{Tag: "1.0.0"})
			if err != nil || d.Chosen != test.chosen {
				t.Errorf("chose %q, %v, want %q", d.Chosen, err, test.chosen)
			}
			if diff := cmp.Diff(test.looked, s.looked); diff != "" {
				t.Errorf("looked up (-want +got):\n%s", diff)
			}
		})
	}
}

// The list is asked for the age of a followed digest where it tells that, and nowhere else.
func TestAgesOfFollowedDigests(t *testing.T) {
	t.Parallel()
	pushed := func(digest image.Digest, ago time.Duration) map[string]policy.Candidate {
		return map[string]policy.Candidate{hub + ":stable": {Digest: digest, Pushed: now.Add(-ago)}}
	}
	listed := map[string][]string{hub: {"stable"}}
	for _, test := range []struct {
		name, keys string
		source     *source
		want       map[string]image.Facts // that lists were asked for
		changed    bool
		failure    string
	}{{
		name: "old enough by its push", keys: "guard: {minAge: 3d}",
		source: &source{tells: image.PushedFact, tags: listed, known: pushed(digestOf(1), 100*time.Hour)},
		want:   map[string]image.Facts{hub: image.DigestFact | image.PushedFact}, changed: true,
	}, {
		name: "pushed again since", keys: "guard: {minAge: 3d}",
		source: &source{tells: image.PushedFact, tags: listed, known: pushed(digestOf(2), 100*time.Hour)},
		want:   map[string]image.Facts{hub: image.DigestFact | image.PushedFact},
	}, {
		name: "not in the list yet", keys: "guard: {minAge: 3d}",
		source: &source{tells: image.PushedFact, tags: map[string][]string{hub: {"1.0.0"}}},
		want:   map[string]image.Facts{hub: image.DigestFact | image.PushedFact},
	}, {
		name: "a list that cannot be read", keys: "guard: {minAge: 3d}",
		source: &source{tells: image.PushedFact},
		want:   map[string]image.Facts{hub: image.DigestFact | image.PushedFact}, failure: "listing tags of " + hub + ": cut off",
	}, {
		name: "a list without times", keys: "guard: {minAge: 3d}", source: &source{tags: listed},
	}, {
		name: "no age", keys: "guard: {platforms: [linux/amd64]}", source: &source{tells: image.PushedFact, tags: listed}, changed: true,
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := test.source
			s.look = func(string, image.Facts) (policy.Candidate, error) {
				return policy.Candidate{Digest: digestOf(1), FirstSeen: now, Platforms: []image.Platform{{OS: "linux", Architecture: "amd64"}}}, nil
			}
			d, err := decide(t, "select: {digest: stable}, "+test.keys, s, policy.Current{Tag: "stable", Digest: digestOf(9)})
			if d.Changed != test.changed || (err == nil) != (test.failure == "") || err != nil && err.Error() != test.failure {
				t.Errorf("changed: %v, %v, want %v, %q", d.Changed, err, test.changed, test.failure)
			}
			if diff := cmp.Diff(test.want, s.want); diff != "" {
				t.Errorf("lists (-want +got):\n%s", diff)
			}
		})
	}
}

// What the quota has no room for waits, and is asked for once.
func TestQuotaWaits(t *testing.T) {
	t.Parallel()
	until := now.Add(2 * time.Hour)
	s := &source{tags: map[string][]string{hub: releases(1)}, look: func(string, image.Facts) (policy.Candidate, error) {
		return policy.Candidate{Digest: digestOf(1), NoQuotaUntil: until}, nil
	}}
	d, err := decide(t, "guard: {platforms: [linux/amd64]}", s, policy.Current{Tag: "1.0.0"})
	if err != nil || d.Changed || len(d.Verdicts) != 2 || d.Verdicts[1].Rule != policy.RuleQuota || !d.Verdicts[1].Until.Equal(until) || len(s.looked) != 1 {
		t.Errorf("%+v, %v after %q", d, err, s.looked)
	}
}

// An answer without a digest is none.
func TestLookUpWithoutDigest(t *testing.T) {
	t.Parallel()
	s := &source{look: func(string, image.Facts) (policy.Candidate, error) { return policy.Candidate{}, nil }}
	_, err := decide(t, "select: {digest: stable}", s, policy.Current{Tag: "stable"})
	if err == nil || err.Error() != "the registry does not tell the digest of "+hub+":stable" {
		t.Errorf("got %v", err)
	}
}

const digests = `
apiVersion: image-updater/v1
git:
  - {name: fleet, url: "GITURL/fleet.git", branch: main}
  - {name: edge, url: "GITURL/edge.git", branch: main}
defaults: {git: [fleet, edge]}
policies:
  - {name: base, image: ghcr.io/acme/base, select: {digest: stable}}
  - {name: web, image: nginx, pin: true}
`

// A tag is asked about once in a pass, whatever the number of references and Git repositories; a repository whose
// policies all follow a digest is not listed; and what has its digest is left alone from then on.
func TestDigestsAreLookedUpOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, digests, &source{tags: map[string][]string{hub: {"1.25.3", "1.27.4"}},
		look: func(string, image.Facts) (policy.Candidate, error) { return policy.Candidate{Digest: digestOf(1)}, nil }})
	base := "ghcr.io/acme/base:stable"
	fleet := s.repository("fleet", gittest.Files{"a.yaml": deployment(base), "b.yaml": deployment(base + "@" + digestOf(0).String()), "c.yaml": deployment("nginx:1.27.4")})
	s.repository("edge", gittest.Files{"a.yaml": deployment(base), "b.yaml": deployment("nginx:1.25.3@" + digestOf(0).String())})

	shown, done := told(s.reconciler().Plan(t.Context(), reconcile.Selection{})), s.reconciler().Run(t.Context(), reconcile.Selection{})
	want := []string{
		"base fleet a.yaml:8 stable -> stable", "base fleet b.yaml:8 stable -> stable", "web fleet c.yaml:8 1.27.4 -> 1.27.4",
		"base edge a.yaml:8 stable -> stable", "web edge b.yaml:8 1.25.3 -> 1.27.4",
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, told(reconcile.Report{Changes: done.Changes, Errors: done.Errors})); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
	slices.Sort(s.source.looked)
	// That of the followed tag is asked a second time before it is written, for it may be a remembered one.
	if diff := cmp.Diff([]string{hub + ":1.27.4 digest", "ghcr.io/acme/base:stable digest"}, slices.Compact(s.source.looked)); diff != "" || len(s.source.looked) != 6 {
		t.Errorf("looked up in two passes (-want +got):\n%s%d", diff, len(s.source.looked))
	}
	if diff := cmp.Diff(map[string]int{hub: 2}, s.source.asked); diff != "" {
		t.Errorf("listed in two passes (-want +got):\n%s", diff)
	}
	if text, err := fleet.File("main", "b.yaml"); err != nil || text != deployment(base+"@"+digestOf(1).String()) {
		t.Errorf("b.yaml is %q, %v", text, err)
	}
	s.source.looked = nil
	if again := told(s.reconciler().Run(t.Context(), reconcile.Selection{})); len(again) != 0 {
		t.Errorf("a second run does %q", again)
	}
	if diff := cmp.Diff([]string{"ghcr.io/acme/base:stable digest"}, s.source.looked); diff != "" {
		t.Errorf("a second run looks up (-want +got):\n%s", diff)
	}
}

// Whatever makes a plan lack a look-up is looked up, even for a policy that wants to know nothing of its tags: what is
// lacking in the end would be in no plan.
func TestSeenBeforeIsConfirmed(t *testing.T) {
	t.Parallel()
	s := newScene(t, digests, &source{tags: map[string][]string{hub: {"1.25.3", "1.27.4"}},
		known: map[string]policy.Candidate{hub + ":1.27.4": {Digest: digestOf(1), FirstSeen: now}},
		look:  func(string, image.Facts) (policy.Candidate, error) { return policy.Candidate{Digest: digestOf(1)}, nil }})
	s.config.Policies[1].Pin = false
	s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3")})
	s.repository("edge", gittest.Files{"a.yaml": deployment("nginx:1.27.4")})
	report := s.reconciler().Plan(t.Context(), reconcile.Selection{})
	if diff := cmp.Diff([]string{"web fleet a.yaml:8 1.25.3 -> 1.27.4"}, told(reconcile.Report{Changes: report.Changes, Errors: report.Errors})); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{hub + ":1.27.4 digest"}, s.source.looked); diff != "" {
		t.Errorf("looked up (-want +got):\n%s", diff)
	}
}

// A look-up that fails is the problem of the policy that needs it alone.
func TestFailedLookUpsStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	s := newScene(t, digests, &source{tags: map[string][]string{hub: {"1.25.3", "1.27.4"}},
		look: func(reference string, _ image.Facts) (policy.Candidate, error) {
			if strings.HasPrefix(reference, hub) {
				return policy.Candidate{}, errors.New("looking up tag 1.27.4: cut off")
			}
			return policy.Candidate{Digest: digestOf(1)}, nil
		}})
	s.repository("fleet", gittest.Files{"a.yaml": deployment("ghcr.io/acme/base:stable"), "c.yaml": deployment("nginx:1.25.3")})
	s.repository("edge", gittest.Files{"a.yaml": deployment("ghcr.io/acme/base:stable")})
	want := []string{
		"base fleet a.yaml:8 stable -> stable", "base edge a.yaml:8 stable -> stable",
		"commit fleet main Update ghcr.io/acme/base to stable@sha256:000000000000 by base",
		"commit edge main Update ghcr.io/acme/base to stable@sha256:000000000000 by base",
		"held web not-found",
		"error web: looking up tag 1.27.4: cut off",
	}
	if diff := cmp.Diff(want, told(s.reconciler().Run(t.Context(), reconcile.Selection{}))); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// Somebody pins another reference between our look and our push: the plan is made again with what was looked up, and
// what it lacks on top is looked up then.
func TestALostRaceLooksUpWhatItLacks(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
defaults: {git: fleet}
policies: [{name: web, image: nginx}, {name: cache, image: redis}]
`, &source{tags: map[string][]string{hub: {"1.27.4", "1.27.4-alpine"}, "docker.io/library/redis": {"7.0.0"}},
		look: func(string, image.Facts) (policy.Candidate, error) { return policy.Candidate{Digest: digestOf(1)}, nil }})
	pinned := "@" + digestOf(0).String()
	fleet := s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3" + pinned), "b.yaml": deployment("redis:7.0.0")})
	s.server.Set(gittest.Faults{BeforeReceive: func() {
		s.server.Set(gittest.Faults{})
		if _, err := fleet.Commit("main", "More", gittest.Files{"c.yaml": deployment("nginx:1.25.3-alpine" + pinned)}); err != nil {
			t.Error(err)
		}
	}})
	want := []string{
		"web fleet a.yaml:8 1.25.3 -> 1.27.4", "web fleet c.yaml:8 1.25.3-alpine -> 1.27.4-alpine",
		"commit fleet main Update nginx to 1.27.4, 1.27.4-alpine by web",
	}
	if diff := cmp.Diff(want, told(s.reconciler().Run(t.Context(), reconcile.Selection{}))); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{hub + ":1.27.4 digest", hub + ":1.27.4-alpine digest"}, s.source.looked); diff != "" {
		t.Errorf("looked up (-want +got):\n%s", diff)
	}
}

// What was too much for one policy's ages is still looked up for another's digest.
func TestWaivedTagsCanBeChosen(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
defaults: {git: fleet}
policies:
  - {name: aged, image: nginx, paths: [a.yaml], guard: {minAge: 1h}}
  - {name: pinned, image: nginx, paths: [b.yaml], select: {semver: "<=1.0.2"}, pin: true}
`, &source{tags: map[string][]string{hub: releases(60)}, look: func(string, image.Facts) (policy.Candidate, error) {
		return policy.Candidate{Digest: digestOf(1), FirstSeen: now}, nil
	}})
	s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.0.0"), "b.yaml": deployment("nginx:1.0.1")})
	r := s.reconciler()
	r.Now = func() time.Time { return now }
	report := r.Plan(t.Context(), reconcile.Selection{})
	if len(report.Changes) != 1 || report.Changes[0].ToDigest != digestOf(1) || len(report.Errors) > 0 || len(report.Held) != 61 {
		t.Errorf("%q, want the pinned 1.0.2 and 60 tags that wait beside one that is out of range", told(report))
	}
	if len(s.source.looked) != 51 {
		t.Errorf("%d look-ups, want 50 and that of 1.0.2", len(s.source.looked))
	}
}

// What the policies of an image want to know is asked for together, and a followed digest is not a reason to ask a list
// for digests.
func TestWantedFactsAreAdded(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: "GITURL/fleet.git", branch: main}]
defaults: {git: fleet}
policies:
  - {name: a, image: nginx, paths: [a.yaml], guard: {platforms: [linux/amd64]}}
  - {name: b, image: nginx, paths: [b.yaml], guard: {minAge: 1h}}
  - {name: c, image: nginx, paths: [c.yaml], select: {newest: created}, tags: {match: ^1}}
  - {name: d, image: redis, paths: [d.yaml], select: {digest: stable}}
  - {name: e, image: redis, paths: [e.yaml]}
`, &source{tags: map[string][]string{hub: {"1.25.3"}, "docker.io/library/redis": {"7.0.0", "stable"}},
		look: func(string, image.Facts) (policy.Candidate, error) {
			return policy.Candidate{Digest: digestOf(1), Created: now}, nil
		}})
	s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3"), "b.yaml": deployment("nginx:1.25.3"), "c.yaml": deployment("nginx:1.25.3"),
		"d.yaml": deployment("redis:stable"), "e.yaml": deployment("redis:7.0.0")})
	s.reconciler().Plan(t.Context(), reconcile.Selection{})
	all := image.DigestFact | image.PushedFact | image.CreatedFact | image.PlatformsFact
	if diff := cmp.Diff(map[string]image.Facts{hub: all, "docker.io/library/redis": 0}, s.source.want); diff != "" {
		t.Errorf("wanted (-want +got):\n%s", diff)
	}
}

// A pass that is called off ends, with what it could not look up as problems.
func TestLookUpsEndWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := newScene(t, digests, &source{tags: map[string][]string{hub: {"1.27.4"}}})
	s.source.look = func(string, image.Facts) (policy.Candidate, error) {
		cancel()
		return policy.Candidate{}, ctx.Err()
	}
	s.repository("fleet", gittest.Files{"a.yaml": deployment("nginx:1.25.3")})
	s.repository("edge", gittest.Files{"a.yaml": deployment("redis:1.25.3")})
	report := s.reconciler().Plan(ctx, reconcile.Selection{Git: "fleet", Policy: "web"})
	if len(report.Errors) == 0 || !errors.Is(report.Errors[0].Err, context.Canceled) {
		t.Errorf("errors: %v", report.Errors)
	}
}
