package git

import (
	"crypto/tls"
	"net"
	"net/http"
)

// newTransports returns one for the origin of the remote and one for where redirects lead, which are not shown
// the certificate: like a password it is for the one server it was given for. Without one they are the same.
func newTransports(o Options) (own, elsewhere *http.Transport) {
	own = newTransport(o)
	if o.Certificate == nil {
		return own, own
	}
	o.Certificate = nil
	return own, newTransport(o)
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
