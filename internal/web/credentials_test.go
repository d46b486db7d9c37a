package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/image-updater/image-updater/internal/web"
)

func TestParseCredentials(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file, want string // want: the error, "" = none
	}{
		{"both kinds", "# who may look\n\nbearer s3cret\r\nbasic ada:pass:word\n", ""},
		{"empty", "", "there is no credential in it"},
		{"only a comment", "# nothing\n", "there is no credential in it"},
		{"another kind", "bearer a\ndigest hunter2\n", `line 2: a credential begins with "bearer" or "basic"`},
		{"no token", "bearer \n", "line 1: a bearer token is one word"},
		{"two tokens", "bearer hunter2 hunter3\n", "line 1: a bearer token is one word"},
		{"no password", "basic hunter2\n", "line 1: a basic credential is USER:PASSWORD"},
		{"an empty password", "basic hunter2:\n", "line 1: a basic credential is USER:PASSWORD"},
		{"no user", "basic :hunter2\n", "line 1: a basic credential is USER:PASSWORD"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := web.ParseCredentials([]byte(test.file))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if strings.Contains(got, "hunter") {
				t.Error("the error tells a secret")
			}
		})
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	known, err := web.ParseCredentials([]byte("bearer s3cret\nbasic ada:pass:word\n"))
	if err != nil {
		t.Fatal(err)
	}
	o := options()
	o.Credentials = func() web.Credentials { return known }
	o.Hooks = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
	h := web.New(o)
	closed := options()
	closed.Credentials = func() web.Credentials { return web.Credentials{} }
	for _, test := range []struct {
		name   string
		h      http.Handler
		url    string
		header func(*http.Request)
		code   int
	}{
		{"nothing", h, "/", nil, 401},
		{"bearer", h, "/", func(r *http.Request) { r.Header.Set("Authorization", "Bearer s3cret") }, 200},
		{"bearer in small letters", h, "/metrics", func(r *http.Request) { r.Header.Set("Authorization", "bearer s3cret") }, 200},
		{"another token", h, "/", func(r *http.Request) { r.Header.Set("Authorization", "Bearer s3cre") }, 401},
		{"basic", h, "/api/v1/status", func(r *http.Request) { r.SetBasicAuth("ada", "pass:word") }, 200},
		{"another password", h, "/", func(r *http.Request) { r.SetBasicAuth("ada", "pass") }, 401},
		{"a token as password", h, "/", func(r *http.Request) { r.SetBasicAuth("", "s3cret") }, 401},
		{"a password as token", h, "/", func(r *http.Request) { r.Header.Set("Authorization", "Bearer ada:pass:word") }, 401},
		{"another scheme", h, "/", func(r *http.Request) { r.Header.Set("Authorization", "Digest s3cret") }, 401},
		{"metrics", h, "/metrics", nil, 401},
		{"the API", h, "/api/v1/status", nil, 401},
		{"events", h, "/events", nil, 401},
		{"files", h, "/static/style.css", nil, 401},
		{"no such page", h, "/nowhere", nil, 401},
		{"health", h, "/healthz", nil, 200},
		{"readiness", h, "/readyz", nil, 200},
		{"hooks", h, "/hooks/hub", nil, 418},
		{"credentials that let nobody in", web.New(closed), "/", func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }, 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := request(t, test.url)
			if test.header != nil {
				test.header(r)
			}
			answer, body := ask(t, test.h, r)
			if answer.StatusCode != test.code {
				t.Errorf("answered %s, want %d\n%.200s", answer.Status, test.code, body)
			}
			if asks := answer.Header.Get("WWW-Authenticate") != ""; asks != (test.code == 401) {
				t.Errorf("asks for a credential: %v", asks)
			}
		})
	}
}
