package registry

import (
	"bytes"
	"net/http"
	"testing"
)

// TestClassify tells the kinds of 429 by what registries have been seen to send.
func TestClassify(t *testing.T) {
	t.Parallel()
	const (
		list     = "https://registry-1.docker.io/v2/library/nginx/tags/list"
		manifest = "https://registry-1.docker.io/v2/library/nginx/manifests/1.27.4"
		login    = "https://auth.docker.io/token"
	)
	for _, test := range []struct {
		name          string
		method, url   string
		authorization string
		status        int
		header        http.Header
		body          string
		want          refusal
	}{
		{name: "200", url: list, status: 200, want: notRefused},
		{name: "404", url: manifest, status: 404, want: notRefused},
		{name: "503", url: list, status: 503, want: notRefused},
		{name: "503 with a time", url: list, status: 503, header: http.Header{"Retry-After": {"5"}}, want: tooFast},
		{name: "abuse", url: list, status: 429, body: "429 Too Many Requests", want: tooFast},
		{name: "abuse, met by a manifest", url: manifest, status: 429, body: "<html>Too Many Requests</html>", want: tooFast},
		{name: "GHCR", url: manifest, status: 429,
			body: `{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 880.092µs, allowed: 44000/minute"}]}`, want: tooFast},
		{name: "ECR Public", url: manifest, status: 429, body: `{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}`, want: tooFast},
		{name: "pulls", url: manifest, status: 429, body: `{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit. ` +
			`You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit"}]}`, want: pullsSpent},
		{name: "pulls, the bare sentence", url: manifest, status: 429, authorization: "Bearer t",
			body: "You have reached your pull rate limit. https://www.docker.com/increase-rate-limits", want: pullsSpent},
		{name: "pulls, anonymous", url: manifest, status: 429, body: "toomanyrequests: You have reached your unauthenticated pull rate limit.", want: pullsSpent},
		{name: "abuse, met by a HEAD where no pull is left", method: http.MethodHead, url: manifest, status: 429,
			header: http.Header{"Ratelimit-Remaining": {"0;w=21600"}}, want: tooFast},
		{name: "pulls, without a body", method: http.MethodGet, url: manifest, status: 429,
			header: http.Header{"Ratelimit-Remaining": {"0;w=21600"}}, want: pullsSpent},
		{name: "pulls, in debt", url: manifest, status: 429, header: http.Header{"Ratelimit-Remaining": {"-3;w=21600"}}, want: pullsSpent},
		{name: "pulls left", url: manifest, status: 429, header: http.Header{"Ratelimit-Remaining": {"7;w=21600"}}, want: tooFast},
		{name: "the sentence, but to a list", url: list, status: 429, body: "You have reached your pull rate limit.", want: tooFast},
		{name: "logins", url: login, authorization: "Basic cjpz", status: 429,
			body: "toomanyrequests: too many failed login attempts for username or IP address", want: loginsFailed},
		{name: "logins, by POST", method: http.MethodPost, url: login, status: 429, body: "too many failed login attempts", want: loginsFailed},
		{name: "logins of others at this address", url: login, status: 429, body: "too many failed login attempts for IP address", want: tooFast},
		{name: "token server, busy", url: login, authorization: "Basic cjpz", status: 429, body: "slow down", want: tooFast},
		{name: "tag API", url: "https://hub.docker.com/v2/namespaces/library/repositories/nginx/tags", status: 429,
			body: `{"detail":"Rate limit exceeded","error":false}`, want: tooFast},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), test.method, test.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			if test.authorization != "" {
				req.Header.Set("Authorization", test.authorization)
			}
			body := &wholeBody{Reader: bytes.NewReader([]byte(test.body)), data: []byte(test.body)}
			if got := classify(req, &http.Response{StatusCode: test.status, Header: test.header, Body: body}); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
