package git

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxRedirects is Git's own.
const maxRedirects = 5

// followed returns where an answer redirects to.
func (w *web) followed(from *url.URL, res *http.Response) (*url.URL, error) {
	next, err := from.Parse(res.Header.Get("Location"))
	if err != nil || res.Header.Get("Location") == "" {
		return nil, fmt.Errorf("%s redirects without a readable Location", w.clean.url(from))
	}
	next.User = nil
	if next.Scheme != "https" && next.Scheme != from.Scheme {
		to := "another scheme"
		if next.Scheme == "http" {
			to = w.clean.url(next)
		}
		return nil, fmt.Errorf("%s redirects to %s: refused to leave https", w.clean.url(from), to)
	}
	return next, nil
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host)
}
