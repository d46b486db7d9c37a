package registry

import (
	"testing"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestSteadyTokens: passes of one process over 200 repositories, sixteen at a time, cost at most 1.05 requests for each
// although every token has expired between them. GHCR's anonymous token is got once in a pass.
func TestSteadyTokens(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		host   string
		auth   registrytest.Auth
		tokens int // in a pass, at most
	}{
		{"distribution", testHost, registrytest.Auth{Scheme: registrytest.Bearer}, 4},
		{"Docker Hub", image.DockerHub, registrytest.Auth{Scheme: registrytest.Bearer, Service: "registry.docker.io"}, 4},
		{"GHCR", "ghcr.io", registrytest.Auth{Scheme: registrytest.Bearer, AnyRepository: true, Opaque: true, NoExpiry: true}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			elapsed := time.Duration(0)
			now := func() time.Time { return noon.Add(elapsed) }
			r := registrytest.New(registrytest.Options{Auth: test.auth, Now: now})
			o := withoutSockets(r, Host{Host: test.host, PerSecond: 1e6, Burst: 1e6})
			o.Now = now
			c := newClient(t, o)
			for pass := range 4 {
				r.Reset()
				for path, err := range listAll(t, c, r, test.host, appPaths(200)) {
					if err != nil {
						t.Errorf("pass %d: %s: %v", pass, path, err)
					}
				}
				if counts := r.Counts(); counts.Token > test.tokens || counts.Total() > 210 {
					t.Errorf("pass %d: %+v, want %d tokens and 210 requests at most", pass, counts, test.tokens)
				}
				elapsed += 15 * time.Minute
			}
		})
	}
}
