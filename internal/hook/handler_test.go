package hook_test

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/hook"
	"github.com/image-updater/image-updater/internal/status"
)

// desk is a handler with what it told.
type desk struct {
	*hook.Handler
	at  time.Time
	log bytes.Buffer

	mu     sync.Mutex
	named  map[image.Repository]bool // by policies
	pushed map[string]int
}

func newDesk(t testing.TB, images ...string) *desk {
	t.Helper()
	d := &desk{at: now, named: make(map[image.Repository]bool), pushed: make(map[string]int)}
	d.Handler = &hook.Handler{
		Pushed: d.push,
		Images: func() []image.Repository { return slices.Collect(maps.Keys(d.named)) },
		Now:    func() time.Time { return d.at },
		Log:    slog.New(slog.NewTextHandler(&d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, name := range images {
		r, err := image.ParseRepository(name)
		if err != nil {
			t.Fatal(err)
		}
		d.named[r] = true
	}
	d.declare(t, 600)
	return d
}

func (d *desk) push(images ...image.Repository) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := 0
	for _, r := range images {
		if d.named[r] {
			known++
			d.pushed[r.String()]++
		}
	}
	return known
}

func (d *desk) declare(t testing.TB, perMinute int) {
	t.Helper()
	d.Declare([]hook.Declared{
		{Name: "hub", Kind: "docker-hub", PerMinute: perMinute, Hook: listening(t, "docker-hub", "")},
		{Name: "ghcr", Kind: "github", PerMinute: perMinute, Hook: listening(t, "github", "")},
		{Name: "azure", Kind: "acr", PerMinute: perMinute, Hook: listening(t, "acr", "")},
		{Name: "nexus", Kind: "nexus", PerMinute: perMinute, Hook: listening(t, "nexus", "nexus.acme.example")},
		{Name: "registry", Kind: "distribution", PerMinute: perMinute, Hook: listening(t, "distribution", "")},
	})
}

// ask sends a request and returns the answer.
func (d *desk) ask(method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func (d *desk) status(name string) status.Hook {
	for _, h := range d.Status() {
		if h.Name == name {
			return h
		}
	}
	return status.Hook{}
}

const (
	address = "/hooks/hub?token=s3cret+of+the+sender"
	push    = `{"push_data":{"tag":"1.2"},"repository":{"repo_name":"acme/api"}}`
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, target, body string
		header                     []string
		want                       int
		pushed                     map[string]int
	}{
		{name: "a push", method: "POST", target: address, body: push, want: 202, pushed: map[string]int{"docker.io/acme/api": 1}},
		{name: "secret in the path", method: "POST", target: "/hooks/hub/s3cret%20of%20the%20sender", body: push, want: 202, pushed: map[string]int{"docker.io/acme/api": 1}},
		{name: "more behind it", method: "POST", target: "/hooks/hub/s3cret%20of%20the%20sender/x", body: push, want: 401},
		{name: "wrong secret", method: "POST", target: "/hooks/hub?token=wrong", body: push, want: 401},
		{name: "no secret", method: "POST", target: "/hooks/hub", body: push, want: 401},
		{name: "no such hook", method: "POST", target: "/hooks/other", body: push, want: 404},
		{name: "no name", method: "POST", target: "/hooks/", body: push, want: 404},
		{name: "GET", method: "GET", target: address, want: 405},
		{name: "OPTIONS of a kind without handshakes", method: "OPTIONS", target: address, header: []string{"WebHook-Request-Origin", "x"}, want: 405},
		{name: "another image", method: "POST", target: address, body: `{"push_data":{"tag":"1"},"repository":{"repo_name":"acme/other"}}`, want: 204},
		{name: "no push", method: "POST", target: address, body: `{}`, want: 204},
		{name: "no JSON", method: "POST", target: address, body: `x`, want: 400},
		{name: "too large", method: "POST", target: address, body: strings.Repeat(" ", hook.MaxBody+1), want: 413},
		{name: "too large without a secret", method: "POST", target: "/hooks/hub", body: strings.Repeat(" ", hook.MaxBody+1), want: 401},
		{name: "not signed", method: "POST", target: "/hooks/ghcr", body: `{}`, header: []string{"X-GitHub-Event", "package"}, want: 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, "acme/api")
			w := d.ask(test.method, test.target, test.body, test.header...)
			if w.Code != test.want || w.Body.Len() > 0 {
				t.Errorf("%d with %q, want %d with nothing", w.Code, w.Body, test.want)
			}
			if test.pushed == nil {
				test.pushed = map[string]int{}
			}
			if diff := cmp.Diff(test.pushed, d.pushed); diff != "" {
				t.Errorf("pushed (-want +got):\n%s", diff)
			}
			if strings.Contains(d.log.String(), "s3cret") {
				t.Errorf("the log has the secret: %s", d.log.String())
			}
		})
	}
}

func TestHandshakes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const target = "/hooks/azure?token=s3cret+of+the+sender"
	w := d.ask("OPTIONS", target, "", "WebHook-Request-Origin", "eventgrid.azure.net")
	if got := w.Header().Get("WebHook-Allowed-Origin"); w.Code != 200 || got != "eventgrid.azure.net" {
		t.Errorf("CloudEvents: %d with %q", w.Code, got)
	}
	if w := d.ask("OPTIONS", "/hooks/azure", "", "WebHook-Request-Origin", "eventgrid.azure.net"); w.Code != 401 {
		t.Errorf("CloudEvents without the secret: %d", w.Code)
	}
	body := `[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"<512D38B6>"}}]`
	w = d.ask("POST", target, body)
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || w.Body.String() != `{"validationResponse":"\u003c512D38B6\u003e"}` {
		t.Errorf("Event Grid: %d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := d.ask("POST", "/hooks/azure", body); w.Code != 401 || w.Body.Len() > 0 {
		t.Errorf("Event Grid without the secret: %d %s", w.Code, w.Body)
	}
}

// A sender that knows the image by a shorter name than its users means each of theirs.
func TestWithin(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "nexus.acme.example/team/api", "nexus.acme.example/docker/team/api", "docker.nexus.acme.example/team/api",
		"nexus.acme.example/other-team/api", "evilnexus.acme.example/team/api", "nexus.acme.example/team/api/v2")
	body := `{"action":"UPDATED","component":{"format":"docker","name":"team/api","version":"1"}}`
	r := httptest.NewRequest("POST", "/hooks/nexus", strings.NewReader(body))
	r.Header.Set("X-Nexus-Webhook-Id", "rm:repository:component")
	prove(t, r, "nexus", secret)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	want := map[string]int{"nexus.acme.example/team/api": 1, "nexus.acme.example/docker/team/api": 1, "docker.nexus.acme.example/team/api": 1}
	if diff := cmp.Diff(want, d.pushed); diff != "" {
		t.Errorf("pushed (-want +got):\n%s", diff)
	}
}

// One delivery brings a repository forward once, however many of its tags it tells.
func TestOnePushForManyTags(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "a.example/api")
	body := `{"events":[` + strings.Repeat(`{"action":"push","target":{"repository":"api","tag":"1"},"request":{"host":"a.example"}},`, 100) +
		`{"action":"push","target":{"repository":"api","tag":"2"},"request":{"host":"a.example"}},` +
		`{"action":"push","target":{"repository":"web","tag":"2"},"request":{"host":"a.example"}}]}`
	if w := d.ask("POST", "/hooks/registry", body, "Authorization", "Bearer "+secret); w.Code != 202 {
		t.Errorf("%d", w.Code)
	}
	if diff := cmp.Diff(map[string]int{"a.example/api": 1}, d.pushed); diff != "" {
		t.Errorf("pushed (-want +got):\n%s", diff)
	}
	want := status.Hook{Name: "registry", Kind: "distribution", Events: 1, Unnamed: 1, Last: now}
	if diff := cmp.Diff(want, d.status("registry")); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "acme/api")
	d.declare(t, 60)
	// Who proves nothing uses nothing up.
	for range 100 {
		if w := d.ask("POST", "/hooks/hub", push); w.Code != 401 {
			t.Fatal(w.Code)
		}
	}
	taken := 0
	var last *httptest.ResponseRecorder
	for range 100 {
		if last = d.ask("POST", address, push); last.Code == 202 {
			taken++
		}
	}
	if taken != 60 || last.Code != 429 || last.Header().Get("Retry-After") != "1" {
		t.Errorf("%d of 100 were taken, the last was answered %d with Retry-After %q", taken, last.Code, last.Header().Get("Retry-After"))
	}
	// A reload does not open it again.
	d.declare(t, 60)
	if w := d.ask("POST", address, push); w.Code != 429 {
		t.Errorf("%d after a reload", w.Code)
	}
	d.at = d.at.Add(30 * time.Second)
	taken = 0
	for range 100 {
		if d.ask("POST", address, push).Code == 202 {
			taken++
		}
	}
	if taken != 30 {
		t.Errorf("%d were taken half a minute later, want 30", taken)
	}
	got := d.status("hub")
	want := status.Hook{Name: "hub", Kind: "docker-hub", Events: 90, Refused: 100 + 40 + 1 + 70, Last: d.at, Error: "more than 60 events in a minute", ErrorAt: d.at}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// 10,000 events at once, most of them of nobody: what is told stays within the limit, and nothing of them is kept.
//
// It measures the heap, so it does not run beside others.
func TestFlood(t *testing.T) {
	d := newDesk(t, "acme/api")
	d.Handler.Log = nil
	send := func(from, to int) {
		var all sync.WaitGroup
		for worker := range 8 {
			all.Go(func() {
				for i := from + worker; i < to; i += 8 {
					body := `{"push_data":{"tag":"v` + strconv.Itoa(i) + `"},"repository":{"repo_name":"acme/api"}}`
					target := address
					if i%3 == 0 {
						target = "/hooks/hub?token=" + strconv.Itoa(i)
					}
					d.ask("POST", target, body)
				}
			})
		}
		all.Wait()
	}
	send(0, 1000)
	before := heap()
	send(1000, 10_000)
	if grown := int64(heap()) - int64(before); grown > 1<<20 {
		t.Errorf("9,000 events keep %d bytes", grown)
	}
	got := d.status("hub")
	if d.pushed["docker.io/acme/api"] != 600 || got.Events != 600 || got.Events+got.Refused != 10_000 {
		t.Errorf("%d were told, of %+v", d.pushed["docker.io/acme/api"], got)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// slow is a body that does not come.
type slow struct{ begun, end chan struct{} }

func (s slow) Read([]byte) (int, error) {
	s.begun <- struct{}{}
	<-s.end
	return 0, errors.New("the sender is gone")
}

// Bodies that do not come take places for a time, and then the answer is to come again; never more memory.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "acme/api")
	body := slow{make(chan struct{}), make(chan struct{})}
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() { d.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", address, body)) })
		<-body.begun
	}
	w := d.ask("POST", address, push)
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%d with Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	close(body.end)
	all.Wait()
	if w := d.ask("POST", address, push); w.Code != 202 {
		t.Errorf("%d when the places are free again", w.Code)
	}
}

// Strangers that send a body slowly, where only the body proves who sends it, keep out no sender that shows its secret.
func TestSlowStrangers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "acme/api")
	body := slow{make(chan struct{}), make(chan struct{})}
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			r := httptest.NewRequest("POST", "/hooks/ghcr", body)
			r.Header.Set("X-Hub-Signature-256", "sha256=00")
			d.ServeHTTP(httptest.NewRecorder(), r)
		})
		<-body.begun
	}
	if w := d.ask("POST", address, push); w.Code != 202 {
		t.Errorf("%d while strangers are slow", w.Code)
	}
	close(body.end)
	all.Wait()
}

// A warning of a hook comes once a minute, however many are refused.
func TestWarnings(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 50 {
		d.ask("POST", "/hooks/hub", push)
		d.at = d.at.Add(2 * time.Second)
	}
	if got := strings.Count(d.log.String(), "refused a push event"); got != 2 {
		t.Errorf("%d warnings in 100 s, want 2:\n%s", got, d.log.String())
	}
}

// What was counted of a hook goes on after a reload, unless it is another one now.
func TestDeclareAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "acme/api")
	d.ask("POST", address, push)
	d.Declare([]hook.Declared{
		{Name: "hub", Kind: "docker-hub", PerMinute: 5, Hook: listening(t, "docker-hub", "")},
		{Name: "ghcr", Kind: "quay", PerMinute: 5, Hook: listening(t, "quay", "")},
	})
	want := []status.Hook{{Name: "ghcr", Kind: "quay"}, {Name: "hub", Kind: "docker-hub", Events: 1, Last: now}}
	if diff := cmp.Diff(want, d.Status()); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if w := d.ask("POST", "/hooks/azure", "{}"); w.Code != http.StatusNotFound {
		t.Errorf("%d for a hook that is gone", w.Code)
	}
}
