package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"time"
)

const (
	tries     = 3
	firstWait = 500 * time.Millisecond // doubled for the next, and cut by up to a half by chance
)

// retrying is the outermost layer: it sends again what failed in a way that may pass.
type retrying struct {
	limit *limiter
	next  http.RoundTripper
}

func (t *retrying) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		again := req
		if try > 1 && req.GetBody != nil {
			body, err := req.GetBody()
			if err != nil {
				return nil, err
			}
			again = req.Clone(req.Context())
			again.Body = body
		}
		resp, err := t.next.RoundTrip(again)
		wait, ok := t.again(req.Context(), resp, err, try)
		if !ok {
			return resp, err
		}
		if err := sleep(req.Context(), wait, nil); err != nil {
			return nil, err
		}
	}
}

// again reports whether to send the request once more, and after which pause.
func (t *retrying) again(ctx context.Context, resp *http.Response, err error, try int) (time.Duration, bool) {
	if ctx.Err() != nil || try == tries {
		return 0, false
	}
	switch {
	case err != nil && !mayPass(err):
		return 0, false
	case err == nil && backsOff(resp):
		// The limiter holds the next request as long as the registry asked; a longer pause it would turn away. Spent
		// pulls and failed logins are not mended by a second try.
		return 0, callOf(ctx).refused == tooFast && t.limit.pausedUntil().IsZero()
	case err == nil && (!failed(resp.StatusCode) || callOf(ctx).counted): // each try is a pull
		return 0, false
	}
	wait := firstWait << (try - 1)
	return wait - time.Duration(t.limit.client.jitter()*float64(wait)/2), true
}

// failed reports whether the status says that the registry could not answer this time.
func failed(status int) bool {
	switch status {
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	case http.StatusRequestTimeout, 499: // nginx: its client, a proxy, went away
		return true
	}
	return status >= 500
}

// mayPass reports whether a request that got no answer may get one the next time. A page that did not end in a minute
// is not asked for again, nor what is refused here, nor a host without an address or with a wrong certificate.
func mayPass(err error) bool {
	if _, final := errors.AsType[*Error](err); final {
		return false
	}
	if bound, ok := errors.AsType[*boundError](err); ok {
		return bound == errNoAnswer
	}
	if _, refused := errors.AsType[*errAddress](err); refused {
		return false
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return false
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return false
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return false
	}
	return true
}
