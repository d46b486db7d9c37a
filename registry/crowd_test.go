package registry

import (
	"context"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/image-updater/image-updater/image"
)

// TestBombs: what is decoded of an answer that is made to take up memory stays within a small multiple of its size.
func TestBombs(t *testing.T) { // not parallel: it counts what is allocated
	manyObjects := func(prefix, element, suffix string, size int) string {
		return prefix + strings.Repeat(element+",", (size-len(prefix)-len(suffix))/(len(element)+1)-1) + element + suffix
	}
	index := manyObjects(`{"manifests":[`, "{}", `]}`, maxManifest)
	for _, test := range []struct {
		name string
		body string
		most uint64 // bytes that are allocated for one of the body
		ask  func(context.Context, *Client) error
	}{
		{name: "list, plain", body: manyObjects(`{"tags":[`, `""`, `]}`, maxListPage), most: 4, ask: bombTags},
		{name: "list, not plain", body: manyObjects(`{"x":1,"tags":[`, `""`, `]}`, maxListPage), most: 4, ask: bombTags},
		{name: "tag API", body: manyObjects(`{"count":1,"results":[`, `{}`, `]}`, maxAPIPage), most: 5, ask: bombDetails(image.DockerHub)},
		{name: "tag API, zeros", body: manyObjects(`{"count":1,"results":[`, `0`, `]}`, maxAPIPage), most: 5, ask: bombDetails(image.DockerHub)},
		{name: "tag API, next", body: manyObjects(`{"count":1,"results":[],"next":[`, `{}`, `]}`, maxAPIPage), most: 5, ask: bombDetails(image.DockerHub)},
		{name: "Google", body: manyObjects(`{"tags":[],"manifest":{`, `"":{}`, `}}`, maxListPage), most: 4, ask: bombDetails("gcr.io")},
		{name: "index", body: index, most: 4, ask: func(context.Context, *Client) error { parseManifest([]byte(index)); return nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClient(t, Options{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: http.StatusOK, ContentLength: int64(len(test.body)), Body: io.NopCloser(strings.NewReader(test.body)),
				}, nil
			})})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := test.ask(t.Context(), c)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > test.most*uint64(len(test.body)) {
				t.Errorf("%d MiB allocated for a body of %d MiB", used>>20, len(test.body)>>20)
			}
			if err == nil && test.name != "index" {
				t.Error("no error")
			}
		})
	}
}

func bombTags(ctx context.Context, c *Client) error {
	_, err := c.Tags(ctx, repository("app"), 0)
	return err
}

func bombDetails(host string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		_, err := c.Details(ctx, image.Repository{Host: host, Path: "acme/app"}, image.PushedFact, 0)
		return err
	}
}
