package registrytest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/registrytest"
)

const base = "http://registry.example"

// TestImages follows what a tag points to down to the config, and what it pointed to before.
func TestImages(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	get := func(path string, into any) {
		t.Helper()
		resp, body, err := ask(t, r.Transport(), "GET", base+"/v2/app/"+path, "")
		if err != nil || resp.StatusCode != 200 || json.Unmarshal([]byte(body), into) != nil {
			t.Fatalf("GET %s: %d, %s, %v", path, resp.StatusCode, body, err)
		}
	}
	type pointer struct {
		Digest   string
		Platform struct{ OS, Architecture, Variant string }
	}
	old := r.Push("app", "latest", registrytest.Image{})
	digest := r.Push("app", "latest", registrytest.Image{Platforms: []string{"linux/amd64", "linux/arm/v7"}, Attestation: true, Build: 2})
	if old == digest {
		t.Error("the tag did not move")
	}
	var index struct{ Manifests []pointer }
	get("manifests/latest", &index)
	if len(index.Manifests) != 4 || index.Manifests[2].Platform.Variant != "v7" || index.Manifests[3].Platform.OS != "unknown" {
		t.Errorf("index: %+v", index)
	}
	var manifest struct{ Config pointer }
	get("manifests/"+index.Manifests[2].Digest, &manifest)
	var config struct {
		Created               time.Time
		Architecture, Variant string
	}
	get("blobs/"+manifest.Config.Digest, &config)
	if config.Architecture != "arm" || config.Variant != "v7" || config.Created.Year() != 2026 {
		t.Errorf("config: %+v", config)
	}
	get("manifests/"+old, &manifest)
	r.Add("app", "1.0")
	if _, want := registrytest.Manifest("app", "1.0"); want != "" {
		get("manifests/"+want, &manifest) // by digest before anybody asked for the tag
	}
	if diff := cmp.Diff(registrytest.Counts{Get: 4, Blob: 1}, r.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// TestBlobStore: blobs lie with another host, which refuses credentials beside its own signature.
func TestBlobStore(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{BlobStore: "https://store.example"})
	r.Push("app", "1.0", registrytest.Image{})
	body, _ := registrytest.Manifest("app", "1.0")
	digest := strings.Split(string(body), `"`)[15]
	resp, _, _ := ask(t, r.Transport(), "GET", base+"/v2/app/blobs/"+digest, "")
	at := resp.Header.Get("Location")
	if resp.StatusCode != 307 || !strings.HasPrefix(at, "https://store.example/v2/app/blobs/sha256:") {
		t.Fatalf("%d to %q", resp.StatusCode, at)
	}
	if resp, _, _ := ask(t, r.Transport(), "GET", at, "Bearer x"); resp.StatusCode != 400 {
		t.Errorf("with credentials: %d", resp.StatusCode)
	}
	if _, body, _ := ask(t, r.Transport(), "GET", at, ""); !strings.Contains(body, `"os":"linux"`) {
		t.Errorf("without: %s", body)
	}
}

func TestMetering(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	r := registrytest.New(registrytest.Options{
		Auth: registrytest.Auth{Scheme: registrytest.Basic, Username: "robot", Password: "secret"},
		Now:  func() time.Time { return now },
	})
	r.Add("app", "1.0")
	r.Add("free", "1.0")
	r.Meter(registrytest.Metering{Limit: 3, Free: []string{"free"}})
	r.Spend("robot", 1)
	robot := "Basic cm9ib3Q6c2VjcmV0"
	expect := func(method, repository string, status int, remaining string) {
		t.Helper()
		resp, _, _ := ask(t, r.Transport(), method, base+"/v2/"+repository+"/manifests/1.0", robot)
		if got := resp.Header.Get("RateLimit-Remaining"); resp.StatusCode != status || got != remaining {
			t.Errorf("%s: %d, remaining %q, want %d, %q", method, resp.StatusCode, got, status, remaining)
		}
	}
	expect(http.MethodHead, "app", 200, "2;w=21600")
	expect(http.MethodGet, "app", 200, "1;w=21600")
	expect(http.MethodGet, "free", 200, "")
	now = now.Add(time.Hour)
	expect(http.MethodGet, "app", 200, "0;w=21600")
	expect(http.MethodGet, "app", 429, "0;w=21600")
	now = now.Add(5 * time.Hour)
	expect(http.MethodHead, "app", 200, "2;w=21600")
	if got := r.Pulls("robot"); got != 2 {
		t.Errorf("%d pulls counted, want 2", got)
	}
	r.Meter(registrytest.Metering{Limit: 3, LimitHeader: ";w=21600", RemainingHeader: "-1;w=21600"})
	expect(http.MethodHead, "app", 200, "-1;w=21600")
}
