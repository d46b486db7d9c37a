package registry

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestFirstSeen is when the clock of a tag begins, and begins anew.
func TestFirstSeen(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Basic, Username: "robot", Password: "secret"}})
	r.Push("app", "1.0", registrytest.Image{})
	path := filepath.Join(t.TempDir(), "cache.db")
	now := noon
	host := unlimited
	host.Auth = account("secret")
	look := func(name string, since time.Time, want time.Time) {
		t.Helper()
		state := openCache(t, path) // each is another process
		defer state.Close()
		o := withoutSockets(r, host)
		o.Cache, o.Now = state, func() time.Time { return now }
		c := newClient(t, o)
		got, err := c.Look(t.Context(), repository("app"), "1.0", image.DigestFact, since)
		if err != nil || !got.FirstSeen.Equal(want) {
			t.Errorf("%s: first seen %v, %v, want %v", name, got.FirstSeen, err, want)
		}
		h, err := c.host(testHost)
		if err != nil {
			t.Fatal(err)
		}
		sights, err := h.sightings(t.Context(), repository("app"))
		if s := sights["1.0"]; err != nil || len(sights) != 1 || s.Digest != got.Digest || !s.First.Equal(want) {
			t.Errorf("%s: sightings %v, %v", name, sights, err)
		}
	}
	look("first", time.Time{}, noon)
	now = noon.Add(72 * time.Hour)
	look("days later", time.Time{}, noon)
	now = noon.Add(73 * time.Hour)
	look("remembered", now.Add(-2*time.Hour), noon)
	first := noon.Add(73 * time.Hour)
	r.Push("app", "1.0", registrytest.Image{Build: 2})
	look("moved", time.Time{}, first)
	r.Push("app", "1.0", registrytest.Image{})
	now = noon.Add(74 * time.Hour)
	look("moved back", time.Time{}, now)
	now = noon.Add(-time.Hour)
	look("the clock was set back", time.Time{}, now)
	now = noon
	look("and goes on", time.Time{}, noon.Add(-time.Hour))
}

// TestSightsOfLostTags: the clock of a tag ends when the registry has lost it, told by the list or by a look.
func TestSightsOfLostTags(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Add("app", "1.0", "1.1", "1.2")
	c := newClient(t, withoutSockets(r, unlimited))
	h, err := c.host(testHost)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want ...string) {
		t.Helper()
		sights, err := h.sightings(t.Context(), repository("app"))
		got := map[string]bool{}
		for tag := range sights {
			got[tag] = true
		}
		wanted := map[string]bool{}
		for _, tag := range want {
			wanted[tag] = true
		}
		if diff := cmp.Diff(wanted, got); err != nil || diff != "" {
			t.Errorf("sightings (-want +got): %v\n%s", err, diff)
		}
	}
	for _, tag := range []string{"1.0", "1.1", "1.2"} {
		if _, err := c.Look(t.Context(), repository("app"), tag, 0, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	expect("1.0", "1.1", "1.2")
	r.Remove("app", "1.0")
	if _, err := c.Look(t.Context(), repository("app"), "1.0", 0, time.Time{}); !errors.Is(err, ErrNoTag) {
		t.Errorf("a tag that is gone: %v", err)
	}
	expect("1.1", "1.2")
	r.Remove("app", "1.1")
	if _, err := c.Tags(t.Context(), repository("app"), 0); err != nil {
		t.Fatal(err)
	}
	expect("1.2")
	r.Break(registrytest.List, registrytest.Fault{Status: 404})
	if _, err := c.Tags(t.Context(), repository("app"), 0); err == nil {
		t.Error("no error of a list that is not there")
	}
	expect("1.2")
}

// TestSightsAreBounded: over the bound those go that nobody looked at for longest.
func TestSightsAreBounded(t *testing.T) {
	t.Parallel()
	now := noon
	o := withoutSockets(registrytest.New(registrytest.Options{}), unlimited)
	o.Now = func() time.Time { return now }
	h, err := newClient(t, o).host(testHost)
	if err != nil {
		t.Fatal(err)
	}
	digest := image.Digest("sha256:" + strings.Repeat("0", 64))
	full := make(map[string]sight)
	for i := range maxSights {
		full[fmt.Sprint(i)] = sight{Digest: digest, First: noon.Add(-time.Hour), Last: noon.Add(time.Duration(i) * time.Second)}
	}
	h.saveSights("key", full)
	now = noon.Add(sightAge + time.Hour)
	see := func(tag string) { h.see("key", tag, head{digest: digest, at: now}) }
	see("0") // looked at again, so that it is the last to go
	see("new")
	got := h.loadSights("key")
	if _, found := got["1"]; found || len(got) != maxSights || got["0"].First != noon.Add(-time.Hour) || got["new"].First != now {
		t.Errorf("%d sightings, 0: %v, new: %v, 1 found: %v", len(got), got["0"], got["new"], found)
	}
}

// TestFirstSeenInTheFuture: a clock that began in the future, for ours was wrong then, is none: else the tag would be young
// until then. When it is looked at again, it begins anew.
func TestFirstSeenInTheFuture(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Add("app", "1.0")
	now := noon.Add(10 * 365 * 24 * time.Hour)
	o := withoutSockets(r, unlimited)
	o.Now = func() time.Time { return now }
	c := newClient(t, o)
	seen := func() Tag {
		t.Helper()
		list, err := c.Details(t.Context(), repository("app"), image.DigestFact|image.PushedFact, time.Hour)
		if err != nil || len(list.Tags) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		return list.Tags[0]
	}
	look := func() {
		t.Helper()
		if _, err := c.Look(t.Context(), repository("app"), "1.0", image.DigestFact, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if got := seen(); !got.FirstSeen.Equal(now) {
		t.Errorf("while the clock is wrong it was first seen at %v", got.FirstSeen)
	}
	now = noon
	if got := seen(); !got.FirstSeen.IsZero() || got.Digest != "" {
		t.Errorf("when the clock is right again it was first seen at %v", got.FirstSeen)
	}
	look()
	if got := seen(); !got.FirstSeen.Equal(noon) {
		t.Errorf("when it was looked at again, it was first seen at %v", got.FirstSeen)
	}
}
