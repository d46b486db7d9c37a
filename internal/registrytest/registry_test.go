package registrytest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/image-updater/image-updater/internal/registrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask sends one request and returns the answer with its body.
func ask(t *testing.T, by http.RoundTripper, method, url, authorization string) (resp *http.Response, body string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err = by.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp, string(data), err
}

// TestBothWays asks the same by a socket and without.
func TestBothWays(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"socket", "TLS", "no socket"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer}, Paging: registrytest.Paging{Size: 2}})
			r.Add("library/nginx", "1.0", "1.1", "1.2")
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			var by http.RoundTripper = transport
			base := "http://registry.example"
			switch name {
			case "socket":
				base = r.Serve(t).URL
			case "TLS":
				server := r.ServeTLS(t)
				base = server.URL
				transport.TLSClientConfig = tlsConfig(server)
			default:
				by = r.Transport()
			}
			list := base + "/v2/library/nginx/tags/list"
			resp, _, _ := ask(t, by, "GET", list, "")
			if got, want := resp.Header.Get("WWW-Authenticate"), `realm="`+base+`/token"`; resp.StatusCode != 401 || !strings.Contains(got, want) {
				t.Errorf("without a token: %d, challenge %s, want it to hold %s", resp.StatusCode, got, want)
			}
			_, body, _ := ask(t, by, "GET", base+"/token?scope=repository:library/nginx:pull", "")
			token := "Bearer " + strings.Split(body, `"`)[5]
			resp, body, _ = ask(t, by, "GET", list, token)
			if link := resp.Header.Get("Link"); link != `</v2/library/nginx/tags/list?last=1.1&n=2>; rel="next"` || body != `{"name":"library/nginx","tags":["1.0","1.1"]}` {
				t.Errorf("list: Link %s, body %s", link, body)
			}
			resp, body, _ = ask(t, by, "HEAD", base+"/v2/library/nginx/manifests/1.1", token)
			if _, digest := registrytest.Manifest("library/nginx", "1.1"); resp.Header.Get("Docker-Content-Digest") != digest || body != "" {
				t.Errorf("HEAD: %v, body %q", resp.Header, body)
			}
			if _, body, _ = ask(t, by, "GET", base+"/v2/library/nginx/manifests/1.1", token); !strings.HasPrefix(body, `{"schemaVersion":2`) {
				t.Errorf("GET: %s", body)
			}
			ask(t, by, "GET", base+"/v2/", token)
			ask(t, by, "GET", base+"/v2/_catalog", token)
			r.ExpireTokens()
			if resp, _, _ := ask(t, by, "GET", list, token); resp.StatusCode != 401 {
				t.Errorf("an expired token: %d", resp.StatusCode)
			}
			if diff := cmp.Diff(registrytest.Counts{Ping: 1, Token: 1, List: 3, Head: 1, Get: 1, Other: 1}, r.Counts()); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			if r.Lists("library/nginx") != 3 || len(r.Scopes()) != 1 {
				t.Errorf("%d lists, scopes %v", r.Lists("library/nginx"), r.Scopes())
			}
			r.Reset()
			if r.Counts().Total() != 0 {
				t.Errorf("counts after Reset: %v", r.Counts())
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Add("a", "1.0")
	server := r.Serve(t)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for _, by := range []http.RoundTripper{transport, r.Transport()} {
		list := server.URL + "/v2/a/tags/list"
		r.Break(registrytest.List, registrytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}, Times: 1})
		if resp, _, _ := ask(t, by, "GET", list, ""); resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "7" {
			t.Errorf("429: %d, %v", resp.StatusCode, resp.Header)
		}
		if resp, _, _ := ask(t, by, "GET", list, ""); resp.StatusCode != 200 {
			t.Errorf("after one time: %d", resp.StatusCode)
		}
		r.Break(registrytest.List, registrytest.Fault{Cut: true})
		if _, body, err := ask(t, by, "GET", list, ""); !errors.Is(err, io.ErrUnexpectedEOF) || body == "" {
			t.Errorf("cut: %q, %v", body, err)
		}
		r.Break(registrytest.List, registrytest.Fault{Drip: 1})
		if _, body, err := ask(t, by, "GET", list, ""); err != nil || body != `{"name":"a","tags":["1.0"]}` {
			t.Errorf("drip: %q, %v", body, err)
		}
		r.Break(registrytest.List, registrytest.Fault{})
		if resp, _, _ := ask(t, by, "GET", list, ""); resp.StatusCode != 200 {
			t.Errorf("mended: %d", resp.StatusCode)
		}
	}
}
