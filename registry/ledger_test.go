package registry

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// pushMany makes a repository whose tags all have another manifest, and returns the tags.
func pushMany(r *registrytest.Registry, path string, n int) []string {
	tags := numbered(n)
	for i, tag := range tags {
		r.Push(path, tag, registrytest.Image{Index: true, Build: i})
	}
	return tags
}

// lookAll looks up tags one after the other, and returns how many could not be described for want of pulls, and the
// last such error.
func lookAll(t testing.TB, c *Client, r image.Repository, tags []string) (refused int, last *QuotaError) {
	t.Helper()
	for _, tag := range tags {
		got, err := c.Look(t.Context(), r, tag, image.PlatformsFact, time.Time{})
		if q, ok := errors.AsType[*QuotaError](err); ok {
			if asError(t, err, "looking up tag "+tag); got.Digest == "" || got.Platforms != nil {
				t.Errorf("%s: %+v beside the error, want the digest alone", tag, got)
			}
			refused, last = refused+1, q
		} else if err != nil || len(got.Platforms) != 1 {
			t.Errorf("%s: %+v, %v", tag, got, err)
		}
	}
	return refused, last
}

// TestReserve: half of the allowance is left to others, whatever they do with it, and comes back with the window.
func TestReserve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{})
		r.Meter(registrytest.Metering{Limit: 100})
		tags := pushMany(r, "library/nginx", 200)
		c := newClient(t, withoutSockets(r, hub))
		began := time.Now()
		refused, q := lookAll(t, c, hubImage("library/nginx"), tags[:60])
		if refused != 10 || r.Pulls(registrytest.Address) != 50 {
			t.Errorf("%d looks refused, %d pulls, want 10 and 50", refused, r.Pulls(registrytest.Address))
		}
		want := &QuotaError{Registry: image.DockerHub, Account: Anonymous, Until: q.Until,
			Allowance: 100, Reserve: 50, Window: 6 * time.Hour, Spent: 50, Remaining: 50}
		if diff := cmp.Diff(want, q); diff != "" {
			t.Errorf("error (-want +got):\n%s", diff)
		}
		// What was refused costs no more than its HEAD, and what was read nothing more.
		if diff := cmp.Diff(registrytest.Counts{Head: 60, Get: 50}, r.Counts()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		if wait := q.Until.Sub(began); wait < 6*time.Hour || wait > 6*time.Hour+2*time.Minute {
			t.Errorf("closed for %v, want the window", wait)
		}

		time.Sleep(time.Until(q.Until))
		if refused, _ := lookAll(t, c, hubImage("library/nginx"), tags[50:60]); refused != 0 {
			t.Errorf("%d looks refused in the next window", refused)
		}
		r.Spend(registrytest.Address, 35) // a cluster comes back from an outage
		if refused, q := lookAll(t, c, hubImage("library/nginx"), tags[60:80]); refused != 15 || q.Remaining != 50 || q.Spent != 15 {
			t.Errorf("beside others %d looks refused, want 15 (%v)", refused, q)
		}
	})
}

// TestPullIsWrittenDownFirst: when a pull goes out the file has it already, so that a process that is killed there and
// then has not spent what the next one does not know of.
func TestPullIsWrittenDownFirst(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Meter(registrytest.Metering{Limit: 100})
	tags := pushMany(r, "app", 3)
	folder := t.TempDir()
	o := withoutSockets(r, hub)
	o.Cache = openCache(t, filepath.Join(folder, "cache.db"))
	var spent []int
	o.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodGet && asksManifest(req) {
			spent = append(spent, spentIn(t, filepath.Join(folder, "cache.db"), filepath.Join(folder, fmt.Sprint(len(spent)))))
		}
		return r.Transport().RoundTrip(req)
	})
	lookAll(t, newClient(t, o), hubImage("app"), tags)
	if diff := cmp.Diff([]int{1, 2, 3}, spent); diff != "" {
		t.Errorf("pulls in the file when they went out (-want +got):\n%s", diff)
	}
}

// spentIn returns the pulls in a file of the cache that is in use, as the next process would find them.
func spentIn(t *testing.T, path, copied string) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(copied, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	o := withoutSockets(registrytest.New(registrytest.Options{}), hub)
	o.Cache = openCache(t, copied)
	q, _ := newClient(t, o).Quota(t.Context(), image.DockerHub)
	return q.Spent
}

// TestNoPullsBesideAnotherProcess: while another process holds the log of pulls, none is taken that the registry counts.
func TestNoPullsBesideAnotherProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cache.db")
	openCache(t, path)
	second, err := cache.Open(t.Context(), cache.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	r := registrytest.New(registrytest.Options{})
	r.Meter(registrytest.Metering{Limit: 100})
	tags := pushMany(r, "app", 3)
	o := withoutSockets(r, hub)
	o.Cache, o.Now = second, func() time.Time { return noon }
	c := newClient(t, o)
	refused, q := lookAll(t, c, hubImage("app"), tags)
	if refused != 3 || r.Counts().Get != 0 || !q.Busy || q.Refused || !q.Until.Equal(noon.Add(time.Minute)) {
		t.Errorf("%d looks refused, %d pulls, %+v", refused, r.Counts().Get, q)
	}
	if quota, err := c.Quota(t.Context(), image.DockerHub); err != nil || quota.Left != 0 || quota.Until.IsZero() {
		t.Errorf("%+v, %v, want none left", quota, err)
	}
}

// TestLedgerAgainstRegistry: beside others who spend what they like, and whatever ends in between, the registry never
// has to refuse a pull, and none is taken that was the reserve.
func TestLedgerAgainstRegistry(t *testing.T) {
	t.Parallel()
	const limit = 12
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		clock := func() time.Time { return now }
		r := registrytest.New(registrytest.Options{Now: clock})
		r.Meter(registrytest.Metering{Limit: limit, Window: time.Hour})
		state, err := cache.Open(t.Context(), cache.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer state.Close()
		host := hub
		host.Reserve = rapid.SampledFrom([]int{-1, 25, 50, 75}).Draw(t, "reserve")
		start := func() *Client {
			o := withoutSockets(r, host)
			o.Now, o.Cache, o.Keychain = clock, state, anonymous
			c, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		c := start()
		defer func() { c.Close() }()
		tags := 0
		t.Repeat(map[string]func(*rapid.T){
			"look": func(t *rapid.T) {
				tags++
				tag := fmt.Sprint(tags)
				r.Push("app", tag, registrytest.Image{Index: true, Build: tags})
				since := rapid.SampledFrom([]time.Time{{}, noon.Add(-time.Hour)}).Draw(t, "since")
				before := r.Pulls(registrytest.Address)
				_, err := c.Look(t.Context(), hubImage("app"), tag, image.PlatformsFact, since)
				q, quota := errors.AsType[*QuotaError](err)
				if err != nil && !quota || quota && q.Refused {
					t.Fatal(err)
				}
				if r.Pulls(registrytest.Address) == before {
					return
				}
				left, err := c.Quota(t.Context(), image.DockerHub)
				if err != nil || left.Remaining < left.Reserve || left.Spent > limit-left.Reserve {
					t.Fatalf("%+v, %v", left, err)
				}
			},
			"others": func(t *rapid.T) {
				r.Spend(registrytest.Address, rapid.IntRange(1, limit).Draw(t, "pulls"))
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 90*60).Draw(t, "seconds")) * time.Second)
			},
			"restart": func(t *rapid.T) {
				c.Close()
				c = start()
			},
		})
	})
}

// TestLastPull: those who want it at once do not all get it.
func TestLastPull(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Meter(registrytest.Metering{Limit: 11})
	tags := pushMany(r, "app", 40)
	host := hub
	host.Reserve = 60
	c := newClient(t, withoutSockets(r, host))
	var group sync.WaitGroup
	for _, tag := range tags {
		group.Go(func() {
			if _, err := c.Look(t.Context(), hubImage("app"), tag, image.PlatformsFact, time.Time{}); err != nil {
				if _, ok := errors.AsType[*QuotaError](err); !ok {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	const most = 4 // 60 % of 11 is 6.6
	if got := r.Pulls(registrytest.Address); got > most {
		t.Errorf("%d pulls, want %d at most", got, most)
	}
	// What was not counted when others asked was taken for not there; now it is there.
	lookAll(t, c, hubImage("app"), tags)
	if got := r.Pulls(registrytest.Address); got != most {
		t.Errorf("%d pulls in the end, want %d", got, most)
	}
}

// TestRefusedPullIsNone: a GET that is answered with 401, as its token was withdrawn, is no pull in any count.
func TestRefusedPullIsNone(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer}})
	r.Meter(registrytest.Metering{Limit: 100})
	r.Push("app", "1.0", registrytest.Image{})
	c := newClient(t, withoutSockets(r, Host{Host: image.DockerHub, PerSecond: 1e6, TokenHosts: []string{"docker.io"}}))
	for _, want := range []image.Facts{image.DigestFact, image.PlatformsFact} {
		if _, err := c.Look(t.Context(), hubImage("app"), "1.0", want, time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		r.ExpireTokens()
	}
	quota, err := c.Quota(t.Context(), image.DockerHub)
	if gets := r.Counts().Get; gets != 2 || err != nil {
		t.Fatalf("%d GETs, want one that is refused and one more; %v", gets, err)
	}
	if counted, usage := r.Pulls(registrytest.Address), c.Usage()[0].Pulls; counted != 1 || quota.Spent != 1 || usage != 1 {
		t.Errorf("%d pulls were counted, the ledger has %d, and %d are told", counted, quota.Spent, usage)
	}
}

// TestSpentByProcesses: what one process spent the next one knows; each account has its own.
func TestSpentByProcesses(t *testing.T) {
	t.Parallel()
	now := noon
	clock := func() time.Time { return now }
	r := registrytest.New(registrytest.Options{Now: clock, Auth: registrytest.Auth{
		Scheme: registrytest.Bearer, Username: "robot", Password: "secret", Realm: "https://auth.docker.io/token"}})
	// A registry that does not say what remains: so all depends on the log.
	r.Meter(registrytest.Metering{Limit: 20, Window: time.Hour, RemainingHeader: "lots;w=3600"})
	tags := pushMany(r, "app", 60)
	path := filepath.Join(t.TempDir(), "cache.db")
	process := func(host Host, tags []string) (refused int) {
		t.Helper()
		state := openCache(t, path)
		defer state.Close()
		o := withoutSockets(r, host)
		o.Cache, o.Now = state, clock
		refused, _ = lookAll(t, newClient(t, o), hubImage("app"), tags)
		return refused
	}
	robot := hub
	robot.Auth = account("secret")
	for i, step := range []struct {
		after   time.Duration
		host    Host
		tags    []string
		refused int
	}{
		{0, hub, tags[:7], 0},
		{30 * time.Minute, hub, tags[7:14], 4},
		{0, robot, tags[20:40], 10},
		{29 * time.Minute, hub, tags[10:14], 4},
		{3 * time.Minute, hub, tags[10:20], 3},
		{time.Hour, robot, tags[30:40], 0},
	} {
		now = now.Add(step.after)
		if got := process(step.host, step.tags); got != step.refused {
			t.Errorf("step %d: %d looks refused, want %d", i, got, step.refused)
		}
	}
	if a, b := r.Pulls(registrytest.Address), r.Pulls("robot"); a != 17 || b != 20 {
		t.Errorf("%d and %d pulls, want 17 and 20", a, b)
	}

	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file, []byte("robot")) || !bytes.Contains(file, []byte("sha256:")) {
		t.Error("the file of the cache does not show what it should have")
	}
	for _, secret := range []string{"secret", "c2VjcmV0", "Bearer", "eyJ"} {
		if bytes.Contains(file, []byte(secret)) {
			t.Errorf("the cache holds %q", secret)
		}
	}
}

// TestPullsRefusedInTurn: pulls that wait for their turn at the limiter when another is refused are not sent any more.
func TestPullsRefusedInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := registrytest.New(registrytest.Options{})
		r.Meter(registrytest.Metering{Limit: 1, NoHeaders: true})
		r.Spend(registrytest.Address, 1)
		tags := pushMany(r, "app", 20)
		host := hub
		host.PerSecond, host.Burst = 1, 1
		o := withoutSockets(r, host)
		o.Now = time.Now
		c := newClient(t, o)
		for _, tag := range tags { // the last of them leaves no room at the limiter
			if _, err := c.Look(t.Context(), hubImage("app"), tag, image.DigestFact, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for _, tag := range tags {
			all.Go(func() { lookAll(t, c, hubImage("app"), []string{tag}) })
		}
		all.Wait()
		if got := r.Counts().Get; got != 1 {
			t.Errorf("%d GETs, want the one that was refused", got)
		}
	})
}

// TestPullsRefused: a registry that counts and does not tell refuses a pull. Then no GET is sent any more, while HEADs
// and lists go on, and the next process knows.
func TestPullsRefused(t *testing.T) {
	t.Parallel()
	now := noon
	clock := func() time.Time { return now }
	r := registrytest.New(registrytest.Options{Now: clock})
	r.Meter(registrytest.Metering{Limit: 3, NoHeaders: true})
	tags := pushMany(r, "app", 10)
	path := filepath.Join(t.TempDir(), "cache.db")
	process := func(want registrytest.Counts, refused int) {
		t.Helper()
		state := openCache(t, path)
		defer state.Close()
		o := withoutSockets(r, hub)
		o.Cache, o.Now = state, clock
		c := newClient(t, o)
		got, q := lookAll(t, c, hubImage("app"), tags)
		if got != refused || refused > 0 && !q.Until.Equal(noon.Add(6*time.Hour)) {
			t.Errorf("%d looks refused (%v), want %d", got, q, refused)
		}
		if list, err := c.Tags(t.Context(), hubImage("app"), 0); err != nil || len(list.Tags) != 10 {
			t.Errorf("list after the refusal: %v, %v", list.Tags, err)
		}
		if diff := cmp.Diff(want, r.Counts()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		r.Reset()
	}
	process(registrytest.Counts{Head: 10, Get: 4, List: 1}, 7)
	now = now.Add(5 * time.Hour)
	process(registrytest.Counts{Head: 10, List: 1}, 7)
	now = now.Add(time.Hour)
	r.Meter(registrytest.Metering{})
	process(registrytest.Counts{Head: 10, Get: 7, List: 1}, 0)
}
