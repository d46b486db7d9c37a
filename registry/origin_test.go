package registry

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

const source, revision = "org.opencontainers.image.source", "org.opencontainers.image.revision"

// TestOriginCosts is where the origin of an image is found, and what that takes: the annotations before the labels, and
// nothing twice.
func TestOriginCosts(t *testing.T) {
	t.Parallel()
	const git = "https://git.example/acme/app"
	both := []string{"linux/arm64", "linux/amd64"}
	labels := map[string]string{"org.label-schema.vcs-url": git, "org.label-schema.vcs-ref": "4e1a", "org.opencontainers.image.url": "https://acme.example"}
	for _, test := range []struct {
		name  string
		image registrytest.Image
		want  Origin
		first registrytest.Counts
	}{
		{name: "annotated manifest", image: registrytest.Image{Annotations: map[string]string{source: git, revision: "4e1a"}, Labels: map[string]string{source: "https://other.example"}},
			want: Origin{Source: git, Revision: "4e1a"}, first: registrytest.Counts{Head: 1, Get: 1}},
		{name: "annotated index", image: registrytest.Image{Platforms: both, Annotations: map[string]string{source: git}},
			want: Origin{Source: git}, first: registrytest.Counts{Head: 1, Get: 1}},
		{name: "annotated in the index, as official images are", image: registrytest.Image{Platforms: both, Attestation: true, Described: map[string]string{source: git, revision: "4e1a"}},
			want: Origin{Source: git, Revision: "4e1a"}, first: registrytest.Counts{Head: 1, Get: 1}},
		{name: "labels of an index", image: registrytest.Image{Platforms: both, Labels: labels},
			want: Origin{Source: git, Revision: "4e1a", URL: "https://acme.example"}, first: registrytest.Counts{Head: 1, Get: 2, Blob: 1}},
		{name: "labels", image: registrytest.Image{Labels: labels, Annotations: map[string]string{revision: "77"}},
			want: Origin{Source: git, Revision: "77", URL: "https://acme.example"}, first: registrytest.Counts{Head: 1, Get: 1, Blob: 1}},
		{name: "nothing", first: registrytest.Counts{Head: 1, Get: 1, Blob: 1}},
		{name: "texts that are none", image: registrytest.Image{Labels: map[string]string{
			source: strings.Repeat("a", maxAnnotation+1), revision: "a\nb", "org.opencontainers.image.version": "\x1b[31m", "org.opencontainers.image.url": " "}},
			first: registrytest.Counts{Head: 1, Get: 1, Blob: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{})
			r.Push("app", "1.0", test.image)
			path := filepath.Join(t.TempDir(), "cache.db")
			for i, counts := range []registrytest.Counts{test.first, {Head: 1}} {
				state := openCache(t, path)
				o := withoutSockets(r, unlimited)
				o.Cache = state
				got, err := newClient(t, o).Origin(t.Context(), repository("app"), "1.0", "", time.Time{}, false)
				if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
					t.Errorf("look %d: %v (-want +got):\n%s", i, err, diff)
				}
				if diff := cmp.Diff(counts, r.Counts()); diff != "" {
					t.Errorf("look %d: requests (-want +got):\n%s", i, diff)
				}
				r.Reset()
				state.Close()
			}
		})
	}
}

// TestOriginWithinQuota: where the registry counts pulls, one is taken of what is left, and none for what is to be free.
func TestOriginWithinQuota(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Meter(registrytest.Metering{Limit: 4}) // of which half are left to others
	annotated := registrytest.Image{Annotations: map[string]string{source: "https://git.example/acme/app"}}
	var digests []image.Digest
	for _, tag := range []string{"1.0", "2.0", "3.0"} {
		annotated.Build++
		digests = append(digests, image.Digest(r.Push("app", tag, annotated)))
	}
	c := newClient(t, withoutSockets(r, hub))
	ask := func(tag string, digest image.Digest, free bool) (Origin, error) {
		return c.Origin(t.Context(), hubImage("app"), tag, digest, time.Time{}, free)
	}
	want := Origin{Source: "https://git.example/acme/app"}
	if got, err := ask("1.0", digests[0], true); err != nil || got != (Origin{}) || r.Counts().Total() != 0 {
		t.Errorf("for free: %+v, %v, %+v", got, err, r.Counts())
	}
	if got, err := ask("1.0", "", true); err != nil || got != (Origin{}) || r.Counts().Total() != 0 {
		t.Errorf("for free, by tag: %+v, %v, %+v", got, err, r.Counts())
	}
	for range 2 {
		if got, err := ask("1.0", digests[0], false); err != nil || got != want || r.Counts().Get != 1 {
			t.Errorf("within the quota: %+v, %v, %+v", got, err, r.Counts())
		}
	}
	if got, err := ask("1.0", digests[0], true); err != nil || got != want {
		t.Errorf("for free, once it is known: %+v, %v", got, err)
	}
	before := r.Counts()
	if _, err := c.Look(t.Context(), hubImage("app"), "1.0", image.DigestFact, time.Time{}); err != nil {
		t.Error(err)
	}
	if got, err := ask("1.0", "", true); err != nil || got != want || r.Counts().Head != before.Head+1 {
		t.Errorf("for free, by a tag that was looked up: %+v, %v, %+v", got, err, r.Counts())
	}
	if _, err := ask("2.0", digests[1], false); err != nil {
		t.Error(err)
	}
	got, err := ask("3.0", digests[2], false)
	if _, spent := errors.AsType[*QuotaError](err); !spent || got != (Origin{}) || r.Counts().Get != 2 {
		t.Errorf("beyond the quota: %+v, %v, %+v", got, err, r.Counts())
	}
}

// TestOriginForFree: a registry that counts nothing tells it.
func TestOriginForFree(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	digest := r.Push("app", "1.0", registrytest.Image{Labels: map[string]string{source: "https://git.example/acme/app"}})
	c := newClient(t, withoutSockets(r, unlimited))
	got, err := c.Origin(t.Context(), repository("app"), "1.0", image.Digest(digest), time.Time{}, true)
	if err != nil || got.Source == "" {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff(registrytest.Counts{Get: 1, Blob: 1}, r.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}
