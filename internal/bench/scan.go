package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/registry"
)

const (
	scansAtOnce = 64
	turnsPerRun = 3 // a turn is short, and of its wall time a busy machine leaves nothing but the ratio of neighbours
)

// benchScan compares the listing of many repositories with that of a client that does nothing but net/http and
// encoding/json. The server does next to nothing, so that what is left to compare is our own work: the limiter, bounds,
// checks, sorting, and keeping every list in a file. Each side lists all once before the clock runs, so that ours has
// its tokens and both have their connections.
func benchScan(ctx context.Context, b bench) ([]figure, error) {
	var figures []figure
	for _, s := range []scan{
		{repositories: 2000, tags: 100, times: 1},
		{repositories: 1, tags: 10_000, times: 50},
	} {
		f, err := s.compare(ctx, b)
		if err != nil {
			return nil, err
		}
		figures = append(figures, f)
	}
	return figures, nil
}

// scan is what one process lists: some repositories, one time or again and again.
type scan struct{ repositories, tags, times int }

func (s scan) compare(ctx context.Context, b bench) (figure, error) {
	host, stop, err := serve(s.server())
	if err != nil {
		return figure{}, err
	}
	defer stop()
	var ours, bare, ratios []float64
	var most int64
	for turn := range turnsPerRun * b.runs {
		state := filepath.Join(b.scratch, fmt.Sprintf("scan-%d-%d.db", s.repositories, turn))
		our, u, err := s.run(ctx, host, state)
		if err != nil {
			return figure{}, err
		}
		their, _, err := s.run(ctx, host, "")
		if err != nil {
			return figure{}, err
		}
		ours, bare, ratios, most = append(ours, our), append(bare, their), append(ratios, our/their), max(most, u.RSS)
	}
	ratio := median(ratios)
	return figure{
		name:      fmt.Sprintf("first listing of %d repositories of %d tags", s.repositories, s.tags),
		ours:      fmt.Sprintf("%.0f lists a second, %.2f of the baseline, %s", median(ours), ratio, megabytes(most)),
		baselines: []baseline{{"net/http, encoding/json", fmt.Sprintf("%.0f lists a second", median(bare))}},
		promise:   "at least 0.8 of the baseline, under 100 MB",
		broken:    ratio < 0.8 || most >= 100e6,
	}, nil
}

// run lists in a new process and returns the lists per second. Without a state it is the bare client's turn.
func (s scan) run(ctx context.Context, host, state string) (float64, usage, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, usage{}, err
	}
	args := []string{self, scanCommand, host, state}
	for _, n := range []int{s.repositories, s.tags, s.times} {
		args = append(args, strconv.Itoa(n))
	}
	u, out, err := command{args: args}.run(ctx)
	if err != nil {
		return 0, usage{}, err
	}
	seconds, err := strconv.ParseFloat(out, 64)
	return float64(s.repositories*s.times) / seconds, u, err
}

// scanCommand as first argument makes this program one of the scanning processes.
const scanCommand = "scan"

// scanAll is such a process: it prints for how many seconds it listed.
func scanAll(args []string) error {
	if len(args) != 5 {
		return errors.New("scan is for this program's own use")
	}
	host, state := args[0], args[1]
	var s scan
	for i, n := range []*int{&s.repositories, &s.tags, &s.times} {
		var err error
		if *n, err = strconv.Atoi(args[2+i]); err != nil {
			return err
		}
	}
	ctx := context.Background()
	list, end, err := bareLister(), func() error { return nil }, error(nil)
	if state != "" {
		list, end, err = s.ourLister(ctx, host, state)
	}
	if err != nil {
		return err
	}
	if err := (scan{s.repositories, s.tags, 1}).listAll(ctx, host, list); err != nil {
		return err
	}
	began := time.Now()
	if err := s.listAll(ctx, host, list); err != nil {
		return err
	}
	fmt.Print(time.Since(began).Seconds())
	return end()
}

// lister lists one repository and returns how many tags it has.
type lister func(context.Context, image.Repository) (int, error)

func (s scan) ourLister(ctx context.Context, host, path string) (lister, func() error, error) {
	state, err := cache.Open(ctx, cache.Options{Path: path})
	if err != nil {
		return nil, nil, err
	}
	client, err := registry.New(registry.Options{Cache: state, Keychain: authn.NewMultiKeychain()})
	if err != nil {
		return nil, nil, err
	}
	client.Expect(s.all(host)...)
	list := func(ctx context.Context, r image.Repository) (int, error) {
		list, err := client.Tags(ctx, r, 0)
		return len(list.Tags), err
	}
	return list, func() error { return errors.Join(client.Close(), state.Close()) }, nil
}

// bareLister is the least that lists.
func bareLister() lister {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: scansAtOnce}}
	scopes := make([]string, 50) // so that its token is as long as ours
	for i := range scopes {
		scopes[i] = "repository:" + repositoryPath(i) + ":pull"
	}
	authorization := "Bearer " + tokenFor(scopes)
	return func(ctx context.Context, r image.Repository) (int, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Host+"/v2/"+r.Path+"/tags/list", nil)
		if err != nil {
			return 0, err
		}
		req.Header.Set("Authorization", authorization)
		resp, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return 0, err
		}
		var page struct {
			Tags []string `json:"tags"`
		}
		err = json.Unmarshal(body, &page)
		return len(page.Tags), err
	}
}

func (s scan) all(host string) []image.Repository {
	all := make([]image.Repository, s.repositories)
	for i := range all {
		all[i] = image.Repository{Host: host, Path: repositoryPath(i)}
	}
	return all
}

// listAll lists every repository, scansAtOnce at a time.
func (s scan) listAll(ctx context.Context, host string, list lister) error {
	var mu sync.Mutex
	var failed error
	var group sync.WaitGroup
	next := make(chan image.Repository)
	for range min(scansAtOnce, s.repositories) { // one repository is listed once at a time
		group.Go(func() {
			for r := range next {
				n, err := list(ctx, r)
				if err == nil && n != s.tags {
					err = fmt.Errorf("%s: listed %d tags, want %d", r, n, s.tags)
				}
				if err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
				}
			}
		})
	}
	for range s.times {
		for _, r := range s.all(host) {
			next <- r
		}
	}
	close(next)
	group.Wait()
	return failed
}

// tokenMark ends the tokens that the server takes.
const tokenMark = "bench"

// server answers every list with the same page, made once, and grants whatever token it is asked for.
func (s scan) server() http.Handler {
	tags := numbered(s.tags)
	slices.Sort(tags)
	body, err := json.Marshal(map[string]any{"name": "team/app", "tags": tags})
	if err != nil {
		panic(err) // strings are always JSON
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case req.URL.Path == "/token":
			fmt.Fprintf(w, `{"token":%q,"expires_in":300}`, tokenFor(req.URL.Query()["scope"]))
		case !strings.HasSuffix(req.Header.Get("Authorization"), tokenMark):
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+req.Host+`/token"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			w.Write(body)
		}
	})
}

// tokenFor returns a token that says it opens the scopes.
func tokenFor(scopes []string) string {
	type access struct {
		Type    string   `json:"type"`
		Name    string   `json:"name"`
		Actions []string `json:"actions"`
	}
	var granted []access
	for _, scope := range scopes {
		if parts := strings.Split(scope, ":"); len(parts) == 3 {
			granted = append(granted, access{Type: parts[0], Name: parts[1], Actions: parts[2:]})
		}
	}
	claims, err := json.Marshal(map[string]any{"access": granted})
	if err != nil {
		panic(err) // strings are always JSON
	}
	return "e30." + base64.RawURLEncoding.EncodeToString(claims) + "." + tokenMark
}
