package registry

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	ggcr "github.com/google/go-containerregistry/pkg/registry"

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
