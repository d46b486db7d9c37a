package integration

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// numbered gives count tags 1.0.0, 1.0.1, ... in order.
func numbered(count int) []string {
	tags := make([]string, count)
	for i := range tags {
		tags[i] = fmt.Sprintf("1.%d.%d", i/100, i%100)
	}
	return tags
}

// TestDistributionItself shows with another client that the fixtures are what a registry serves, so that a failure
// elsewhere is ours.
func TestDistributionItself(t *testing.T) {
	t.Parallel()
	d := newDistribution(t)
	d.fill(t, "team/app", numbered(250))
	repository, err := name.NewRepository(d.host() + "/team/app")
	if err != nil {
		t.Fatal(err)
	}
	d.take()
	tags, err := remote.List(repository, append(d.pusher, remote.WithContext(t.Context()))...)
	if err != nil {
		t.Fatal(err)
	}
	if len(tags) != 250 {
		t.Errorf("got %d tags, want 250", len(tags))
	}
	if diff := cmp.Diff(map[string]int{ping: 1, token: 1, list: 1}, d.take()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if _, err := remote.Get(repository.Tag("1.2.49"), append(d.pusher, remote.WithContext(t.Context()))...); err != nil {
		t.Errorf("pulling a tag that was filled in: %v", err)
	}
}
