package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/registry"
)

// demoRegistry is the registry of go-containerregistry in memory, filled with tags, behind a handler that pages lists
// as the OCI distribution specification says: the library honours n and last, but sends no Link.
func demoRegistry(repositories map[string][]string) (http.Handler, error) {
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	for repository, tags := range repositories {
		for _, tag := range tags {
			if err := pushEmpty(inner, repository, tag); err != nil {
				return nil, err
			}
		}
	}
	return pagesLists(inner), nil
}

// pushEmpty pushes an image of nothing: its manifest names an empty configuration and no layers.
func pushEmpty(h http.Handler, repository, tag string) error {
	const mediaType = "application/vnd.oci.image.manifest.v1+json"
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":"application/vnd.oci.empty.v1+json",`+
		`"size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"layers":[],"annotations":{"tag":%q}}`,
		mediaType, tag)
	req := httptest.NewRequest(http.MethodPut, "/v2/"+repository+"/manifests/"+tag, strings.NewReader(manifest))
	req.Header.Set("Content-Type", mediaType)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, req)
	if answer.Code != http.StatusCreated {
		return fmt.Errorf("filling the registry: %s:%s: status %d", repository, tag, answer.Code)
	}
	return nil
}

// pagesLists adds the Link header to a page of tags that is full.
func pagesLists(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if !strings.HasSuffix(r.URL.Path, "/tags/list") || err != nil || n < 1 {
			inner.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		inner.ServeHTTP(answer, r)
		var page struct{ Tags []string }
		if json.Unmarshal(answer.Body.Bytes(), &page) == nil && len(page.Tags) == n {
			next := url.Values{"n": {strconv.Itoa(n)}, "last": {page.Tags[n-1]}}
			w.Header().Set("Link", fmt.Sprintf("<%s?%s>; rel=\"next\"", r.URL.Path, next.Encode()))
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.Code)
		io.Copy(w, bytes.NewReader(answer.Body.Bytes()))
	})
}

// demoTags is what a registry of real life looks like: variants, floating tags, pre-releases and things that are no
// images at all, in no useful order.
func demoTags() map[string][]string {
	nginx := []string{"latest", "mainline", "stable", "alpine", "stable-alpine", "perl", "1", "1-alpine",
		"1.29.0-rc.1", "1.29.0-rc.1-alpine", "sha256-" + strings.Repeat("4f", 32) + ".sig"}
	patches := map[int]int{21: 6, 22: 1, 23: 4, 24: 0, 25: 5, 26: 3, 27: 5, 28: 0}
	for minor := 21; minor <= 28; minor++ {
		nginx = append(nginx, fmt.Sprintf("1.%d", minor), fmt.Sprintf("1.%d-alpine", minor))
		for patch := range patches[minor] + 1 {
			version := fmt.Sprintf("1.%d.%d", minor, patch)
			for _, variant := range []string{"", "-alpine", "-alpine-slim", "-alpine3.19", "-bookworm", "-perl", "-otel"} {
				nginx = append(nginx, version+variant)
			}
		}
	}
	vehicles := []string{"latest", "main", "release-1180-0badc0de", "release-1182-dirty"}
	for build := 1100; build <= 1182; build++ {
		vehicles = append(vehicles, fmt.Sprintf("release-%d-%08x", build, uint32(build)*2654435761))
	}
	vehicles = append(vehicles, "release-1179-344b590f")
	tools := []string{"stable", "1.0.0", "1.1.0"}
	return map[string][]string{"library/nginx": nginx, "acme/microservice-vehicles": vehicles, "acme/tools": tools}
}
