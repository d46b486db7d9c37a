package registry

import (
	"net/http"
	"regexp"
	"strings"
)

// refusal is what an answer asks for that turns a request down for now. Registries have one status for four meters,
// 429, and what is right for one of them is wrong for the others. The fourth meter is that of a tag API beside the
// registry: it has a limiter of its own, so that its tooFast stops nothing else.
type refusal int

const (
	notRefused   refusal = iota
	tooFast              // too many requests of whatever kind: the host is left alone
	pullsSpent           // the account or address has no pulls left: its GETs of manifests wait, nothing else does
	loginsFailed         // too many wrong passwords: the credential is not sent any more
)

var (
	pullsText = regexp.MustCompile(`(?i)pull rate limit|/increase-rate-limit`)
	loginText = regexp.MustCompile(`(?i)too many failed (?:login|auth)`)
)

// classify tells which refusal an answer to the request is.
func classify(req *http.Request, resp *http.Response) refusal {
	switch {
	case !backsOff(resp):
		return notRefused
	case resp.StatusCode != http.StatusTooManyRequests:
		return tooFast
	case req.Method != http.MethodHead && asksManifest(req) && (pullsText.Match(whole(resp)) || noneRemaining(resp.Header)):
		return pullsSpent
	case showsCredential(req) && loginText.Match(whole(resp)):
		return loginsFailed
	}
	return tooFast
}

// backsOff reports whether the answer asks for fewer requests.
func backsOff(resp *http.Response) bool {
	return resp.StatusCode == http.StatusTooManyRequests ||
		resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != ""
}

// asksManifest reports whether the request is of the kind that pulls are counted by. A HEAD is free, so what turns one
// down is another meter, whatever it says of the pulls that remain.
func asksManifest(req *http.Request) bool { return strings.Contains(req.URL.Path, "/manifests/") }

// noneRemaining reports whether the headers say that no pull is left: "ratelimit-remaining: 0;w=21600".
func noneRemaining(header http.Header) bool {
	remaining, _, _ := strings.Cut(header.Get("RateLimit-Remaining"), ";")
	remaining = strings.TrimSpace(remaining)
	return remaining == "0" || strings.HasPrefix(remaining, "-")
}

// showsCredential reports whether the request holds a user's secret, and not only a token that was got with it.
func showsCredential(req *http.Request) bool {
	authorization := req.Header.Get("Authorization")
	return req.Method == http.MethodPost || authorization != "" && !strings.HasPrefix(authorization, "Bearer ")
}
