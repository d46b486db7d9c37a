package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
	"github.com/image-updater/image-updater/internal/web/webtest"
)

var now = time.Date(2026, 11, 21, 14, 35, 0, 0, time.UTC)

// options are those of the made-up company at a fixed time.
func options() web.Options { return optionsOf(webtest.Status(now)) }

func optionsOf(s status.Status) web.Options {
	return web.Options{
		Status:  func() status.Status { return s },
		Changed: func() <-chan struct{} { return nil },
		Explain: func(_ context.Context, at web.Place) (status.Decision, error) {
			return webtest.Decision(s, at.Policy), nil
		},
		Scan: func(asked web.ScanRequest) ([]string, error) {
			if asked.Policy == "nobody" {
				return nil, fmt.Errorf("policy %q: %w", asked.Policy, web.ErrUnknown)
			}
			return []string{"docker.io/library/nginx"}, nil
		},
		Now: func() time.Time { return now },
	}
}

// ask has the handler answer one request.
func ask(t *testing.T, h http.Handler, r *http.Request) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer := w.Result()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

// get fetches a page that has to be there.
func get(t *testing.T, h http.Handler, url string) string {
	t.Helper()
	answer, body := ask(t, h, request(t, url))
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s\n%s", url, answer.Status, body)
	}
	return body
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := web.New(options())
	for _, test := range []struct {
		url  string
		code int
		want []string
	}{
		{"/", 200, []string{"<h1 id=\"headline\">2 policies fail</h1>", "registry.acme.example:5000 does not answer as it should.", "16.11-bookworm was taken back by Ada Lovelace"}},
		{"/policies", 200, []string{"68 policies", `href="/policies/billing-api"`}},
		{"/policies/nginx", 200, []string{"<h1>nginx</h1>", "Newer, and refused", "1.30.0-rc.1-alpine", "apps/web/deployment.yaml:17"}},
		{"/policies/nobody", 404, []string{"there is no policy &#34;nobody&#34;"}},
		{"/registries/docker.io", 200, []string{"<h1>docker.io</h1>", "200 pulls in 6h"}},
		{"/registries/example.org", 404, []string{"no policy looks at a registry"}},
		{"/git/platform", 200, []string{"Update grafana to 12.3.0", `href="https://github.com/acme/platform/pull/482"`}},
		{"/git/nobody", 404, []string{"there is no Git repository"}},
		{"/history", 200, []string{"main-7c1d0fa"}},
		{"/nowhere", 404, []string{"there is no such page"}},
		{"/static/nothing.css", 404, nil},
	} {
		t.Run(strings.Trim(test.url, "/"), func(t *testing.T) {
			t.Parallel()
			answer, body := ask(t, h, request(t, test.url))
			if answer.StatusCode != test.code {
				t.Errorf("answered %d, want %d", answer.StatusCode, test.code)
			}
			for _, want := range test.want {
				if !strings.Contains(body, want) && !strings.Contains(plain(body), want) {
					t.Errorf("%q is missing in\n%s", want, body)
				}
			}
		})
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	o := options()
	o.Status = func() status.Status { return status.Status{} }
	o.Alive = func() error { return errors.New("the loop has not turned for 3m0s") }
	o.Credentials = func() web.Credentials { return web.Credentials{} }
	h := web.New(o)
	for url, want := range map[string]string{
		"/healthz": "503 the loop has not turned for 3m0s\n",
		"/readyz":  "503 the Git repositories were not read yet\n",
	} {
		answer, body := ask(t, h, request(t, url))
		if got := fmt.Sprintf("%d %s", answer.StatusCode, body); got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
	h = web.New(options())
	for _, url := range []string{"/healthz", "/readyz"} {
		if body := get(t, h, url); body != "ok\n" {
			t.Errorf("%s: %q", url, body)
		}
	}
}

// request is a GET of a page.
func request(t *testing.T, url string) *http.Request {
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
}

// TestTagAPIPaused: what wants to be left alone is told, and that it is not the registry.
func TestTagAPIPaused(t *testing.T) {
	t.Parallel()
	s := webtest.Status(now)
	for i := range s.Registries {
		s.Registries[i].TagsPaused = now.Add(2 * time.Hour)
	}
	h := web.New(optionsOf(s))
	for url, want := range map[string]string{
		"/":                     `Its tag API is left alone, as it asks for; that goes on <time datetime="2026-11-21T16:35:00Z"`,
		"/registries/docker.io": `Its tag API is not asked, as it wants; that goes on <time datetime="2026-11-21T16:35:00Z"`,
		"/api/v1/registries":    `"tagAPIPausedUntil":"2026-11-21T16:35:00Z"`,
	} {
		if got := get(t, h, url); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in\n%s", url, want, got)
		}
	}
}

// TestQuotaUntil: where no pull may be spent it is told when one may be.
func TestQuotaUntil(t *testing.T) {
	t.Parallel()
	s := webtest.Status(now)
	for i := range s.Registries {
		s.Registries[i].Left, s.Registries[i].Until = 0, now.Add(2*time.Hour)
	}
	h := web.New(optionsOf(s))
	for url, want := range map[string]string{
		"/":                     `Pulls go on <time datetime="2026-11-21T16:35:00Z"`,
		"/registries/docker.io": `Pulls go on <time datetime="2026-11-21T16:35:00Z"`,
		"/api/v1/registries":    `"left":0,"until":"2026-11-21T16:35:00Z"`,
	} {
		if got := get(t, h, url); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in\n%s", url, want, got)
		}
	}
}
