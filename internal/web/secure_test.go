package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
	"github.com/image-updater/image-updater/internal/web/webtest"
)

// Every answer carries the headers, errors and health included.
func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	h := web.New(options())
	for _, url := range []string{"/", "/nowhere", "/healthz", "/metrics", "/api/v1/status", "/api/nowhere"} {
		answer, _ := ask(t, h, request(t, url))
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := answer.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", url, name, got)
			}
		}
		if got := answer.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") && !strings.Contains(got, "no-cache") {
			t.Errorf("%s may be kept: %q", url, got)
		}
	}
}

// Files have names that change with them, so a browser may keep them for ever.
func TestStaticFiles(t *testing.T) {
	t.Parallel()
	h := web.New(options())
	found := regexp.MustCompile(`"(/static/[^"]+)"`).FindAllStringSubmatch(get(t, h, "/"), -1)
	if len(found) != 3 {
		t.Fatalf("the page refers to %v", found)
	}
	for _, file := range found {
		answer, body := ask(t, h, httptest.NewRequestWithContext(t.Context(), http.MethodGet, file[1], nil))
		if answer.StatusCode != http.StatusOK || !strings.Contains(answer.Header.Get("Cache-Control"), "immutable") || body == "" {
			t.Errorf("%s: %s %v", file[1], answer.Status, answer.Header)
		}
	}
}

// hostile is text that must come out as text wherever it stands.
const hostile = `"><script>alert(1)</script><img src=x onerror='alert(2)'>{{.}}`

// deface puts the text into every string of a value.
func deface(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			deface(v.Index(i))
		}
	case reflect.Struct:
		if v.CanSet() {
			for _, field := range v.Fields() {
				if field.CanSet() {
					deface(field)
				}
			}
		}
	}
}

// What comes from registries, files and errors is text, and an address that is none is no link.
func TestNothingIsMarkup(t *testing.T) {
	t.Parallel()
	var s status.Status
	fill(reflect.ValueOf(&s).Elem())
	deface(reflect.ValueOf(&s).Elem())
	s.Policies[0].Name, s.Policies[0].State, s.Git[0].Name, s.Registries[0].Host = "p", status.Held, "g", "h"
	s.Policies[0].Registry, s.Policies[0].Git, s.History[0].Policy, s.History[0].Git = "h", []string{"g"}, "p", "g"
	s.Policies[0].Commit.URL, s.Policies[0].Proposal.URL = "javascript:alert(3)", "//example.org/x"
	s.History[0].Commit.URL, s.Git[0].Open[0].Link.URL = "data:text/html,<script>alert(4)</script>", " javascript:alert(5)"
	var d status.Decision
	fill(reflect.ValueOf(&d).Elem())
	deface(reflect.ValueOf(&d).Elem())
	o := optionsOf(s)
	h := web.New(o)
	for _, url := range []string{"/", "/policies", "/policies?q=" + "%22%3E%3Cscript%3E", "/policies?state=%3Cscript%3E", "/policies/p", "/registries/h", "/git/g", "/history"} {
		body := get(t, h, url)
		for _, wrong := range []string{"<script>", "<img", "onerror='", `href="javascript`, `href="data`, `href="//`, "ZgotmplZ"} {
			if strings.Contains(body, wrong) {
				t.Errorf("%s has %s", url, wrong)
			}
		}
		if !strings.Contains(body, "&lt;script&gt;") {
			t.Errorf("%s does not show the text at all", url)
		}
	}
	answer, body := ask(t, h, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/policies/%3Cscript%3E", nil))
	if answer.StatusCode != http.StatusNotFound || strings.Contains(body, "<script>") {
		t.Errorf("%s\n%s", answer.Status, body)
	}
}

// Whatever others write at length, and however much there is of all things, a page stays small.
func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ärger ", 20_000)
	s := webtest.Large(now, 3000)
	s.Config.Fault = strings.Repeat(long+"\n", 200)
	for i := range s.Policies {
		s.Policies[i].State, s.Policies[i].Why.Detail = status.Failed, long
	}
	for range 400 {
		s.Policies[0].References = append(s.Policies[0].References, status.Reference{
			Git: "fleet", File: "a.yaml", Line: len(s.Policies[0].References), State: status.Failed, Why: status.Reason{Detail: long},
		})
		s.Git[0].Open = append(s.Git[0].Open, status.PullRequest{Title: "Update", Detail: long, Policies: slices.Repeat([]string{"service-00001"}, 3000)})
	}
	s.Git[0].Error, s.Registries[0].Error, s.Registries[0].Parked, s.Hooks[0].Error, s.Channels[0].Error = long, long, long, long, long
	o := optionsOf(s)
	o.Explain = func(context.Context, web.Place) (status.Decision, error) {
		verdict := status.Verdict{Tag: "1.2.3", Verdict: "rejected", Rule: "older", Detail: long}
		return status.Decision{Current: "1.2.2", Chosen: "1.2.2", Verdicts: slices.Repeat([]status.Verdict{verdict}, 20_000)}, nil
	}
	h := web.New(o)
	for _, url := range []string{
		"/", "/policies", "/policies/service-00000", "/policies/service-00000?verdicts=all", "/git/fleet", "/registries/docker.io", "/history",
	} {
		if page := get(t, h, url); len(page) > 600_000 {
			t.Errorf("%s has %d bytes", url, len(page))
		}
	}
}
