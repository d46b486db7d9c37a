package registry

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestRegistryOfGGCR lists from a server of others, which cuts lists and sends no Link.
func TestRegistryOfGGCR(t *testing.T) {
	t.Parallel()
	handler := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	tags := numbered(1500)
	body, _ := registrytest.Manifest("library/nginx", "1.27")
	for _, tag := range tags {
		put := httptest.NewRequest(http.MethodPut, "/v2/library/nginx/manifests/"+tag, strings.NewReader(string(body)))
		put.Header.Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		answer := httptest.NewRecorder()
		if handler.ServeHTTP(answer, put); answer.Code != http.StatusCreated {
			t.Fatalf("PUT %s: %d %s", tag, answer.Code, answer.Body)
		}
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	c := newClient(t, Options{})
	list, err := c.Tags(t.Context(), image.Repository{Host: strings.TrimPrefix(server.URL, "http://"), Path: "library/nginx"}, 0)
	if err != nil || !slices.Equal(list.Tags, tags) {
		t.Errorf("%d of %d tags, %v", len(list.Tags), len(tags), err)
	}
}

// TestLookAtRegistryOfGGCR looks at what others have pushed to a server of others.
func TestLookAtRegistryOfGGCR(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	at, err := name.ParseReference(host + "/app:1.0")
	if err != nil {
		t.Fatal(err)
	}
	index := mutate.IndexMediaType(empty.Index, types.DockerManifestList)
	for _, architecture := range []string{"arm64", "amd64"} {
		built, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: architecture, Created: v1.Time{Time: noon}})
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: built,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}})
	}
	if err := remote.WriteIndex(at, index, remote.WithAuth(authn.Anonymous)); err != nil {
		t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, Options{Now: func() time.Time { return noon }})
	got, err := c.Look(t.Context(), image.Repository{Host: host, Path: "app"}, "1.0", everything, time.Time{})
	want := Tag{Name: "1.0", Digest: image.Digest(digest.String()), Created: noon, FirstSeen: noon, Platforms: platforms(t, "linux/arm64", "linux/amd64")}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := c.Look(t.Context(), image.Repository{Host: host, Path: "app"}, "2.0", everything, time.Time{}); !errors.Is(err, ErrNoTag) {
		t.Errorf("a tag that is not there: %v", err)
	}
}
