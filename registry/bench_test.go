package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/image"
)

// BenchmarkFirstPass lists 200 repositories of 500 tags and 2,000 of 100, 64 at once, in a new process with an empty
// cache in a file, against a client that does nothing but net/http and encoding/json. The registry is the same, on
// loopback and open; what is left to compare is our own work: limiter, bounds, checks, sorting and keeping. With the
// cache in memory it is all but the writing of the file.
func BenchmarkFirstPass(b *testing.B) {
	for _, size := range []struct{ repositories, tags int }{{200, 500}, {2000, 100}, {1, 10_000}} {
		server := httptest.NewServer(fixedLists(size.tags))
		defer server.Close()
		host := strings.TrimPrefix(server.URL, "http://")
		repositories := make([]image.Repository, size.repositories)
		for i := range repositories {
			repositories[i] = image.Repository{Host: host, Path: fmt.Sprintf("team/service-%d", i)}
		}
		name := fmt.Sprintf("%dx%d", size.repositories, size.tags)
		b.Run(name+"/client", func(b *testing.B) {
			dir := b.TempDir()
			benchmarkClient(b, repositories, size.tags, func(pass int) string { return filepath.Join(dir, fmt.Sprint(pass)) })
		})
		b.Run(name+"/memory", func(b *testing.B) {
			benchmarkClient(b, repositories, size.tags, func(int) string { return "" })
		})
		b.Run(name+"/bare", func(b *testing.B) { benchmarkBare(b, repositories, size.tags) })
	}
}

// fixedLists answers every list with the same page, made once.
func fixedLists(tags int) http.Handler {
	body, err := json.Marshal(map[string]any{"name": "team/service", "tags": numbered(tags)})
	if err != nil {
		panic(err) // strings are always JSON
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	})
}

func benchmarkClient(b *testing.B, repositories []image.Repository, tags int, file func(pass int) string) {
	pass := 0
	for b.Loop() {
		pass++
		state, err := cache.Open(b.Context(), cache.Options{Path: file(pass)})
		if err != nil {
			b.Fatal(err)
		}
		c, err := New(Options{Cache: state, Keychain: anonymous})
		if err != nil {
			b.Fatal(err)
		}
		sixtyFour(repositories, func(r image.Repository) {
			if list, err := c.Tags(b.Context(), r, 0); err != nil || len(list.Tags) != tags {
				b.Errorf("%d tags, %v", len(list.Tags), err)
			}
		})
		c.Close()
		state.Close()
	}
	b.ReportMetric(float64(len(repositories)*b.N)/b.Elapsed().Seconds(), "req/s")
}

func benchmarkBare(b *testing.B, repositories []image.Repository, tags int) {
	for b.Loop() {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
		sixtyFour(repositories, func(r image.Repository) {
			if list, err := bareList(b.Context(), client, r); err != nil || len(list) != tags {
				b.Errorf("%d tags, %v", len(list), err)
			}
		})
		client.CloseIdleConnections()
	}
	b.ReportMetric(float64(len(repositories)*b.N)/b.Elapsed().Seconds(), "req/s")
}

func bareList(ctx context.Context, client *http.Client, r image.Repository) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Host+"/v2/"+r.Path+"/tags/list?n=1000", nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var page struct {
		Tags []string `json:"tags"`
	}
	err = json.Unmarshal(body, &page)
	return page.Tags, err
}

// sixtyFour runs f for all repositories, as many at once.
func sixtyFour(repositories []image.Repository, f func(image.Repository)) {
	next := make(chan image.Repository)
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			for r := range next {
				f(r)
			}
		})
	}
	for _, r := range repositories {
		next <- r
	}
	close(next)
	group.Wait()
}
