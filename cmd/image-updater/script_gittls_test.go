package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// startGitTLS puts a server with TLS in front of the Git server and GitHub. Its certificate is good for 127.0.0.1 and for
// the names of example.com.
func startGitTLS(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1 || len(args) == 3, "gittls CA [CERT KEY]")
	s := sceneOf(ts)
	server := httptest.NewUnstartedServer(s.front)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are part of the scripts
	if len(args) == 3 {
		clients := x509.NewCertPool()
		clients.AppendCertsFromPEM(writeClientCertificate(ts, args[1], args[2]))
		server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	}
	server.StartTLS()
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), authority, 0o600))
	s.tls = server.Listener.Addr().String()
	ts.Setenv("GITTLS", server.URL)
}

// writeClientCertificate makes a certificate that signs itself, and returns it.
func writeClientCertificate(ts *testscript.TestScript, certFile, keyFile string) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	ts.Check(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	ts.Check(os.WriteFile(ts.MkAbs(certFile), cert, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(keyFile), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	return cert
}

// startProxy lets what asks for any host with TLS reach the Git server.
func startProxy(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 0, "proxy")
	s := sceneOf(ts)
	if s.tls == "" {
		ts.Fatalf("gittls has to come first")
	}
	p := &connectProxy{to: s.tls}
	url, err := serve(ts, p)
	ts.Check(err)
	ts.Defer(p.close)
	s.proxy = p
	ts.Setenv("HTTPS_PROXY", url)
}

func checkProxied(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "proxied HOST:PORT")
	seen := strings.Join(sceneOf(ts).proxy.seen(), " ")
	if seen != args[0] {
		ts.Fatalf("the proxy was asked for %q", seen)
	}
}

// connectProxy is a proxy that knows CONNECT alone.
type connectProxy struct {
	to      string
	running sync.WaitGroup

	mu    sync.Mutex // guards the fields that follow
	hosts []string   // that were asked for, each once
	conns []net.Conn
}

func (p *connectProxy) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hosts
}

func (p *connectProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "CONNECT alone", http.StatusMethodNotAllowed)
		return
	}
	there, err := net.Dial("tcp", p.to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		there.Close()
		return
	}
	p.remember(r.Host, here, there)
	_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	p.running.Go(func() { pipe(here, there) })
	p.running.Go(func() { pipe(there, here) })
}

func (p *connectProxy) remember(host string, conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conns...)
	if !slices.Contains(p.hosts, host) {
		p.hosts = append(p.hosts, host)
	}
}

func (p *connectProxy) close() {
	p.mu.Lock()
	for _, c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}

func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	to.Close()
	from.Close()
}
