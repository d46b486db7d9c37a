package main

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/hook"
)

// The lines of docs/hooks.md with which a hook is tried do that: each is run by a shell, against the hook that stands
// before it. Only the token of Google cannot be had here.
func TestHooksDocsWork(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"curl", "openssl"} {
		if _, err := exec.LookPath(program); err != nil && os.Getenv("CI") == "" {
			t.Skip(err)
		}
	}
	docs, err := os.ReadFile("../../docs/hooks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, senders, _ := strings.Cut(string(docs), "\n## The senders\n")
	sections := strings.Split(senders, "\n### ")[1:]
	if len(sections) != 14 {
		t.Errorf("%d senders", len(sections))
	}
	for _, section := range sections {
		name, text, _ := strings.Cut(section, "\n")
		if name == "pubsub" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, secret := range []struct{ shown, want string }{{docsSecret, "202 Accepted"}, {"another", "401 Unauthorized"}} {
				answer, pushed := tryHook(t, text, secret.shown)
				if !strings.Contains(answer, "HTTP/1.1 "+secret.want) || (len(pushed) == 1) != (secret.shown == docsSecret) {
					t.Errorf("with the secret %q: pushed %q, answered\n%s", secret.shown, pushed, answer)
				}
			}
		})
	}
}

// docsSecret is such a secret as docs/hooks.md has made.
const docsSecret = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

var (
	fenced     = regexp.MustCompile("(?s)```(yaml|sh)\n(.*?)\n```")
	secretKeys = regexp.MustCompile(`secret(Env|File): [^,} ]+`)
)

// tryHook runs the last shell lines of a section against the last hook in it.
func tryHook(t *testing.T, section, secret string) (answer string, pushed []string) {
	t.Helper()
	last := map[string]string{}
	for _, block := range fenced.FindAllStringSubmatch(section, -1) {
		last[block[1]] = block[2]
	}
	policies := "apiVersion: image-updater/v1\nhooks:\n" + secretKeys.ReplaceAllString(last["yaml"], "secretEnv: SECRET") + "\n"
	c, err := config.Load(fstest.MapFS{"policies.yaml": {Data: []byte(policies)}}, []string{"policies.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{now: time.Now, env: func(string) (string, bool) { return docsSecret, true }}
	declared, err := a.declaredHooks(c)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	handler := &hook.Handler{
		Pushed: func(images ...image.Repository) int {
			mu.Lock()
			defer mu.Unlock()
			for _, i := range images {
				pushed = append(pushed, i.String())
			}
			return len(images)
		},
		Images: func() []image.Repository {
			return []image.Repository{{Host: "nexus.acme.example:5000", Path: "docker/team/api"}, {Host: "acme.jfrog.io", Path: "docker/team/api"}}
		},
	}
	handler.Declare(declared)
	server := httptest.NewServer(handler)
	defer server.Close()
	shell := exec.CommandContext(t.Context(), "sh", "-euc", last["sh"])
	shell.Env = append(os.Environ(), "URL="+server.URL, "SECRET="+secret, "no_proxy=*")
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	mu.Lock()
	defer mu.Unlock()
	return string(out), pushed
}
