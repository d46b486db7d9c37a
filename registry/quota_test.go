package registry

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestMeterHeaders is what headers of each kind let through.
func TestMeterHeaders(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		metering registrytest.Metering
		host     string
		pulls    int // of 60
	}{
		{name: "right", metering: registrytest.Metering{Limit: 40}, host: image.DockerHub, pulls: 20},
		{name: "another registry that counts", metering: registrytest.Metering{Limit: 40}, host: testHost, pulls: 20},
		{name: "no number", metering: registrytest.Metering{Limit: 1000, LimitHeader: ";w=21600", RemainingHeader: ";w=21600"},
			host: image.DockerHub, pulls: 50}, // as if it were the least allowance that is known
		{name: "nothing but what remains", metering: registrytest.Metering{Limit: 1000, LimitHeader: ";w=21600", RemainingHeader: "70;w=21600"},
			host: image.DockerHub, pulls: 50},
		{name: "nothing is allowed", metering: registrytest.Metering{Limit: 1000, LimitHeader: "0;w=21600", RemainingHeader: ";w=21600"}, host: image.DockerHub},
		{name: "less than nothing remains", metering: registrytest.Metering{Limit: 40, RemainingHeader: "-3;w=21600"}, host: image.DockerHub},
		{name: "an account that pays", metering: registrytest.Metering{Limit: 40, Accounts: map[string]int{registrytest.Address: 0}},
			host: image.DockerHub, pulls: 60},
		{name: "a repository that is free", metering: registrytest.Metering{Limit: 40, Free: []string{"app"}}, host: image.DockerHub, pulls: 60},
		{name: "a limit of requests", metering: registrytest.Metering{Limit: 1000, LimitHeader: "10", RemainingHeader: "5"}, host: testHost, pulls: 60},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{})
			r.Meter(test.metering)
			tags := pushMany(r, "app", 60)
			refused, _ := lookAll(t, newClient(t, withoutSockets(r, hub, unlimited)), image.Repository{Host: test.host, Path: "app"}, tags)
			if got := r.Counts().Get; got != test.pulls || refused != 60-test.pulls {
				t.Errorf("%d GETs, %d refused, want %d of 60", got, refused, test.pulls)
			}
		})
	}
}

// TestRefusedHeadPauses: a HEAD is free, so that one which is refused says that there were too many requests, be there
// pulls left or not; without any, GETs of manifests wait for the window beside.
func TestRefusedHeadPauses(t *testing.T) {
	t.Parallel()
	now := noon
	r := registrytest.New(registrytest.Options{})
	r.Meter(registrytest.Metering{Limit: 100})
	tags := pushMany(r, "app", 5)
	o := withoutSockets(r, hub)
	o.Now = func() time.Time { return now }
	c := newClient(t, o)
	r.Break(registrytest.Head, registrytest.Fault{Status: 429, Header: http.Header{"Ratelimit-Remaining": {"0;w=21600"}}})
	for _, heads := range []int{1, 2} {
		for _, tag := range tags {
			if _, err := c.Look(t.Context(), hubImage("app"), tag, image.DigestFact, time.Time{}); err == nil {
				t.Error("no error")
			}
		}
		if got := r.Counts().Head; got != heads {
			t.Errorf("%d HEADs, want %d", got, heads)
		}
		now = now.Add(62 * time.Second)
	}
	now = now.Add(2 * time.Minute)
	r.Break(registrytest.Head, registrytest.Fault{})
	if refused, q := lookAll(t, c, hubImage("app"), tags); refused != 5 || !q.Until.After(now.Add(5*time.Hour)) {
		t.Errorf("%d looks refused, %+v, want all until the window has moved on", refused, q)
	}
}

// TestFreeBesideMetered: that one repository is not metered says nothing of the others.
func TestFreeBesideMetered(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Meter(registrytest.Metering{Limit: 10, Free: []string{"free"}})
	c := newClient(t, withoutSockets(r, hub))
	free, counted := pushMany(r, "free", 20), pushMany(r, "counted", 10)
	for _, step := range []struct {
		path    string
		tags    []string
		refused int
	}{{"free", free[:10], 0}, {"counted", counted, 5}, {"free", free[10:], 0}} {
		if refused, _ := lookAll(t, c, hubImage(step.path), step.tags); refused != step.refused {
			t.Errorf("%s: %d looks refused, want %d", step.path, refused, step.refused)
		}
	}
}

// TestHeardFirst: before a pull on a registry that counts them it has said what is left, also where the digest is
// remembered.
func TestHeardFirst(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Meter(registrytest.Metering{Limit: 10})
	r.Push("app", "1.0", registrytest.Image{Index: true})
	now := noon
	o := withoutSockets(r, hub)
	o.Now = func() time.Time { return now }
	c := newClient(t, o)
	if _, err := c.Look(t.Context(), hubImage("app"), "1.0", image.DigestFact, time.Time{}); err != nil {
		t.Fatal(err)
	}
	r.Spend(registrytest.Address, 5)
	now = now.Add(10 * time.Minute)
	_, err := c.Look(t.Context(), hubImage("app"), "1.0", image.PlatformsFact, now.Add(-time.Hour))
	asError(t, err, "of 10 in 6h0m0s 5 are reserved for others, 0 were spent here and 5 remain")
	if diff := cmp.Diff(registrytest.Counts{Head: 2}, r.Counts()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{
		Now:  func() time.Time { return noon },
		Auth: registrytest.Auth{Scheme: registrytest.Bearer, Username: "robot", Password: "secret", Realm: "https://auth.docker.io/token"},
	})
	r.Push(probePath, probeTag, registrytest.Image{})
	tags := pushMany(r, "app", 5)
	r.Meter(registrytest.Metering{Limit: 100, Accounts: map[string]int{"robot": 0}})
	r.Spend(registrytest.Address, 20)
	quota := func(host Host, tags []string) (q Quota) {
		t.Helper()
		o := withoutSockets(r, host)
		o.Now = func() time.Time { return noon }
		c := newClient(t, o)
		lookAll(t, c, hubImage("app"), tags)
		r.Reset()
		q, err := c.Quota(t.Context(), host.Host)
		if err != nil {
			t.Error(err)
		}
		if got := r.Counts(); got.Get != 0 || got.Head > 2 {
			t.Errorf("requests: %+v, want no GET and no more than a HEAD, and one to be asked for a token", got)
		}
		return q
	}
	want := Quota{Registry: "docker.io", Account: Anonymous, Source: registrytest.Address, Metered: true,
		Allowance: 100, Window: 6 * time.Hour, Remaining: 75, At: noon, Reserve: 50, Spent: 5, Left: 25}
	if diff := cmp.Diff(want, quota(hub, tags)); diff != "" {
		t.Errorf("anonymous (-want +got):\n%s", diff)
	}
	r.Spend(registrytest.Address, 25)
	want.Remaining, want.Spent, want.Left, want.Until = 50, 0, 0, noon.Add(6*time.Hour)
	if diff := cmp.Diff(want, quota(hub, nil)); diff != "" {
		t.Errorf("another process, when others spent more (-want +got):\n%s", diff)
	}
	robot := hub
	robot.Auth = account("secret")
	if diff := cmp.Diff(Quota{Registry: "docker.io", Account: "robot", Remaining: -1}, quota(robot, tags)); diff != "" {
		t.Errorf("an account that pays (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Quota{Registry: testHost, Account: Anonymous, Remaining: -1}, quota(unlimited, nil)); diff != "" {
		t.Errorf("another registry (-want +got):\n%s", diff)
	}
	if got := r.Counts().Total(); got != 0 {
		t.Errorf("%d requests to a registry that counts nothing, want none", got)
	}
}

// TestQuotaOfNoAnswer: what was known is told beside the error.
func TestQuotaOfNoAnswer(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{Now: func() time.Time { return noon }})
	r.Meter(registrytest.Metering{Limit: 100})
	tags := pushMany(r, "app", 5)
	o := withoutSockets(r, hub)
	o.Now = func() time.Time { return noon }
	c := newClient(t, o)
	lookAll(t, c, hubImage("app"), tags)
	r.Break(registrytest.Head, registrytest.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"600"}}})
	q, err := c.Quota(t.Context(), image.DockerHub)
	asError(t, err, "asking for the quota of docker.io/ratelimitpreview/test: 429")
	if q.Spent != 5 || q.Remaining != 95 || q.Paused.Sub(noon).Round(time.Minute) != 10*time.Minute {
		t.Errorf("%+v", q)
	}
}

// TestQuotaErrorText: the sentence people get names who, how many and until when.
func TestQuotaErrorText(t *testing.T) {
	t.Parallel()
	e := &QuotaError{Registry: "docker.io", Account: "robot", Until: noon, Allowance: 200, Reserve: 100, Window: 6 * time.Hour, Spent: 3, Remaining: -1}
	if got, want := e.Error(), "an unknown number remain"; !strings.Contains(got, want) {
		t.Errorf("%q, want %q in it", got, want)
	}
	e.Refused = true
	if got, want := fmt.Sprint(e), "docker.io has no pulls left for robot: none is asked for before 2026-11-21T12:00:00Z"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
