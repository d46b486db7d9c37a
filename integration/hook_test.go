package integration

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/hook"
)

const hookSecret = "s3cret"

// notifications is what docs/hooks.md has people put into the configuration of a registry.
const notifications = `
notifications:
  endpoints:
    - name: image-updater
      url: %s/hooks/registry
      headers: {Authorization: [Bearer %s]}
      timeout: 5s
      threshold: 5
      backoff: 10ms
      ignore: {actions: [pull]}
`

// hooked returns the address of a handler with one hook, and what it is told of.
func hooked(t *testing.T) (url string, pushed <-chan image.Repository, h *hook.Handler) {
	t.Helper()
	read, err := hook.New(hook.Options{Kind: "distribution", Secret: func() (string, error) { return hookSecret, nil }})
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan image.Repository, 100)
	h = &hook.Handler{Pushed: func(images ...image.Repository) int {
		for _, i := range images {
			told <- i
		}
		return len(images)
	}}
	h.Declare([]hook.Declared{{Name: "registry", Kind: "distribution", PerMinute: 600, Hook: read}})
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL, told, h
}

// wantPush waits for the event of a push, and for no other before it: of the layers there are some, too.
func wantPush(t *testing.T, pushed <-chan image.Repository, host, path string) {
	t.Helper()
	select {
	case got := <-pushed:
		if want := (image.Repository{Host: host, Path: path}); got != want {
			t.Errorf("told of %s, want %s", got, want)
		}
	case <-time.After(time.Minute): // a failure alone waits for it
		t.Fatal("no event has come")
	}
}

// Debian's docker-registry 2.8 sends events of version 1.
func TestDebianTellsOfPushes(t *testing.T) {
	t.Parallel()
	binary := program(t, "docker-registry")
	url, pushed, handler := hooked(t)
	address := freeAddress(t)
	config := fmt.Sprintf("version: 0.1\nlog: {level: info}\nstorage:\n  filesystem: {rootdirectory: %s}\nhttp: {addr: %s}\n", t.TempDir(), address) +
		fmt.Sprintf(notifications, url, hookSecret)
	startServer(t, exec.CommandContext(t.Context(), binary, "serve", write(t, "config.yml", []byte(config))), "listening on")
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	push(t, address+"/team/app:1.0.0", []remote.Option{remote.WithTransport(transport)})
	wantPush(t, pushed, address, "team/app")
	if s := handler.Status()[0]; s.Refused != 0 || s.Error != "" {
		t.Errorf("the hook tells %+v", s)
	}
}

// The registry that most others are built from sends events of version 2.
func TestDistributionTellsOfPushes(t *testing.T) {
	t.Parallel()
	url, pushed, handler := hooked(t)
	config, err := configuration.Parse(strings.NewReader("version: 0.1\nlog: {accesslog: {disabled: true}, level: error}\n" +
		"storage:\n  preset: {}\n  maintenance: {uploadpurging: {enabled: false}}\nhttp: {secret: not-a-secret}\n" +
		fmt.Sprintf(notifications, url, hookSecret)))
	if err != nil {
		t.Fatal(err)
	}
	registerPreset()
	config.Storage["preset"]["driver"] = inmemory.New()
	app := handlers.NewApp(t.Context(), config)
	t.Cleanup(func() {
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	address := strings.TrimPrefix(serveTLS(t, app), "https://")
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: mustLoopback(t).authority}}
	t.Cleanup(transport.CloseIdleConnections)
	push(t, address+"/team/app:1.0.0", []remote.Option{remote.WithTransport(transport)})
	wantPush(t, pushed, address, "team/app")
	if s := handler.Status()[0]; s.Refused != 0 || s.Error != "" {
		t.Errorf("the hook tells %+v", s)
	}
}
