package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/internal/daemon"
	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
	"github.com/image-updater/image-updater/internal/status"
)

// household is what a daemon lives with: a registry, a forge with a Git repository, a chat and a folder. They are real
// servers outside of the bubble that the daemon runs in, and go by its clock. They end each connection with its answer,
// for the clock of a bubble stands still while somebody waits for a network.
type household struct {
	t        *testing.T
	registry *registrytest.Registry
	forge    *forgetest.Server
	host     string // of all servers
	dir      string
	clock    atomic.Int64

	mu   sync.Mutex
	said []string // to the chat
}

// newHousehold has so many images of Docker Hub with the tags 1.0.0 and 1.1.0, the first of which is in Git.
func newHousehold(t *testing.T, images int) *household {
	t.Helper()
	if err := gittest.Available(); err != nil {
		t.Skip("the git program is not there: ", err)
	}
	h := &household{t: t, dir: t.TempDir()}
	h.clock.Store(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()) // when bubbles begin
	h.registry = registrytest.New(registrytest.Options{Now: h.now, API: registrytest.API{Hub: &registrytest.HubAPI{}}})
	files := gittest.Files{}
	for i := range images {
		name := fmt.Sprintf("app-%d", i)
		files[name+".yaml"] = fmt.Sprintf("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - {name: a, image: 'acme/%s:1.0.0'}\n", name)
		for _, tag := range []string{"1.0.0", "1.1.0"} {
			h.registry.Push("acme/"+name, tag, registrytest.Image{Index: true})
		}
	}
	var err error
	if h.forge, err = forgetest.New(t.TempDir(), forgetest.Gitea, files); err != nil {
		t.Fatal(err)
	}
	h.forge.Now = h.now
	mux := http.NewServeMux()
	mux.Handle("/v2/", h.registry)
	mux.Handle("/", h.forge)
	mux.HandleFunc("/chat", func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.said = append(h.said, string(text))
	})
	server := httptest.NewUnstartedServer(mux)
	server.Config.SetKeepAlivesEnabled(false)
	server.Start()
	t.Cleanup(server.Close)
	h.host = strings.TrimPrefix(server.URL, "http://")
	return h
}

func (h *household) now() time.Time { return time.Unix(0, h.clock.Load()).UTC() }

// heard returns what was told to the chat with the text in it.
func (h *household) heard(text string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, one := range h.said {
		if strings.Contains(one, text) {
			all = append(all, one)
		}
	}
	return all
}

// policies is a policy file with a policy for each of so many images. What the Git repository and all policies have
// beside is in git and defaults.
func (h *household) policies(images int, git, defaults string) string {
	var text strings.Builder
	fmt.Fprintf(&text, `apiVersion: image-updater/v1
registries: [{host: docker.io, endpoint: 'http://%[1]s'}]
git: [{name: fleet, url: 'http://%[1]s%[2]s', branch: main, auth: {tokenEnv: GIT_TOKEN}, forge: {kind: gitea}%[3]s}]
notify: [{name: team, kind: webhook, urlEnv: CHAT_URL}]
defaults: {git: fleet%[4]s}
policies:
`, h.host, h.forge.Path(), git, defaults)
	for i := range images {
		fmt.Fprintf(&text, "  - {name: app-%d, image: acme/app-%[1]d}\n", i)
	}
	return text.String()
}

// declare writes the policy file.
func (h *household) declare(text string) {
	h.t.Helper()
	// At once: a daemon that has just begun may be reading it.
	name := filepath.Join(h.dir, "policies.yaml")
	if err := errors.Join(os.WriteFile(name+".new", []byte(text), 0o600), os.Rename(name+".new", name)); err != nil {
		h.t.Fatal(err)
	}
}

// live starts a daemon in the bubble that the test is in. The function returned ends it.
func (h *household) live(policies string) (*daemon.Daemon, func()) {
	h.t.Helper()
	h.declare(policies)
	variables := map[string]string{"GIT_TOKEN": forgetest.Token, "CHAT_URL": "http://" + h.host + "/chat"}
	a := &app{
		stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, files: []string{filepath.Join(h.dir, "policies.yaml")}, output: "text",
		logLevel: "info", logFormat: "text", stateDir: filepath.Join(h.dir, "state"),
		env: func(name string) (string, bool) { value, set := variables[name]; return value, set },
		now: func() time.Time {
			now := time.Now()
			h.clock.Store(now.UnixNano())
			return now
		},
	}
	ctx, stop := context.WithCancel(context.Background())
	keep, err := a.openKeep(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	messages, end := a.startMessages(ctx)
	keep.messages = messages
	d := a.newDaemon(keep)
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return d, func() {
		h.t.Helper()
		stop()
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
		end()
		keep.close(a)
	}
}

// TestServeQuota lets the pulls of a registry run out and come back, with a restart between: no pull is taken of the
// reserve, nothing is asked twice, it is told what is left and until when, and all goes on by itself when the first pulls
// have left the window.
func TestServeQuota(t *testing.T) {
	t.Parallel()
	const images, may, window = 80, 50, 6 * time.Hour
	h := newHousehold(t, images)
	h.registry.Meter(registrytest.Metering{Limit: 2 * may})
	text := h.policies(images, "", ", guard: {platforms: [linux/amd64]}")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		d, stop := h.live(text)
		check := func(written, heads int) {
			t.Helper()
			s, c := d.Status(), h.registry.Counts()
			back := began.Add(window)
			var states [2]int
			for _, p := range s.Policies {
				switch {
				case p.State == status.UpToDate:
					states[0]++
				case p.State == status.Waiting && p.Why.Rule == "quota" && p.Why.Until.After(back) && p.Why.Until.Before(back.Add(5*time.Minute)):
					states[1]++
				}
			}
			if states != [2]int{written, images - written} {
				t.Errorf("at %v: %d up to date and %d waiting for the pulls to come back, want %d and %d", time.Now(), states[0], states[1], written, images-written)
			}
			if c.Get != written || h.registry.Pulls(registrytest.Address) != written || c.Head != heads {
				t.Errorf("at %v: %+v, want %d GETs and pulls, and %d HEADs", time.Now(), c, written, heads)
			}
			r := s.Registries[0]
			if waits := written < images; waits != r.Until.After(back) || waits != (r.Left == 0) {
				t.Errorf("at %v: %d pulls left, until %v", time.Now(), r.Left, r.Until)
			}
		}
		for range 4 {
			time.Sleep(30 * time.Minute)
			check(may, images)
		}
		if low := h.heard("quota low docker.io: 0 of the 50 pulls that may be spent are left, until 2000-01-01 06:02 UTC"); len(low) != 1 {
			t.Errorf("told to be low: %q", low)
		}
		stop()
		d, stop = h.live(text)
		for range 7 {
			time.Sleep(30 * time.Minute)
			check(may, images+images-may)
		}
		time.Sleep(window - time.Since(began) + 5*time.Minute)
		check(images, images+2*(images-may))
		if low := h.heard("quota low"); len(low) != 1 {
			t.Errorf("told to be low: %q", low)
		}
		if lists, most := h.registry.Counts().List, images*(int(time.Since(began)/(15*time.Minute))+3); lists > most {
			t.Errorf("%d lists, want %d at most", lists, most)
		}
		stop()
	})
}

// TestServeAsks counts what is asked of a forge and its Git while nothing changes: where the branch stands, once in an
// interval, and once in an hour what people have done to the pull requests.
func TestServeAsks(t *testing.T) {
	t.Parallel()
	const pulls = 5
	h := newHousehold(t, pulls)
	text := h.policies(pulls, ", write: {mode: pull-request}", "")
	synctest.Test(t, func(t *testing.T) {
		_, stop := h.live(text)
		hour := func() {
			t.Helper()
			h.forge.Forget()
			h.forge.Git.Forget()
			looks := 0
			for range 4 {
				before := h.forge.Count("")
				time.Sleep(15 * time.Minute)
				if h.forge.Count("") > before {
					looks++
				}
			}
			adverts, _ := h.forge.Git.Count(gittest.UploadPack)
			if looks != 1 || h.forge.Count("") > pulls || adverts > 4+1 {
				t.Errorf("%d looks at the forge with %d requests, %d adverts of Git, want 1, %d and 5 at most", looks, h.forge.Count(""), adverts, pulls)
			}
			if writes, _ := h.forge.Git.Count(gittest.ReceivePack); writes > 0 || h.forge.Count("") != h.forge.Count(http.MethodGet) {
				t.Errorf("something was written: %+v", h.forge.Requests())
			}
		}
		time.Sleep(30 * time.Minute)
		if got, err := h.forge.Pulls(); err != nil || len(got) != pulls {
			t.Fatalf("%d pull requests, want %d: %v", len(got), pulls, err)
		}
		for range 3 {
			hour()
		}
		stop()
		h.forge.Forget()
		_, stop = h.live(text)
		time.Sleep(30 * time.Minute)
		if h.forge.Count("") > 0 {
			t.Errorf("after another start: %+v", h.forge.Requests())
		}
		for range 3 {
			hour()
		}
		stop()
	})
}

// TestServePolicyRemoved: a pull request of a policy that is gone is nobody's, and not told to be open for ever. It is left
// as it is at the forge.
func TestServePolicyRemoved(t *testing.T) {
	t.Parallel()
	h := newHousehold(t, 2)
	const mode = ", write: {mode: pull-request}"
	both, one := h.policies(2, mode, ""), h.policies(1, mode, "")
	synctest.Test(t, func(t *testing.T) {
		d, stop := h.live(both)
		defer stop()
		for _, step := range []struct {
			text string
			open int
		}{{both, 2}, {one, 1}, {both, 2}} {
			h.declare(step.text)
			d.Reload()
			time.Sleep(time.Minute)
			if open := d.Status().Git[0].Open; len(open) != step.open {
				t.Errorf("%d are told to be open, want %d: %+v", len(open), step.open, open)
			}
		}
		if pulls, err := h.forge.Pulls(); err != nil || len(pulls) != 2 || pulls[0].State != "open" || pulls[1].State != "open" {
			t.Errorf("at the forge: %+v, %v", pulls, err)
		}
	})
}

// TestServeTagAPIPaused: a tag API that wants to be left alone stops the looks that go by it, and those at the registry
// beside it go on.
func TestServeTagAPIPaused(t *testing.T) {
	t.Parallel()
	h := newHousehold(t, 2)
	text := strings.Replace(h.policies(1, "", ""), "endpoint:", "hubEndpoint: 'http://"+h.host+"', endpoint:", 1) +
		"  - {name: aged, image: acme/app-1, guard: {minAge: 1h}}\n"
	h.registry.Break(registrytest.Tell, registrytest.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"7200"}}})
	synctest.Test(t, func(t *testing.T) {
		d, stop := h.live(text)
		defer stop()
		time.Sleep(20 * time.Minute)
		tells, lists := h.registry.Counts().Tell, h.registry.Lists("acme/app-0")
		time.Sleep(time.Hour)
		if got := h.registry.Lists("acme/app-0") - lists; got < 3 {
			t.Errorf("%d looks at the registry in an hour, want one in each quarter", got)
		}
		if got := h.registry.Counts().Tell; got != tells {
			t.Errorf("the tag API was asked %d times while it wants to be left alone", got-tells)
		}
		if r := d.Status().Registries[0]; !r.PausedUntil.IsZero() || !r.TagsPaused.After(time.Now()) {
			t.Errorf("paused until %v, its tag API until %v", r.PausedUntil, r.TagsPaused)
		}
		h.registry.Break(registrytest.Tell, registrytest.Fault{})
		time.Sleep(time.Hour)
		for _, p := range d.Status().Policies {
			if p.State == status.Failed || p.State == status.New {
				t.Errorf("%s is %s in the end: %+v", p.Name, p.State, p.Why)
			}
		}
	})
}
