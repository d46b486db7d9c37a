package integration

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// registryHost is the name under which our client knows a registry; its endpoint is the address on loopback. (An image
// whose own host is on loopback would be asked for over plain HTTP.)
const registryHost = "registry.test"

// distribution is the registry most others are built from, served over TLS, behind a meter and with a token server on
// the same address.
type distribution struct {
	*meter
	tokens *tokens
	url    string // https://127.0.0.1:PORT
	driver storagedriver.StorageDriver
	pusher []remote.Option
}

// The registry makes its storage driver itself, by name; registering one that hands out a driver made before lets the
// tests fill the storage below the registry.
var registerPreset = sync.OnceFunc(func() { factory.Register("preset", preset{}) })

type preset struct{}

func (preset) Create(_ context.Context, parameters map[string]any) (storagedriver.StorageDriver, error) {
	return parameters["driver"].(storagedriver.StorageDriver), nil
}

const distributionConfig = `
version: 0.1
log: {accesslog: {disabled: true}, level: error}
storage:
  preset: {}
  maintenance: {uploadpurging: {enabled: false}}
auth:
  token: {realm: %s/token, service: %s, issuer: %s, jwks: %s}
http: {secret: not-a-secret}
`

func newDistribution(t *testing.T) *distribution {
	t.Helper()
	d := &distribution{meter: &meter{}, tokens: newTokens(t), driver: inmemory.New()}
	d.url = serveTLS(t, d)

	text := fmt.Sprintf(distributionConfig, d.url, tokenService, tokenIssuer, write(t, "jwks.json", d.tokens.keys(t)))
	config, err := configuration.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	registerPreset()
	config.Storage["preset"]["driver"] = d.driver
	app := handlers.NewApp(t.Context(), config)
	t.Cleanup(func() {
		if err := app.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	mux := http.NewServeMux()
	mux.Handle("/token", d.tokens)
	mux.Handle("/", app)
	d.pass(mux)

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: mustLoopback(t).authority}}
	t.Cleanup(transport.CloseIdleConnections)
	d.pusher = []remote.Option{
		remote.WithAuth(&authn.Basic{Username: username, Password: password}), remote.WithTransport(transport),
	}
	return d
}

// host returns the address, as it would stand in the name of an image.
func (d *distribution) host() string { return strings.TrimPrefix(d.url, "https://") }

// fill pushes one image to repository over the wire, and gives it all the tags below it, in the storage: 100,000
// pushes would take minutes, and it is the lists that the tests are about.
func (d *distribution) fill(t *testing.T, repository string, tags []string) {
	t.Helper()
	push(t, d.host()+"/"+repository+":"+tags[0], d.pusher)
	for _, tag := range tags[1:] {
		path, data := link(t, repository, tag)
		if err := d.driver.PutContent(t.Context(), path, data); err != nil {
			t.Fatal(err)
		}
	}
}

// push pushes an image without layers.
func push(t *testing.T, reference string, options []remote.Option) {
	t.Helper()
	target, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(target, empty.Image, append(options, remote.WithContext(t.Context()))...); err != nil {
		t.Fatal(err)
	}
}

// link gives the file by which the storage of distribution knows a tag of the image that push pushes.
func link(t *testing.T, repository, tag string) (path string, data []byte) {
	t.Helper()
	digest, err := empty.Image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return "/docker/registry/v2/repositories/" + repository + "/_manifests/tags/" + tag + "/current/link", []byte(digest.String())
}
