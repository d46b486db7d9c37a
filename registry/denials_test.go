package registry

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestDeniedEverywhere: a registry that refuses every repository is not asked for each of them, however it does so.
func TestDeniedEverywhere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		auth  registrytest.Auth
		host  Host
		fault registrytest.Fault // of lists
		most  registrytest.Counts
	}{
		{name: "takes none of its tokens", auth: registrytest.Auth{Scheme: registrytest.Bearer}, host: unlimited,
			fault: registrytest.Fault{Status: 401}, most: registrytest.Counts{Token: 40, List: 80}},
		{name: "takes none of the account's tokens", auth: registrytest.Auth{Scheme: registrytest.Bearer, Username: "robot", Password: "secret"},
			host: withAuth(account("secret")), fault: registrytest.Fault{Status: 401}, most: registrytest.Counts{Token: 40, List: 80}},
		{name: "forbids", auth: registrytest.Auth{Scheme: registrytest.Bearer}, host: unlimited,
			fault: registrytest.Fault{Status: 403}, most: registrytest.Counts{Token: 10, List: 40}},
		{name: "grants nothing", auth: registrytest.Auth{Scheme: registrytest.Bearer, Deny: 403, Private: appPaths(2000)}, host: unlimited,
			most: registrytest.Counts{Token: 29}}, // GitLab bans an address for 30
		{name: "wants a password that is not there", auth: registrytest.Auth{Scheme: registrytest.Basic}, host: unlimited,
			most: registrytest.Counts{List: 40}},
		{name: "wants another password", auth: registrytest.Auth{Scheme: registrytest.Basic}, host: withAuth(account("wrong")),
			most: registrytest.Counts{List: 6}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{Auth: test.auth})
			r.Break(registrytest.List, test.fault)
			c := newClient(t, withoutSockets(r, test.host))
			if test.auth.Scheme == registrytest.Bearer {
				h, err := c.host(testHost)
				if err != nil {
					t.Fatal(err)
				}
				h.challenges.set(challenge{Scheme: schemeBearer, Realm: "https://" + testHost + "/token"})
			}
			errs := listAll(t, c, r, testHost, appPaths(2000))
			for path, err := range errs {
				if e, ok := errors.AsType[*Error](err); !ok || e.Status != 401 && e.Status != 403 && !strings.Contains(e.Error(), "refused too often") {
					t.Errorf("%s: %v", path, err)
				}
			}
			got := r.Counts()
			if got.Token > test.most.Token || got.List > test.most.List || got.Total() != got.Token+got.List {
				t.Errorf("asked %+v, want %+v at most", got, test.most)
			}
		})
	}
}

// TestDeniedSome: repositories that are another's stop none of the others, in whatever order they come.
func TestDeniedSome(t *testing.T) {
	t.Parallel()
	for name, isPrivate := range map[string]func(i int) bool{
		"one in ten":  func(i int) bool { return i%10 == 3 },
		"one of two":  func(i int) bool { return i%2 == 0 },
		"four in row": func(i int) bool { return i%8 < 4 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			paths := appPaths(200)
			var private []string
			for i, path := range paths {
				if isPrivate(i) {
					private = append(private, path)
				}
			}
			r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer, Private: private}})
			c := newClient(t, withoutSockets(r, unlimited))
			for i, path := range paths { // one by one, so that the order is theirs
				r.Add(path, "1.0")
				_, err := c.Tags(t.Context(), repository(path), 0)
				if isPrivate(i) {
					asError(t, err, "401 Unauthorized")
				} else if err != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
		})
	}
}

// TestDeniedFirst: where a dozen repositories that are another's come first, a new registry loses some of the others for
// one pass, and one that has answered before loses none, also in another process.
func TestDeniedFirst(t *testing.T) {
	t.Parallel()
	paths := appPaths(100)
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer, Private: paths[:12]}})
	state := openCache(t, "")
	for pass, want := range []int{79, 88, 88} {
		o := withoutSockets(r, unlimited)
		o.Cache = state
		c := newClient(t, o)
		listed := 0
		for _, path := range paths {
			r.Add(path, "1.0")
			if _, err := c.Tags(t.Context(), repository(path), 0); err == nil {
				listed++
			}
		}
		if listed != want {
			t.Errorf("pass %d: %d repositories were listed, want %d", pass, listed, want)
		}
	}
}

func appPaths(n int) []string {
	paths := make([]string, n)
	for i := range paths {
		paths[i] = fmt.Sprint("app/", i)
	}
	return paths
}

// listAll lists repositories of a registry, sixteen at a time, and returns the errors by path.
func listAll(t *testing.T, c *Client, r *registrytest.Registry, host string, paths []string) map[string]error {
	t.Helper()
	errs := make(map[string]error)
	var mu sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, 16)
	var announced []image.Repository
	for _, path := range paths {
		r.Add(path, "1.0")
		announced = append(announced, image.Repository{Host: host, Path: path})
	}
	c.Expect(announced...)
	for _, path := range paths {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			_, err := c.Tags(t.Context(), image.Repository{Host: host, Path: path}, 0)
			mu.Lock()
			defer mu.Unlock()
			errs[path] = err
		})
	}
	group.Wait()
	return errs
}
