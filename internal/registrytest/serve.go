package registrytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// TB is the part of testing.TB that serving needs; with it nothing here links package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Fatal(args ...any)
}

// Server is a registry on a loopback port.
type Server struct {
	URL, Host   string           // "https://127.0.0.1:40000", "127.0.0.1:40000"
	RootCAs     *x509.CertPool   // trusts the server; nil for plain HTTP
	Certificate *tls.Certificate // the client's, where the server wants one
}

// Serve serves plain HTTP until the test ends.
func (r *Registry) Serve(t TB) Server {
	t.Helper()
	return serveUntilEnd(t, r, func(s *httptest.Server) { s.Start() })
}

// ServeTLS serves HTTPS until the test ends.
func (r *Registry) ServeTLS(t TB) Server {
	t.Helper()
	return serveUntilEnd(t, r, func(s *httptest.Server) { s.StartTLS() })
}

// ServeMutualTLS serves HTTPS until the test ends, to clients with the Certificate of the result alone.
func (r *Registry) ServeMutualTLS(t TB) Server {
	t.Helper()
	certificate, err := clientCertificate()
	if err != nil {
		t.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AddCert(certificate.Leaf)
	server := serveUntilEnd(t, r, func(s *httptest.Server) {
		s.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
		s.StartTLS()
	})
	server.Certificate = &certificate
	return server
}

func serveUntilEnd(t TB, h http.Handler, start func(*httptest.Server)) Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are part of some tests
	s.Config.ReadHeaderTimeout = time.Minute
	start(s)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	_, host, _ := strings.Cut(s.URL, "://")
	server := Server{URL: s.URL, Host: host}
	if s.TLS != nil {
		server.RootCAs = x509.NewCertPool()
		server.RootCAs.AddCert(s.Certificate())
	}
	return server
}

// clientCertificate makes a certificate that signs itself.
func clientCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "registrytest client"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
