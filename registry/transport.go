package registry

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"time"
)

const (
	dialWithin      = 10 * time.Second
	handshakeWithin = 10 * time.Second
	idleFor         = time.Minute
	maxIdle         = 64        // connections kept per address: above the concurrency of a pass
	maxHeaders      = 256 << 10 // bytes
)

// newTransport returns a transport of one registry: each has its own authorities, and its own idea of which addresses may
// be reached. The certificate, nil for none, is shown to whoever is reached by it.
func newTransport(h *host, proxy func(*http.Request) (*url.URL, error), certificate *tls.Certificate) *http.Transport {
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: h.entry.RootCAs}
	if certificate != nil {
		config.Certificates = []tls.Certificate{*certificate}
	}
	d := newDialer(h)
	t := &http.Transport{
		DialContext:            d.dial,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    handshakeWithin,
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        idleFor,
		MaxResponseHeaderBytes: maxHeaders,
		ForceAttemptHTTP2:      true,
		// A dead HTTP/2 connection is found out by pings; else a retry would be sent on it again.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
	if proxy != nil {
		t.Proxy = d.remember(proxy)
	}
	return t
}
