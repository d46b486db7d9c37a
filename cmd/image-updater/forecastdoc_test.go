package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/internal/registrytest"
	"github.com/image-updater/image-updater/registry"
)

var (
	quotaPolicies = regexp.MustCompile("(?s)```yaml\n(apiVersion.*?)```")
	quotaConsole  = regexp.MustCompile("(?s)```console\n\\$ image-updater (forecast[^\n]*)\n(.*?)```")
)

// The worked forecast in docs/quota.md is what the program prints. UPDATE_DOCS=1 writes it there.
func TestDocsForecast(t *testing.T) {
	t.Parallel()
	const page = "../../docs/quota.md"
	docs, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	policies, examples := quotaPolicies.FindSubmatch(docs), quotaConsole.FindAllSubmatch(docs, -1)
	if policies == nil || len(examples) != 2 {
		t.Fatalf("found %d forecasts, want 2 after a policy file", len(examples))
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "policies.yaml"), policies[1], 0o600); err != nil {
		t.Fatal(err)
	}
	tellAllowance(t, filepath.Join(dir, "state"))
	told := docs
	for i, example := range examples {
		var stdout, stderr bytes.Buffer
		environment := map[string]string{"HOME": dir, "DOCKERHUB_TOKEN": "secret"}
		a := &app{
			stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, now: docsTime,
			env: func(name string) (string, bool) { value, set := environment[name]; return value, set },
		}
		args := append(strings.Fields(string(example[1])), "--offline", "-f", filepath.Join(dir, "policies.yaml"), "--state-dir", filepath.Join(dir, "state"))
		if code := run(t.Context(), a, args); code != []int{exitDone, exitFailed}[i] {
			t.Errorf("%s: exit code %d", example[1], code)
		}
		got := stdout.String() + stderr.String()
		if diff := cmp.Diff(string(example[2]), got); diff != "" {
			t.Errorf("%s prints something else (-docs +program):\n%s", example[1], diff)
		}
		told = bytes.Replace(told, example[0], []byte("```console\n$ image-updater "+string(example[1])+"\n"+got+"```"), 1)
	}
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(page, told, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func docsTime() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// tellAllowance leaves in a state folder what Docker Hub allows the account of the page.
func tellAllowance(t *testing.T, state string) {
	t.Helper()
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	hub := registrytest.New(registrytest.Options{
		Auth: registrytest.Auth{Scheme: registrytest.Bearer, Username: "acme", Password: "secret"}, Now: docsTime,
	})
	hub.Add("ratelimitpreview/test", "latest")
	hub.Meter(registrytest.Metering{Limit: 200})
	store, err := cache.Open(t.Context(), cache.Options{Path: filepath.Join(state, "cache.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	client, err := registry.New(registry.Options{
		Cache: store, Now: docsTime, Transport: hub.Transport(),
		Hosts: []registry.Host{{Host: "docker.io", Auth: &authn.Basic{Username: "acme", Password: "secret"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Quota(t.Context(), "docker.io"); err != nil {
		t.Fatal(err)
	}
}
