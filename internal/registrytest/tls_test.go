package registrytest_test

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/image-updater/image-updater/internal/registrytest"
)

func tlsConfig(s registrytest.Server) *tls.Config {
	config := &tls.Config{RootCAs: s.RootCAs}
	if s.Certificate != nil {
		config.Certificates = []tls.Certificate{*s.Certificate}
	}
	return config
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	server := registrytest.New(registrytest.Options{}).ServeMutualTLS(t)
	with := &http.Transport{TLSClientConfig: tlsConfig(server)}
	defer with.CloseIdleConnections()
	if resp, _, _ := ask(t, with, "GET", server.URL+"/v2/", ""); resp.StatusCode != 200 {
		t.Errorf("with the certificate: %d", resp.StatusCode)
	}
	server.Certificate = nil
	without := &http.Transport{TLSClientConfig: tlsConfig(server)}
	defer without.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/v2/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := without.RoundTrip(req); err == nil {
		resp.Body.Close()
		t.Error("served without a certificate")
	}
}
