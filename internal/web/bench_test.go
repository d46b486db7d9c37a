package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/image-updater/image-updater/internal/web"
	"github.com/image-updater/image-updater/internal/web/webtest"
)

// What ten thousand policies cost: time of one answer, and its size.
func BenchmarkTenThousand(b *testing.B) {
	h := web.New(optionsOf(webtest.Large(now, 10_000)))
	for _, url := range []string{
		"/", "/policies", "/policies?q=service-09&state=up-to-date&sort=written&page=3", "/policies/service-00046", "/metrics", "/api/v1/status",
		"/api/v1/policies?limit=1000",
	} {
		b.Run(url, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, url, nil))
				b.ReportMetric(float64(w.Body.Len())/1000, "kB")
			}
		})
	}
}
