package registry

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestSameImages: two indexes of the same images are told apart from two of other ones, at the price of reading each once,
// and of nothing where that would be a pull.
func TestSameImages(t *testing.T) {
	t.Parallel()
	both := []string{"linux/amd64", "linux/arm64"}
	again := map[string]string{"built": "again"}
	old := registrytest.Image{Platforms: both}
	for _, test := range []struct {
		name string
		new  registrytest.Image
		want bool
	}{
		{name: "annotations", new: registrytest.Image{Platforms: both, Annotations: again}, want: true},
		{name: "annotations of what it points to", new: registrytest.Image{Platforms: both, Described: again}, want: true},
		{name: "attestations", new: registrytest.Image{Platforms: both, Attestation: true}, want: true},
		{name: "order", new: registrytest.Image{Platforms: []string{"linux/arm64", "linux/amd64"}}, want: true},
		{name: "another build", new: registrytest.Image{Platforms: both, Build: 2}},
		{name: "one platform more", new: registrytest.Image{Platforms: append(both, "linux/s390x")}},
		{name: "one image", new: registrytest.Image{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{})
			before := image.Digest(r.Push("app", "1.0", old))
			after := image.Digest(r.Push("app", "1.0", test.new))
			c := newClient(t, withoutSockets(r, unlimited))
			for range 2 {
				if got, err := c.SameImages(t.Context(), repository("app"), "1.0", before, after); got != test.want || err != nil {
					t.Errorf("%v, %v", got, err)
				}
			}
			if diff := cmp.Diff(registrytest.Counts{Get: 2}, r.Counts()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}

			c = newClient(t, withoutSockets(r, hub))
			r.Reset()
			if got, err := c.SameImages(t.Context(), hubImage("app"), "1.0", before, after); got || err != nil || r.Counts().Total() != 0 {
				t.Errorf("where pulls count: %v, %v, %+v", got, err, r.Counts())
			}
		})
	}
	r := registrytest.New(registrytest.Options{})
	after := image.Digest(r.Push("app", "1.0", old))
	got, err := newClient(t, withoutSockets(r, unlimited)).SameImages(t.Context(), repository("app"), "1.0", digit("0"), after)
	if asError(t, err, "no such"); got {
		t.Error("the same as what is gone")
	}
}
