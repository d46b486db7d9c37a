package registry

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"go.uber.org/goleak"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// anonymous is the keychain of tests, so that they never look at the machine's.
var anonymous = authn.NewMultiKeychain()

// account is a credential for registrytest.
func account(password string) authn.Authenticator {
	return &authn.Basic{Username: "robot", Password: password}
}

func newClient(t testing.TB, o Options) *Client {
	t.Helper()
	if o.Keychain == nil {
		o.Keychain = anonymous
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("closing client: %v", err)
		}
	})
	return c
}

// withoutSockets returns the options of a client all of whose requests go to r.
func withoutSockets(r *registrytest.Registry, hosts ...Host) Options {
	return Options{Transport: r.Transport(), Hosts: hosts}
}

func openCache(t testing.TB, path string) *cache.Cache {
	t.Helper()
	c, err := cache.Open(t.Context(), cache.Options{Path: path})
	if err != nil || c.Notice() != "" {
		t.Fatal(err, c.Notice())
	}
	t.Cleanup(func() { c.Close() })
	return c
}

const testHost = "registry.acme.example"

func repository(path string) image.Repository { return image.Repository{Host: testHost, Path: path} }

// numbered returns the tags 0001, 0002 and so on.
func numbered(n int) []string {
	tags := make([]string, n)
	for i := range tags {
		tags[i] = fmt.Sprintf("%04d", i+1)
	}
	return tags
}

// asError fails the test unless err is an *Error with the text in it.
func asError(t testing.TB, err error, want string) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("error is %#v (%v), want an *Error", err, err)
	}
	if !strings.Contains(e.Error(), want) {
		t.Errorf("error is %q, want it to say %q", e, want)
	}
	return e
}

// roundTripper is a round tripper made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
