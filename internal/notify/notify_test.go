package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/image-updater/image-updater/internal/notify"
	"github.com/image-updater/image-updater/internal/status"
)

// wire is what webhooks are posted to within a bubble of time, where there are no sockets.
type wire struct {
	mu     sync.Mutex
	answer func(n int) (status int, header http.Header) // by the number of the request, from 1; nil = 200
	got    []sent
	hang   bool // no request is answered
	takes  time.Duration
}

// sent is one request.
type sent struct {
	ID    string
	After time.Duration // since the beginning
	Text  []string
	Lost  int
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body struct {
		Data struct {
			ID     string
			Events []struct{ Text string }
			Lost   int
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	w.mu.Lock()
	hang := w.hang
	one := sent{ID: body.Data.ID, After: time.Since(beginning), Lost: body.Data.Lost}
	for _, e := range body.Data.Events {
		one.Text = append(one.Text, e.Text)
	}
	w.got = append(w.got, one)
	code, header := http.StatusOK, http.Header{}
	if w.answer != nil {
		code, header = w.answer(len(w.got))
	}
	w.mu.Unlock()
	time.Sleep(w.takes)
	if hang {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: code, Header: header, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

func (w *wire) requests() []sent {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.got)
}

func (w *wire) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// beginning is when each bubble of time begins.
var beginning = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// memory is a Memory.
type memory struct {
	mu    sync.Mutex
	told  map[string][]byte
	saves int
}

func (m *memory) Load(channel string) (told status.Told) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if data := m.told[channel]; data != nil {
		if err := json.Unmarshal(data, &told); err != nil {
			panic(err)
		}
	}
	return told
}

func (m *memory) Save(channel string, told status.Told) error {
	data, err := json.Marshal(told)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saves++
	m.told[channel] = data
	return nil
}

// station is a notifier that runs, with one channel.
type station struct {
	*notify.Notifier
	wire   *wire
	memory *memory
	log    *bytes.Buffer
	end    func()
}

func hook(name string) notify.Channel {
	return notify.Channel{Name: name, Kind: notify.Webhook, URL: "https://hook.acme.example" + secretPath, Watch: status.Watch{Channel: name}}
}

// begin runs a notifier until the end of the test, or until its end is called.
func begin(t *testing.T, m *memory, w *wire) *station {
	t.Helper()
	if m == nil {
		m = &memory{told: map[string][]byte{}}
	}
	s := &station{wire: w, memory: m, log: &bytes.Buffer{}}
	s.Notifier = notify.New(notify.Options{
		Transport: w, Version: "v1", Log: slog.New(slog.NewTextHandler(s.log, nil)), Chance: func() float64 { return 1 },
	}, m)
	s.Use([]notify.Channel{hook("team")})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	s.end = func() {
		stop()
		<-ended
	}
	t.Cleanup(s.end)
	return s
}

// knows is a Status in which these policies have failed.
func knows(failed ...string) status.Status {
	s := status.Status{At: time.Now(), Started: beginning, Ready: true}
	for _, name := range []string{"a", "b", "c"} {
		p := status.Policy{Name: name, Image: name, Registry: "docker.io", Notify: []string{"team", "other"}, State: status.UpToDate}
		if slices.Contains(failed, name) {
			p.State, p.Why = status.Failed, status.Reason{Detail: "broken"}
		}
		s.Policies = append(s.Policies, p)
	}
	return s
}

func lines(requests []sent) []string {
	var all []string
	for _, r := range requests {
		all = append(all, fmt.Sprintf("%v: %s", r.After, strings.Join(r.Text, ", ")))
	}
	return all
}

func expect(t *testing.T, s *station, want ...string) {
	t.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, lines(s.wire.requests())); diff != "" {
		t.Errorf("messages (-want +got):\n%s\n%s", diff, s.log)
	}
}

// What comes up within some seconds is one message, and what was told is not told again.
func TestGathered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, nil, &wire{})
		s.Tell(knows("a"))
		time.Sleep(2 * time.Second)
		s.Tell(knows("a", "b"))
		time.Sleep(time.Minute)
		s.Tell(knows("a", "b"))
		time.Sleep(time.Minute)
		s.Tell(knows("a"))
		time.Sleep(time.Minute)
		expect(t, s, "5s: failed a (policy a): broken, failed b (policy b): broken", "2m7s: recovered b (policy b)")
		want := []status.Channel{{Name: "team", Kind: "webhook", Sent: 2, Last: beginning.Add(127 * time.Second)}}
		if diff := cmp.Diff(want, s.Channels(), cmp.Comparer(time.Time.Equal)); diff != "" {
			t.Errorf("channels (-want +got):\n%s", diff)
		}
	})
}

// Also where nothing changes for long, what has waited for long is told.
func TestLooksByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, nil, &wire{})
		now := knows()
		now.Policies[0].State, now.Policies[0].Since = status.Waiting, beginning
		channel := hook("team")
		channel.Watch.WaitingAfter = time.Hour
		s.Use([]notify.Channel{channel})
		s.Tell(now)
		time.Sleep(24 * time.Hour)
		expect(t, s, "1h0m5s: waiting long a (policy a)")
	})
}

// While a pass is under way nothing is told, unless it takes long.
func TestOneMessageForAPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, nil, &wire{})
		now := knows("a")
		now.Running = status.Pass{Number: 1}
		s.Tell(now)
		time.Sleep(time.Minute)
		expect(t, s)
		s.Tell(knows("a", "b"))
		time.Sleep(time.Minute)
		now.Running.Stuck = true
		s.Tell(now)
		time.Sleep(3 * time.Minute)
		expect(t, s, "1m5s: failed a (policy a): broken, failed b (policy b): broken",
			"3m5s: failed pass: it has not gone on for longer than a step may take, recovered b (policy b)")
	})
}

// A message that is not taken is sent again, later and later, the same one; what comes up meanwhile is told after it.
func TestRetried(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, nil, &wire{answer: func(n int) (int, http.Header) {
			switch {
			case n < 4:
				return http.StatusBadGateway, nil
			case n == 4:
				return http.StatusTooManyRequests, http.Header{"Retry-After": {"100"}}
			}
			return http.StatusNoContent, nil
		}})
		s.Tell(knows("a"))
		time.Sleep(8 * time.Second)
		s.Tell(knows("a", "b"))
		time.Sleep(10 * time.Second)
		if got := s.Channels()[0]; got.Queued != 2 || got.Error != "answered 502 Bad Gateway" {
			t.Errorf("channel %+v", got)
		}
		time.Sleep(5 * time.Minute)
		const a = "failed a (policy a): broken"
		expect(t, s, "5s: "+a, "10s: "+a, "20s: "+a, "40s: "+a, "2m20s: "+a, "2m20s: failed b (policy b): broken")
		ids := map[string]bool{}
		for _, r := range s.wire.requests() {
			ids[r.ID] = true
		}
		if len(ids) != 2 {
			t.Errorf("ids %v", ids)
		}
		if got := s.Channels()[0]; got.Queued != 0 || got.Sent != 2 || got.Failed != 0 {
			t.Errorf("channel %+v", got)
		}
	})
}

// A message that is refused for good is not sent again, and one that is never taken is given up after an hour.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(int) (int, http.Header) { return http.StatusGone, nil }}
		s := begin(t, nil, w)
		s.Tell(knows("a"))
		time.Sleep(2 * time.Hour)
		expect(t, s, "5s: failed a (policy a): broken")
		w.set(func() { w.answer = func(int) (int, http.Header) { return http.StatusBadGateway, nil } })
		s.Tell(knows("a", "b"))
		time.Sleep(3 * time.Hour)
		requests := w.requests()
		if n := len(requests); n < 15 || n > 20 || requests[n-1].After > 3*time.Hour+6*time.Minute {
			t.Errorf("%d requests, the last after %v", n, requests[n-1].After)
		}
		if got := s.Channels()[0]; got.Failed != 2 || got.Sent != 0 || got.Queued != 0 {
			t.Errorf("channel %+v", got)
		}
		if strings.Contains(s.log.String(), "hunter2") || !strings.Contains(s.log.String(), "message is lost") {
			t.Errorf("log:\n%s", s.log)
		}
	})
}

// However much comes up while nobody answers, so much is kept and no more, and the next message says how much is lost.
func TestBoundedQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(int) (int, http.Header) { return http.StatusBadGateway, nil }}
		s := begin(t, nil, w)
		for i := range 100 {
			now := knows("a")
			for j := range 10 {
				now.Policies = append(now.Policies, status.Policy{Name: fmt.Sprintf("p%d-%d", i, j), Notify: []string{"team"}, State: status.Failed})
			}
			s.Tell(now)
			time.Sleep(10 * time.Second)
		}
		if got := s.Channels()[0]; got.Queued > 500+11 {
			t.Errorf("channel %+v", got)
		}
		w.set(func() { w.answer = nil })
		time.Sleep(10 * time.Minute)
		requests := w.requests()
		last := requests[len(requests)-1]
		if last.Lost != 990-500 || len(last.Text) != 200 {
			t.Errorf("%d lost, %d told", last.Lost, len(last.Text))
		}
	})
}

// A restart tells nothing again, and what could not be told before it is told after it.
func TestRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		first := begin(t, nil, w)
		first.Tell(knows("a"))
		time.Sleep(time.Minute)
		first.end()
		second := begin(t, first.memory, w)
		second.Tell(knows("a"))
		time.Sleep(time.Minute)
		w.set(func() { w.answer = func(int) (int, http.Header) { return http.StatusBadGateway, nil } })
		second.Tell(knows("a", "b"))
		time.Sleep(7 * time.Second)
		second.end()
		w.set(func() { w.answer = nil })
		third := begin(t, first.memory, w)
		third.Tell(knows("a", "b"))
		time.Sleep(time.Minute)
		const b = "failed b (policy b): broken"
		expect(t, third, "5s: failed a (policy a): broken", "2m5s: "+b, "2m7s: "+b, "2m12s: "+b)
	})
}

// What a channel has taken is not told again after a restart, also where it takes no more than that.
func TestRestartBetweenMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answer: func(n int) (int, http.Header) {
			if n == 3 {
				return http.StatusNoContent, nil
			}
			return http.StatusBadGateway, nil
		}}
		first := begin(t, nil, w)
		first.Tell(knows("a"))
		time.Sleep(8 * time.Second)
		first.Tell(knows("a", "b"))
		time.Sleep(15 * time.Second)
		first.end()
		w.set(func() { w.answer = nil })
		second := begin(t, first.memory, w)
		second.Tell(knows("a", "b"))
		time.Sleep(time.Hour)
		const a, b = "failed a (policy a): broken", "failed b (policy b): broken"
		expect(t, second, "5s: "+a, "10s: "+a, "20s: "+a, "20s: "+b, "23s: "+b, "28s: "+b)
	})
}

// At the end what is not told yet is told at once; a channel that does not answer is not waited for.
func TestLastWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, nil, &wire{})
		s.Tell(knows("a"))
		time.Sleep(time.Second)
		s.end()
		expect(t, s, "1s: failed a (policy a): broken")

		silent := begin(t, nil, &wire{hang: true})
		silent.Tell(knows("a"))
		time.Sleep(6 * time.Second)
		began := time.Now()
		silent.end()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the end took %v", took)
		}
		if len(silent.memory.told) != 0 {
			t.Errorf("what was not told is kept as told: %s", silent.memory.told)
		}
	})
}

// Channels come and go with the policy files. One that stays goes on; one that cannot be used says why.
func TestUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, nil, &wire{})
		s.Tell(knows("a"))
		time.Sleep(time.Minute)
		broken := hook("broken")
		broken.Fault = errors.New("urlEnv: the environment variable X is not set")
		s.Use([]notify.Channel{hook("other"), hook("team"), broken})
		time.Sleep(time.Minute)
		s.Use([]notify.Channel{hook("other")})
		s.Tell(knows("b"))
		time.Sleep(time.Minute)
		expect(t, s, "5s: failed a (policy a): broken", "1m5s: failed a (policy a): broken", "2m5s: failed b (policy b): broken, recovered a (policy a)")
		s.Use([]notify.Channel{broken})
		if got := s.Channels(); len(got) != 1 || !strings.Contains(got[0].Error, "variable X is not set") {
			t.Errorf("channels %+v", got)
		}
	})
}

// A channel that is taken out of the policy files and put into them again while a message is on its way tells it once.
func TestUseAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, nil, &wire{takes: 20 * time.Second})
		s.Tell(knows("a"))
		time.Sleep(10 * time.Second)
		s.Use(nil)
		synctest.Wait()
		s.Use([]notify.Channel{hook("team")})
		time.Sleep(time.Minute)
		s.Tell(knows("a", "b"))
		time.Sleep(time.Minute)
		expect(t, s, "5s: failed a (policy a): broken", "1m15s: failed b (policy b): broken")
	})
}

// A day of changes each second costs few messages and few saves, and leaves no goroutine behind.
func TestNoGoroutineIsLeft(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, nil, &wire{})
		for i := range 24 * 60 * 60 / 10 {
			if i%2 == 0 {
				s.Tell(knows("a", "b"))
			} else {
				s.Tell(knows("c"))
			}
			time.Sleep(10 * time.Second)
		}
		s.end()
		if n := len(s.wire.requests()); n > 30 {
			t.Errorf("%d messages", n)
		}
		if s.memory.saves > 24*60 {
			t.Errorf("%d saves", s.memory.saves)
		}
	})
	goleak.VerifyNone(t, ignore)
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := notify.Folder(t.TempDir() + "/below")
	if told := dir.Load("team"); !cmp.Equal(told, status.Told{}) {
		t.Errorf("nothing is %+v", told)
	}
	want := status.Told{Since: at, Changes: []string{"a"}, Others: map[string]status.Alarm{"x": {On: true, Last: at, Times: 2}}}
	for range 2 {
		if err := dir.Save("team", want); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, dir.Load("team")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if told := dir.Load("other"); !cmp.Equal(told, status.Told{}) {
		t.Errorf("another channel has %+v", told)
	}
}
