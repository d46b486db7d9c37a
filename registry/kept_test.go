package registry

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestKept: the list at hand is the one that was told last, however long ago, with what has been seen since; nobody is
// asked for it.
func TestKept(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		api  registrytest.API
		r    image.Repository
	}{
		{name: "names", r: repository("a")},
		{name: "details", api: registrytest.API{Hub: &registrytest.HubAPI{}}, r: nginx},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := registrytest.New(registrytest.Options{API: test.api})
				pushAll(r, test.r.Path, time.Now().Add(-100*time.Hour), "1.0", "1.1")
				c := newClient(t, withoutSockets(r, unlimited))
				if list, found, err := c.Kept(t.Context(), test.r, hubFacts); found || err != nil {
					t.Fatalf("before it was asked for: %+v, %v", list, err)
				}
				at := time.Now()
				if _, err := c.Details(t.Context(), test.r, hubFacts, 0); err != nil {
					t.Fatal(err)
				}
				if _, err := c.Look(t.Context(), test.r, "1.1", image.DigestFact, time.Time{}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(1000 * time.Hour)
				fresh, err := c.Details(t.Context(), test.r, hubFacts, 2000*time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				asked := r.Counts()
				kept, found, err := c.Kept(t.Context(), test.r, hubFacts)
				if err != nil || !found || kept.At.Sub(at) > time.Second {
					t.Fatalf("Kept = %+v, %v, %v", kept, found, err)
				}
				if diff := cmp.Diff(fresh, kept); diff != "" {
					t.Errorf("it is another one than Details takes from the cache (-Details +Kept):\n%s", diff)
				}
				if find(kept, "1.1").FirstSeen.IsZero() || find(kept, "1.1").Digest == "" {
					t.Errorf("what was looked up is not in it: %+v", find(kept, "1.1"))
				}
				if diff := cmp.Diff(asked, r.Counts()); diff != "" {
					t.Errorf("requests (-before +after):\n%s", diff)
				}
			})
		})
	}
}

// TestStanding: the quota as it is known, with no request.
func TestStanding(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	c := newClient(t, withoutSockets(r))
	q, err := c.Standing(t.Context(), image.DockerHub)
	if err != nil || q.Account != Anonymous || !q.Metered || q.Allowance == 0 || q.Remaining != -1 {
		t.Errorf("Standing = %+v, %v", q, err)
	}
	if got := r.Counts().Total(); got != 0 {
		t.Errorf("%d requests", got)
	}
}
