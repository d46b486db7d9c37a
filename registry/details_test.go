package registry

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestDetailsWithoutAdapter: where the registry tells nothing but names, that is the list, at the same price.
func TestDetailsWithoutAdapter(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Add("a", "1.0", "1.1", "-bad")
	c := newClient(t, withoutSockets(r, unlimited))
	for _, want := range []image.Facts{0, image.PushedFact | image.DigestFact} {
		list, err := c.Details(t.Context(), repository("a"), want, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		wantTags := []Tag{{Name: "1.0"}, {Name: "1.1"}}
		if diff := cmp.Diff(wantTags, list.Tags); diff != "" || list.Facts != 0 || list.Dropped != 1 || list.SecondHand {
			t.Errorf("want %v: %+v (-want +got):\n%s", want, list, diff)
		}
	}
	if diff := cmp.Diff(registrytest.Counts{List: 1}, r.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}
