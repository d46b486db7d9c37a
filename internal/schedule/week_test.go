package schedule_test

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
	"github.com/image-updater/image-updater/internal/schedule"
	"github.com/image-updater/image-updater/registry"
)

// TestWeek looks at repositories of Docker Hub for a week of simulated time, with its limits, three outages and others
// who pull from the same address: no pull is refused, and each repository is looked at within twice its interval, the
// outages taken off. With SIMULATE=week they are 10,000, which takes a minute of real time.
func TestWeek(t *testing.T) {
	t.Parallel()
	repositories := 200
	if os.Getenv("SIMULATE") == "week" {
		repositories = 10_000
	}
	const pulling = 150 // want a pull each day: somewhat more than others leave of 200
	synctest.Test(t, func(t *testing.T) {
		w := newWeek(t, repositories, pulling)
		w.run(7 * 24 * time.Hour)
		w.report()
	})
}

const (
	weekInterval = 4 * time.Hour
	weekHorizon  = 5 * time.Minute
	abuseLimit   = 2000 // requests in a minute
)

// outage is a time in which every request fails.
type outage struct {
	from, to time.Duration // from the begin of the week
	fail     func(*http.Request) (*http.Response, error)
}

var outages = []outage{
	{30 * time.Hour, 34 * time.Hour, func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }},
	{70 * time.Hour, 72 * time.Hour, func(req *http.Request) (*http.Response, error) {
		return answer(req, http.StatusServiceUnavailable, nil, "<html>Service Unavailable</html>"), nil
	}},
	{120 * time.Hour, 127 * time.Hour, func(req *http.Request) (*http.Response, error) {
		return answer(req, http.StatusTooManyRequests, http.Header{"Retry-After": {"1800"}}, "Too Many Requests"), nil
	}},
}

func answer(req *http.Request, status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body))}
}

// week is Docker Hub, one client of it, and what is seen of both.
type week struct {
	t            *testing.T
	begin        time.Time
	hub          *registrytest.Registry
	client       *registry.Client
	repositories []schedule.Repository
	states       []state
	pulling      int // of them, the first, want to know the platforms of each new tag

	sent        []time.Time // requests of the last minute
	requests    int
	busiest     int // requests in a minute
	pullRefused int // 429 of the pull kind
	abused      int // 429 of the abuse kind, outages apart

	looks, failed int
	described     int           // new tags whose platforms were looked up
	waited        int           // looks that found no quota for it
	longest       time.Duration // that a tag waited for it
	worst         time.Duration // between two looks, the time of outages taken off
	first         time.Duration // until all were looked at once
}

// state is what the client's user remembers of one repository.
type state struct {
	tags      int
	newest    string
	since     time.Time // when newest was found
	described bool      // its platforms are known
}

func newWeek(t *testing.T, repositories, pulling int) *week {
	w := &week{
		t: t, begin: time.Now(), pulling: pulling, states: make([]state, repositories),
		hub: registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer}}),
	}
	w.hub.Meter(registrytest.Metering{Limit: 100})
	client, err := registry.New(registry.Options{
		Keychain: authn.NewMultiKeychain(), Transport: w, Jitter: func() float64 { return 0.5 },
		Hosts: []registry.Host{{Host: image.DockerHub, Endpoint: "https://registry-1.docker.io", TokenHosts: []string{"registry-1.docker.io"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	for i := range repositories {
		r := schedule.Repository{
			Image:    image.Repository{Host: image.DockerHub, Path: fmt.Sprintf("team%d/service-%d", i%97, i)},
			Interval: weekInterval, Requests: 1.02, Steady: true,
		}
		if i < pulling {
			r.Pulls = weekInterval.Hours() / 24
		}
		w.hub.Add(r.Image.Path, "1.000.0")
		w.repositories = append(w.repositories, r)
	}
	return w
}

// RoundTrip is the wire, where all that matters can be seen.
func (w *week) RoundTrip(req *http.Request) (*http.Response, error) {
	now := time.Now()
	w.requests++
	w.sent = append(w.sent, now)
	for now.Sub(w.sent[0]) >= time.Minute {
		w.sent = w.sent[1:]
	}
	w.busiest = max(w.busiest, len(w.sent))
	if o := w.outage(now); o != nil {
		return o.fail(req)
	}
	if len(w.sent) > abuseLimit {
		w.abused++
		return answer(req, http.StatusTooManyRequests, nil, "Too Many Requests"), nil
	}
	resp, err := w.hub.Transport().RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		w.pullRefused++
	}
	return resp, err
}

func (w *week) outage(now time.Time) *outage {
	for i, o := range outages {
		if since := now.Sub(w.begin); since >= o.from && since < o.to {
			return &outages[i]
		}
	}
	return nil
}

// run is the loop of a daemon, in small.
func (w *week) run(length time.Duration) {
	limits := schedule.Registry{Host: image.DockerHub, PerSecond: 5, PullsPerDay: 200}
	for hour := 0; time.Since(w.begin) < length; {
		for ; float64(hour) <= time.Since(w.begin).Hours(); hour++ {
			w.publish(hour)
			w.hub.Spend(registrytest.Address, 3) // the cluster's own
		}
		plan := schedule.Make(limits, w.repositories, time.Now(), time.Now().Add(weekHorizon))
		limits.Free = plan.Free
		w.announce(plan.Looks)
		for _, look := range plan.Looks {
			time.Sleep(time.Until(look.At))
			if again := w.look(look.Index); !again.IsZero() {
				limits.Free = again
				break
			}
		}
		time.Sleep(time.Until(plan.Next))
		time.Sleep(time.Until(limits.Free.Add(-weekHorizon)))
	}
}

func (w *week) announce(looks []schedule.Look) {
	soon := make([]image.Repository, len(looks))
	for i, look := range looks {
		soon[i] = w.repositories[look.Index].Image
	}
	w.client.Expect(soon...)
}

// publish pushes new tags: every day one to each of those whose platforms are wanted, every eight days to the others.
func (w *week) publish(hour int) {
	for i, r := range w.repositories {
		every := 8 * 24
		if i < w.pulling {
			every = 24
		}
		hash := fnv.New32a()
		io.WriteString(hash, r.Image.Path)
		if hour > 0 && (hour+int(hash.Sum32()%997))%every == 0 {
			w.hub.Push(r.Image.Path, fmt.Sprintf("1.%03d.0", hour), registrytest.Image{Platforms: []string{"linux/amd64", "linux/arm64"}})
		}
	}
}

// look asks for the list of tags, and for the platforms of a new one. It returns when to go on if the registry fails.
func (w *week) look(index int) (again time.Time) {
	r := &w.repositories[index]
	now := time.Now()
	list, err := w.client.Tags(w.t.Context(), r.Image, 0)
	if err != nil {
		w.failed++
		if w.outage(now) == nil && w.outage(now.Add(-time.Hour)) == nil {
			w.t.Errorf("looking at %s: %v", r.Image, err)
		}
		again = now.Add(time.Minute)
		if e, ok := errors.AsType[*registry.Error](err); ok && e.Until.After(again) {
			again = e.Until
		}
		return again
	}
	w.looks++
	since := cmp.Or(r.Looked, w.begin)
	stale := now.Sub(since) - outageWithin(since.Sub(w.begin), now.Sub(w.begin))
	if r.Looked.IsZero() {
		w.first = max(w.first, stale)
	} else {
		w.worst = max(w.worst, stale)
	}
	if stale > 2*r.Interval {
		w.t.Errorf("%s was not looked at for %v", r.Image, stale)
	}
	r.Looked = now
	if seen := &w.states[index]; len(list.Tags) != seen.tags {
		r.Changed = now
		*seen = state{tags: len(list.Tags), newest: list.Tags[len(list.Tags)-1], since: now, described: seen.tags == 0}
	}
	w.describe(index)
	return time.Time{}
}

// describe looks up the platforms of the newest tag, which takes a pull, where they are wanted and not known.
func (w *week) describe(index int) {
	seen := &w.states[index]
	if index >= w.pulling || seen.described {
		return
	}
	tag, err := w.client.Look(w.t.Context(), w.repositories[index].Image, seen.newest, image.PlatformsFact, time.Time{})
	_, noQuota := errors.AsType[*registry.QuotaError](err)
	switch {
	case noQuota:
		w.waited++
	case err != nil:
		w.t.Errorf("looking up %s: %v", seen.newest, err)
	case len(tag.Platforms) != 2:
		w.t.Errorf("%s has the platforms %v", seen.newest, tag.Platforms)
	default:
		seen.described = true
		w.described++
		w.longest = max(w.longest, time.Since(seen.since))
	}
}

// outageWithin returns how much of the time from one look to the next was an outage, with half an hour after each for
// the pause that the registry had asked for.
func outageWithin(from, to time.Duration) (sum time.Duration) {
	for _, o := range outages {
		sum += max(0, min(to, o.to+30*time.Minute)-max(from, o.from))
	}
	return sum
}

func (w *week) report() {
	t := w.t
	if err := w.client.Close(); err != nil {
		t.Error(err)
	}
	pulls := w.hub.Pulls(registrytest.Address)
	t.Logf("%d repositories, each every %v: %d looks, %d requests, %d of them in one minute at most, %d looks failed in outages",
		len(w.repositories), weekInterval, w.looks, w.requests, w.busiest, w.failed)
	t.Logf("%d pulls (%.0f a day) for %d tags, %d looks found no quota for one, which waited %v at most; 429 for pulls: %d",
		pulls, float64(pulls)/7, w.described, w.waited, w.longest, w.pullRefused)
	t.Logf("worst staleness %v, the first look at all took %v", w.worst, w.first)
	if w.pullRefused > 0 || w.abused > 0 {
		t.Errorf("429 for pulls: %d, for too many requests: %d", w.pullRefused, w.abused)
	}
	if w.waited == 0 || pulls < 500 || pulls != w.described {
		t.Errorf("%d pulls for %d tags, %d waits: the ledger was not put to the test", pulls, w.described, w.waited)
	}
	want := int(7*24*time.Hour/weekInterval) * len(w.repositories)
	if w.looks < want*9/10 {
		t.Errorf("%d looks, want about %d", w.looks, want)
	}
}
