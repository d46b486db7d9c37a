package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const maxRedirects = 3

// get sends a GET and follows redirects on the same origin. One to another origin is refused: the registry would choose
// whom else to ask, and the answer would not be its own.
func (h *host) get(ctx context.Context, by http.RoundTripper, u *url.URL, header http.Header) (*http.Response, error) {
	return h.send(ctx, http.MethodGet, by, u, header, nil)
}

// send sends a request without a body and follows redirects on the same origin; those to another origin by elsewhere,
// and not at all when that is nil.
func (h *host) send(ctx context.Context, method string, by http.RoundTripper, u *url.URL, header http.Header,
	elsewhere http.RoundTripper,
) (*http.Response, error) {
	for range maxRedirects {
		req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
		if err != nil {
			return nil, err
		}
		req.Header = header.Clone()
		req.Header.Set("User-Agent", h.client.options.UserAgent)
		resp, err := by.RoundTrip(req)
		if err != nil || !isRedirect(resp.StatusCode) {
			return resp, err
		}
		next, err := u.Parse(resp.Header.Get("Location"))
		if err != nil || resp.Header.Get("Location") == "" {
			return nil, &Error{Status: resp.StatusCode, Message: "a redirect to nowhere"}
		}
		switch {
		case sameOrigin(u, next):
		case elsewhere != nil && next.User == nil && (next.Scheme == "https" || next.Scheme == u.Scheme):
			by = elsewhere
			callOf(ctx).beyond = true
		default:
			return nil, &Error{Status: resp.StatusCode, Message: fmt.Sprintf("a redirect from %s to %s is not followed "+
				"(name the latter as endpoint of the registry to ask it)", origin(u), origin(next))}
		}
		u = next
	}
	return nil, &Error{Err: errors.New("too many redirects")}
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// sameOrigin compares scheme, host and port. An address with a user name is another one.
func sameOrigin(a, b *url.URL) bool {
	return b.User == nil && strings.EqualFold(a.Scheme, b.Scheme) &&
		strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
}
