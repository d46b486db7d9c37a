package registry

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestPrices holds the prices of lists to what is asked for them, when nothing is known and after one new tag.
func TestPrices(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		host string
		api  registrytest.API
		auth registrytest.Auth
		page int // of tag lists
	}{
		{host: image.DockerHub, api: registrytest.API{Hub: &registrytest.HubAPI{MaxOffset: 1000}}},
		{host: "quay.io", api: registrytest.API{Quay: &registrytest.QuayAPI{}}, page: 100},
		{host: "acme.azurecr.io", api: registrytest.API{Azure: &registrytest.AzureAPI{}}, page: 1000},
		{host: "harbor.acme.example", api: registrytest.API{Harbor: &registrytest.HarborAPI{}}, page: 1000,
			auth: registrytest.Auth{Scheme: registrytest.Bearer, Service: "harbor-registry"}},
		{host: "gcr.io", api: registrytest.API{Google: &registrytest.GoogleLists{}}},
		{host: "registry.acme.example", page: 1000},
	}
	for _, kind := range kinds {
		for _, tags := range []int{3, 98, 250, 1150} {
			for _, want := range []image.Facts{0, image.PushedFact} {
				t.Run(fmt.Sprintf("%s/%d/%s", kind.host, tags, want), func(t *testing.T) {
					t.Parallel()
					r := registrytest.New(registrytest.Options{API: kind.api, Auth: kind.auth, Paging: registrytest.Paging{Size: kind.page}})
					for i := range tags {
						r.Push("team/app", fmt.Sprintf("1.%d", i), registrytest.Image{Pushed: noon.Add(time.Duration(i) * time.Minute)})
					}
					c := newClient(t, Options{Transport: r.Transport(), Hosts: []Host{{Host: kind.host, PerSecond: 1000}}})
					repository := image.Repository{Host: kind.host, Path: "team/app"}
					// What kind of registry it is may have to be shown first.
					if _, err := c.Tags(t.Context(), repository, 0); err != nil {
						t.Fatal(err)
					}
					if kind.host == image.DockerHub {
						c.hosts[kind.host].adapters.hub.limit.bucket.SetLimit(1000)
					}
					ask := func() Cost {
						r.Reset()
						if _, err := c.Details(t.Context(), repository, want, 0); err != nil {
							t.Fatal(err)
						}
						n := r.Counts()
						cost := Cost{Requests: n.List + n.Tell, Beside: n.Tell}
						if kind.host == "acme.azurecr.io" {
							cost.Beside = 0
						}
						return cost
					}
					first := ask()
					r.Push("team/app", "2.0", registrytest.Image{Pushed: noon.Add(time.Hour * 24 * 365)})
					again := ask()
					p := c.Prices(t.Context(), repository, want, 1)
					if p.Tags != tags+1 || !p.Known || first != p.First || again != p.Again {
						t.Errorf("first %+v, again %+v; the prices are %+v", first, again, p)
					}
				})
			}
		}
	}
}

// TestTerms: what is known of a registry before it is asked, and after.
func TestTerms(t *testing.T) {
	t.Parallel()
	var repositories []image.Repository
	for i := range 120 {
		repositories = append(repositories, repository(fmt.Sprintf("team/service-%d", i)))
	}
	long := repository("team/" + strings.Repeat("x", 200))
	tests := []struct {
		name         string
		auth         registrytest.Auth
		repositories []image.Repository
		before       int // repositories for a token, before it was asked
		after        int
		learn        int // requests, after
	}{
		{name: "open", repositories: repositories, before: 50},
		{name: "tokens", auth: registrytest.Auth{Scheme: registrytest.Bearer}, repositories: repositories, before: 50, after: 50, learn: 1},
		{name: "long names", auth: registrytest.Auth{Scheme: registrytest.Bearer}, repositories: []image.Repository{long}, before: 17, after: 17, learn: 1},
		{name: "one by one", auth: registrytest.Auth{Scheme: registrytest.Bearer, Scopes: registrytest.FirstScope}, repositories: repositories, before: 50, after: 1, learn: 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.New(registrytest.Options{Auth: test.auth})
			c := newClient(t, withoutSockets(r))
			terms, err := c.Terms(t.Context(), testHost, test.repositories)
			if err != nil || terms.Known || terms.TokenFor != test.before || terms.Account != Anonymous || r.Counts().Total() != 0 {
				t.Errorf("before: %+v, %v, %d requests", terms, err, r.Counts().Total())
			}
			c.Expect(test.repositories...)
			for _, one := range test.repositories[:min(2, len(test.repositories))] {
				r.Add(one.Path, "1.0")
				if _, err := c.Tags(t.Context(), one, 0); err != nil {
					t.Fatal(err)
				}
			}
			terms, err = c.Terms(t.Context(), testHost, test.repositories)
			if err != nil || !terms.Known || terms.TokenFor != test.after || terms.Learn.Requests != test.learn {
				t.Errorf("after: %+v, %v", terms, err)
			}
		})
	}
	c := newClient(t, Options{})
	terms, err := c.Terms(t.Context(), "ghcr.io", []image.Repository{{Host: "ghcr.io", Path: "acme/api"}})
	if err != nil || terms.TokenFor < 1<<30 || terms.PerSecond != 20 || terms.Beside != 0 {
		t.Errorf("ghcr.io: %+v, %v", terms, err)
	}
	terms, err = c.Terms(t.Context(), image.DockerHub, nil)
	if err != nil || terms.PerSecond != 5 || terms.Beside != 2.5 || !terms.Quota.Metered || !terms.Quota.Assumed {
		t.Errorf("docker.io: %+v, %v", terms, err)
	}

	c = newClient(t, Options{Hosts: []Host{{Host: image.DockerHub, Auth: failingAuth{}}}})
	terms, err = c.Terms(t.Context(), image.DockerHub, nil)
	if err == nil || terms.Account != "" || !terms.Quota.Assumed || terms.Quota.Allowance != 0 {
		t.Errorf("without the credentials it is configured with: %+v, %v", terms, err)
	}
}

// failingAuth is a credential that is not there.
type failingAuth struct{}

func (failingAuth) Authorization() (*authn.AuthConfig, error) { return nil, errors.New("no such file") }
