package git

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
)

// newTransports returns one for the origin of the remote and one for where redirects lead, which are not shown
// the certificate: like a password it is for the one server it was given for. Without one they are the same.
func newTransports(o Options) (own, elsewhere *http.Transport) {
	bare := o
	bare.Certificate = nil
	elsewhere = newTransport(bare)
	if o.Certificate == nil {
		return elsewhere, elsewhere
	}
	own = newTransport(o)
	own.DialTLSContext = dialerTo(o.URL, own.TLSClientConfig, elsewhere.TLSClientConfig)
	return own, elsewhere
}

// newTransport returns a transport that nobody else can change, which http.DefaultTransport is not.
func newTransport(o Options) *http.Transport {
	config := &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}
	if o.Certificate != nil {
		config.Certificates = []tls.Certificate{*o.Certificate}
	}
	return &http.Transport{
		Proxy:                  o.Proxy,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  answerTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaders,
		ForceAttemptHTTP2:      true,
	}
}

// dialerTo connects to the server of a remote with one configuration, and to all else, which is a proxy that itself speaks
// TLS, with the other. Left to itself a transport shows both the same certificate. What lies behind a proxy it connects to
// by its own configuration.
func dialerTo(remote string, own, proxy *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	server := ""
	if u, err := url.Parse(remote); err == nil {
		server = net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443"))
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		d := tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}, Config: proxy.Clone()}
		if address == server {
			d.Config = own.Clone()
			d.Config.NextProtos = []string{"h2", "http/1.1"}
		}
		return d.DialContext(ctx, network, address)
	}
}
