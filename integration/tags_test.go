package integration

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/registry"
)

// client returns a client of the product for the server, without a state file.
func (d *distribution) client(t *testing.T, auth authn.Authenticator) *registry.Client {
	t.Helper()
	client, end := d.open(t, "", auth)
	t.Cleanup(end)
	return client
}

// open returns a client as a process would have it that keeps its state in path, and what ends that process.
func (d *distribution) open(t *testing.T, path string, auth authn.Authenticator) (client *registry.Client, end func()) {
	t.Helper()
	kept, err := cache.Open(t.Context(), cache.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	client, err = registry.New(registry.Options{
		Hosts: []registry.Host{{
			Host: registryHost, Endpoint: d.url, RootCAs: mustLoopback(t).authority, Auth: auth,
			// The limits of a host are tested elsewhere; here they would only cost time.
			PerSecond: 10_000, Burst: 10_000,
		}},
		Cache: kept,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, func() {
		if err := errors.Join(client.Close(), kept.Close()); err != nil {
			t.Error(err)
		}
	}
}

var scanner = &authn.Basic{Username: username, Password: password}

func repository(t *testing.T, path string) image.Repository {
	t.Helper()
	repo, err := image.ParseRepository(registryHost + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// A list that comes in pages is read to its end, whole and once.
func TestTagsOverPages(t *testing.T) {
	t.Parallel()
	d := newDistribution(t)
	want := numbered(2_500)
	d.fill(t, "team/app", want)
	d.take()
	got, err := d.client(t, scanner).Tags(t.Context(), repository(t, "team/app"), 0)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(got.Tags))); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	// The first list is answered by the challenge, which saves the ping.
	if diff := cmp.Diff(map[string]int{token: 1, list: 1 + 3}, d.take()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// The second process asks each repository once, pings nobody and shares tokens; a list that is young enough costs
// nothing at all.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	const repositories, tags = 200, 50
	d := newDistribution(t)
	var repos []image.Repository
	for i := range repositories {
		path := fmt.Sprintf("team/app-%03d", i)
		d.fill(t, path, numbered(tags))
		repos = append(repos, repository(t, path))
	}
	state := filepath.Join(t.TempDir(), "state.db")
	pass := func(fresh time.Duration) map[string]int {
		d.take()
		client, end := d.open(t, state, scanner)
		client.Expect(repos...)
		for _, repo := range repos {
			got, err := client.Tags(t.Context(), repo, fresh)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Tags) != tags {
				t.Fatalf("%s: got %d tags, want %d", repo, len(got.Tags), tags)
			}
		}
		end()
		return d.take()
	}

	first := pass(0)
	t.Logf("first pass: %s", show(first))
	if first[list]+first[ping] > repositories+1 || first[pull]+first[head] != 0 {
		t.Errorf("first pass: got %s, want %d list, 1 challenge and no manifest", show(first), repositories)
	}
	second := pass(0)
	t.Logf("second pass: %s", show(second))
	if second[list] != repositories || second[ping] != 0 || second[pull]+second[head] != 0 || second[token] > repositories/10 {
		t.Errorf("second pass: got %s, want %d list, no ping, no manifest, and at most %d token",
			show(second), repositories, repositories/10)
	}
	if third := pass(time.Hour); len(third) != 0 {
		t.Errorf("third pass within the interval: got %s, want no request", show(third))
	}
}

// A password that the token server refuses is tried few times and told to nobody.
func TestRefusedPassword(t *testing.T) {
	t.Parallel()
	d := newDistribution(t)
	const secret = "hunter2-and-more"
	client := d.client(t, &authn.Basic{Username: username, Password: secret})
	for i := range 10 {
		_, err := client.Tags(t.Context(), repository(t, fmt.Sprintf("team/app-%d", i)), 0)
		if _, ok := errors.AsType[*registry.Error](err); !ok {
			t.Fatalf("got error %v, want a *registry.Error", err)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells the password: %v", err)
		}
	}
	if got := d.take(); got[token] > 5 || got[list] > 1 {
		t.Errorf("got %s, want at most 5 token and 1 list", show(got))
	}
}

// A repository that does not exist is an error that names it, not an empty list.
func TestUnknownRepository(t *testing.T) {
	t.Parallel()
	d := newDistribution(t)
	_, err := d.client(t, scanner).Tags(t.Context(), repository(t, "team/gone"), 0)
	refused, ok := errors.AsType[*registry.Error](err)
	if !ok || refused.Status != 404 || refused.Code != "NAME_UNKNOWN" {
		t.Errorf("got error %v, want status 404 and code NAME_UNKNOWN", err)
	}
	if ok && !strings.Contains(err.Error(), "team/gone") {
		t.Errorf("the error does not name the repository: %v", err)
	}
}

// Requests end with the context, wherever they stand.
func TestTagsCanceled(t *testing.T) {
	t.Parallel()
	d := newDistribution(t)
	d.fill(t, "team/app", numbered(10))
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the pass is over")
	cancel(reason)
	d.take()
	if _, err := d.client(t, scanner).Tags(ctx, repository(t, "team/app"), 0); !errors.Is(err, context.Canceled) && !errors.Is(err, reason) {
		t.Errorf("got error %v, want the context's", err)
	}
	if got := d.take(); len(got) != 0 {
		t.Errorf("got %s, want no request", show(got))
	}
}
