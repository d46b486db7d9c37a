package registry

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestSecondProcess is the figure of issue 2: 200 repositories with 500 tags each, listed again by a new process.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer}})
	var repositories []image.Repository
	for i := range 200 {
		repositories = append(repositories, repository(fmt.Sprintf("team-%d/service-%03d", i%7, i)))
		r.Add(repositories[i].Path, numbered(500)...)
	}
	path := filepath.Join(t.TempDir(), "cache.db")
	pass := func(fresh time.Duration) registrytest.Counts {
		t.Helper()
		state := openCache(t, path)
		defer state.Close()
		o := withoutSockets(r, unlimited)
		o.Cache = state
		c := newClient(t, o)
		c.Expect(repositories...)
		var group sync.WaitGroup
		slots := make(chan struct{}, 16)
		for _, repository := range repositories {
			group.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				if list, err := c.Tags(t.Context(), repository, fresh); err != nil || len(list.Tags) != 500 {
					t.Errorf("Tags(%s): %d tags, %v", repository, len(list.Tags), err)
				}
			})
		}
		group.Wait()
		got := r.Counts()
		if usage := c.Usage(); usage[0] != (Usage{Registry: testHost, Requests: got.Total()}) {
			t.Errorf("Usage() = %v, want %d requests", usage, got.Total())
		}
		r.Reset()
		return got
	}
	// The first pass learns the challenge by one list refused; four token requests of fifty scopes follow.
	for i, want := range []registrytest.Counts{{Token: 4, List: 201}, {Token: 4, List: 200}} {
		if diff := cmp.Diff(want, pass(0)); diff != "" {
			t.Errorf("pass %d: requests (-want +got):\n%s", i+1, diff)
		}
	}
	if diff := cmp.Diff(registrytest.Counts{}, pass(15*time.Minute)); diff != "" {
		t.Errorf("within the interval: requests (-want +got):\n%s", diff)
	}
}

// TestEveryoneGetsWhatHeWants: one who takes a list from the cache and one who wants a new one ask at the same time.
func TestEveryoneGetsWhatHeWants(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Add("a", "1.0")
	c := newClient(t, withoutSockets(r, unlimited))
	if _, err := c.Tags(t.Context(), repository("a"), 0); err != nil {
		t.Fatal(err)
	}
	r.Add("a", "1.1")
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			fresh := time.Duration(i%2) * time.Hour
			list, err := c.Tags(t.Context(), repository("a"), fresh)
			if err != nil || fresh == 0 && (list.Cached || len(list.Tags) != 2) {
				t.Errorf("fresh %v: %v, cached %v, %v", fresh, list.Tags, list.Cached, err)
			}
			slices.Reverse(list.Tags) // must not be seen by the others
		})
	}
	group.Wait()
	if list, err := c.Tags(t.Context(), repository("a"), time.Hour); err != nil || !list.Cached || !slices.Equal(list.Tags, []string{"1.0", "1.1"}) {
		t.Errorf("afterwards: %+v, %v", list, err)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Break(registrytest.List, registrytest.Fault{Stall: true})
	asked := make(chan struct{})
	c, err := New(Options{Keychain: anonymous, Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		close(asked)
		return r.Transport().RoundTrip(req)
	})})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := c.Tags(t.Context(), repository("a"), 0)
		failed <- err
	}()
	<-asked
	closed := make(chan error)
	go func() { closed <- c.Close() }()
	if err := <-failed; !errors.Is(err, ErrClosed) {
		t.Errorf("the call under way ended with %v, want ErrClosed", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close() = %v", err)
	}
	if _, err := c.Tags(t.Context(), repository("a"), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("a call after Close ends with %v, want ErrClosed", err)
	}
}
