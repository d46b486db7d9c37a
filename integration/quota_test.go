package integration

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/registry"
)

// toll counts pulls in front of a registry as Docker Hub does: a GET of a manifest is one, a HEAD is none, and both tell
// what is left.
type toll struct {
	next  http.Handler
	limit int

	mu    sync.Mutex
	spent int
}

func (q *toll) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := kindOf(r)
	if r.Header.Get("Authorization") == "" || kind != pull && kind != head {
		q.next.ServeHTTP(w, r)
		return
	}
	q.mu.Lock()
	over := kind == pull && q.spent == q.limit
	if kind == pull && !over {
		q.spent++
	}
	w.Header().Set("ratelimit-limit", fmt.Sprintf("%d;w=21600", q.limit))
	w.Header().Set("ratelimit-remaining", fmt.Sprintf("%d;w=21600", q.limit-q.spent))
	q.mu.Unlock()
	if over {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}`)
		return
	}
	q.next.ServeHTTP(w, r)
}

// pushBuilds pushes an image of its own under each tag, an index under the last one.
func (d *distribution) pushBuilds(t *testing.T, repository string, tags []string) {
	t.Helper()
	for i, tag := range tags {
		target, err := name.NewTag(d.host() + "/" + repository + ":" + tag)
		if err != nil {
			t.Fatal(err)
		}
		built, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64", Created: v1.Time{Time: time.Unix(int64(i), 0)}})
		if err != nil {
			t.Fatal(err)
		}
		if i < len(tags)-1 {
			err = remote.Write(target, built, d.pusher...)
		} else {
			err = remote.WriteIndex(target, mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: built,
				Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}}), d.pusher...)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Half of the pulls are left to others, digests cost none, and what one process has read the next one knows.
func TestPullsLeftToOthers(t *testing.T) {
	t.Parallel()
	d := newDistribution(t)
	tags := numbered(15)
	d.pushBuilds(t, "team/app", tags)
	counted := &toll{next: d.next, limit: 20}
	d.pass(counted)
	state := filepath.Join(t.TempDir(), "state.db")
	look := func(want image.Facts) (described, refused int) {
		d.take()
		client, end := d.open(t, state, scanner)
		defer end()
		client.Expect(repository(t, "team/app"))
		for _, tag := range tags {
			got, err := client.Look(t.Context(), repository(t, "team/app"), tag, want, time.Time{})
			if _, ok := errors.AsType[*registry.QuotaError](err); ok && got.Digest != "" {
				refused++
			} else if err != nil {
				t.Fatal(err)
			} else if len(got.Platforms) == 1 {
				described++
			}
		}
		return described, refused
	}

	for range 20 {
		look(image.DigestFact)
		if got := d.take(); got[pull] != 0 || got[head] > len(tags)+1 {
			t.Errorf("digests: %s, want %d manifest HEAD and no GET", show(got), len(tags))
		}
	}
	if described, refused := look(image.PlatformsFact | image.CreatedFact); described != 10 || refused != 5 {
		t.Errorf("%d tags described, %d refused, want 10 and 5", described, refused)
	}
	if diff := cmp.Diff(map[string]int{token: 1, head: 15, pull: 10, blob: 10}, d.take()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if described, refused := look(image.PlatformsFact); described != 10 || refused != 5 {
		t.Errorf("another process: %d tags described, %d refused, want 10 and 5", described, refused)
	}
	if diff := cmp.Diff(map[string]int{token: 1, head: 15}, d.take()); diff != "" {
		t.Errorf("requests of another process (-want +got):\n%s", diff)
	}

	client, end := d.open(t, state, scanner)
	defer end()
	quota, err := client.Quota(t.Context(), registryHost)
	if err != nil || quota.Account != username || quota.Allowance != 20 || quota.Spent != 10 || quota.Reserve != 10 || quota.Left != 0 {
		t.Errorf("quota: %+v, %v", quota, err)
	}
	if counted.spent != 10 {
		t.Errorf("%d pulls were counted, want 10", counted.spent)
	}
}
