package forge_test

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/forge"
)

// TestSockets asks over TLS, by a transport of the package's own, of a server whose authority has to be named.
func TestSockets(t *testing.T) {
	t.Parallel()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	fake, err := forgetest.New(t.TempDir(), forgetest.Gitea, gittest.Files{"a": "b"})
	must(t, err)
	server := httptest.NewTLSServer(fake)
	defer server.Close()
	o := forge.Options{
		Kind: forge.Forgejo, Remote: server.URL + fake.Path(), Token: func(context.Context) (string, error) { return forgetest.Token, nil },
	}
	strange, err := forge.New(o)
	must(t, err)
	defer strange.CloseIdleConnections()
	if _, err := strange.Find(t.Context(), head, base); err == nil || !strings.Contains(err.Error(), "certificate") || fake.Count("") != 0 {
		t.Errorf("%v after %d requests", err, fake.Count(""))
	}
	o.RootCAs = x509.NewCertPool()
	o.RootCAs.AddCert(server.Certificate())
	known, err := forge.New(o)
	must(t, err)
	defer known.CloseIdleConnections()
	c := &conformance{kind: forgetest.Gitea, fake: fake, forge: known}
	p := c.open(t)
	must(t, known.AddLabels(t.Context(), p, []string{"images"}))
	fake.Set(forgetest.Fault{Method: http.MethodGet, Cut: true, Times: 1})
	if found := c.find(t); len(found) != 1 || found[0].Labels[0] != "images" {
		t.Errorf("%+v", found)
	}
}
