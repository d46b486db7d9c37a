package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/image-updater/image-updater/internal/web"
)

// TestRebinding: a web site whose name points to this machine reads nothing and starts nothing.
func TestRebinding(t *testing.T) {
	t.Parallel()
	o := options()
	o.Local = true
	o.Hooks = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	h := web.New(o)
	for host, local := range map[string]bool{
		"localhost": true, "localhost:8080": true, "LOCALHOST.:8080": true, "app.localhost": true, "127.0.0.1:8080": true, "[::1]:8080": true,
		"[::1]": true, "192.0.2.7": true, "": true,
		"evil.example": false, "evil.example:8080": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false,
		"notlocalhost": false, "127.1": false, "[localhost]": false,
	} {
		for _, asked := range []struct{ method, path string }{{"GET", "/"}, {"GET", "/metrics"}, {"GET", "/events?x"}, {"POST", "/api/v1/scan"}} {
			r := httptest.NewRequestWithContext(t.Context(), asked.method, asked.path, strings.NewReader(`{"policy":"nginx"}`))
			r.Host = host
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Origin", "http://"+host)
			if asked.path == "/events?x" && local {
				continue // it goes on for ever
			}
			answer, body := ask(t, h, r)
			if refused := answer.StatusCode == http.StatusMisdirectedRequest; refused == local {
				t.Errorf("%s %s by host %q: %s %s", asked.method, asked.path, host, answer.Status, body)
			}
		}
	}
	for _, path := range []string{"/healthz", "/hooks/hub"} { // a probe or sender comes by any name
		r := request(t, path)
		r.Host = "updater.acme.example"
		if answer, _ := ask(t, h, r); answer.StatusCode >= 400 {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
}
