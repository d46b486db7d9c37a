package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/policy"
	"github.com/image-updater/image-updater/registry"
)

// source joins the registry client and its cache to what a pass asks for.
type source struct {
	client *registry.Client
	cache  *cache.Cache
}

// openSource opens the cache in the state folder and a client for the registries of the policy file.
func (a *app) openSource(ctx context.Context, c *config.Config) (*source, error) {
	store, err := a.openCache(ctx, cache.Options{})
	if err != nil {
		return nil, err
	}
	if notice := store.Notice(); notice != "" {
		fmt.Fprintln(a.stderr, "warning:", printable(notice))
	}
	client, err := a.newClient(c, store)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &source{client: client, cache: store}, nil
}

// openCache opens the cache in the state folder, with the bounds that are given: the rest of the options is filled in.
func (a *app) openCache(ctx context.Context, o cache.Options) (*cache.Cache, error) {
	path := a.statePath("cache.db")
	if path == "" {
		fmt.Fprintln(a.stderr, "warning: neither HOME nor XDG_STATE_HOME is set, so lists of tags are not kept; --state-dir names a folder for them")
	}
	o.Path, o.Precious, o.Log = path, precious(), a.logger()
	return cache.Open(ctx, o)
}

// newClient returns a client for the registries of the policy file.
func (a *app) newClient(c *config.Config, store *cache.Cache) (*registry.Client, error) {
	hosts, err := a.hosts(c)
	if err != nil {
		return nil, err
	}
	return registry.New(registry.Options{
		Hosts: hosts, Cache: store, Now: a.now, Log: a.logger(), Proxy: http.ProxyFromEnvironment,
		UserAgent: "image-updater/" + readBuild().Version,
	})
}

// precious are the buckets whose entries cannot be learned again for a request.
func precious() []string { return append(registry.Precious(), forgePauseBucket) }

func (s *source) close() error { return errors.Join(s.client.Close(), s.cache.Close()) }

// Expect announces the repositories of a pass.
func (s *source) Expect(repositories []image.Repository) { s.client.Expect(repositories...) }

// Tells returns what of that a list has, as far as that is known.
func (s *source) Tells(ctx context.Context, r image.Repository, want image.Facts) image.Facts {
	return s.client.Prices(ctx, r, want, 0).Told & want
}

// Candidates lists the tags of a repository with what is known of them at no cost.
func (s *source) Candidates(ctx context.Context, r image.Repository, want image.Facts, fresh time.Duration) ([]policy.Candidate, bool, error) {
	list, err := s.client.Details(ctx, r, want, fresh)
	if err != nil {
		return nil, false, err
	}
	return candidatesOf(list), list.SecondHand, nil
}

func candidatesOf(list registry.DetailList) []policy.Candidate {
	candidates := make([]policy.Candidate, len(list.Tags))
	for i, tag := range list.Tags {
		candidates[i] = candidateOf(tag)
	}
	return candidates
}

// Look looks one tag up. What the ledger has no room for is no failure: it is known until when. That the registry itself
// has refused a pull just now is one, as the ledger should have known.
func (s *source) Look(ctx context.Context, r image.Repository, tag string, want image.Facts, since time.Time) (policy.Candidate, error) {
	found, err := s.client.Look(ctx, r, tag, want, since)
	c := candidateOf(found)
	c.Tag = tag
	if quota, ok := errors.AsType[*registry.QuotaError](err); ok && !quota.Refused {
		c.NoQuotaUntil = quota.Until
		return c, nil
	}
	if errors.Is(err, registry.ErrNoTag) {
		return c, fmt.Errorf("%w: %w", reconcile.ErrNoTag, err)
	}
	return c, err
}

// Origin tells what an image says about where it comes from.
func (s *source) Origin(ctx context.Context, v proposal.Target, since time.Time, free bool) (proposal.Origin, error) {
	found, err := s.client.Origin(ctx, v.Image, v.Tag, v.Digest, since, free)
	return proposal.Origin(found), err
}

// Same reports whether two digests of a tag are known to be of the same images.
func (s *source) Same(ctx context.Context, step proposal.Step) (bool, error) {
	return s.client.SameImages(ctx, step.To.Image, step.To.Tag, step.From.Digest, step.To.Digest)
}

func candidateOf(t registry.Tag) policy.Candidate {
	return policy.Candidate{
		Tag: t.Name, Digest: t.Digest, Pushed: t.Pushed, PushedBefore: t.PushedBefore, Created: t.Created, FirstSeen: t.FirstSeen,
		Platforms: t.Platforms,
	}
}

// requests is what was asked of each registry so far.
func (s *source) requests() []reconcile.Request {
	var requests []reconcile.Request
	for _, u := range s.client.Usage() {
		requests = append(requests, reconcile.Request(u))
	}
	return requests
}

// hosts turns the registries of the policy file into what the client takes. Certificates are read here; a password
// only when it is needed, so that an absent one stops its own registry alone. Beside an error, which is about
// certificates, are all registries, without those.
func (a *app) hosts(c *config.Config) ([]registry.Host, error) {
	hosts := make([]registry.Host, len(c.Registries))
	var errs []error
	for i, r := range c.Registries {
		hosts[i] = registry.Host{
			Host: r.Host, Endpoint: r.Endpoint, PlainHTTP: r.PlainHTTP,
			PerSecond: r.Rate.PerSecond, Burst: r.Rate.Burst, TokenHosts: r.TokenHosts,
			Reserve: reserve(r.Quota), HubEndpoint: r.HubEndpoint,
		}
		if r.Auth != (config.RegistryAuth{}) {
			hosts[i].Auth = &credential{app: a, registry: r}
		}
		var err error
		hosts[i].RootCAs, hosts[i].Certificate, err = certificateFiles{
			owner: fmt.Sprintf("registry %q: ", r.Host), ca: r.CAFile, cert: r.ClientCertFile, key: r.ClientKeyFile, at: r.Position,
		}.read()
		errs = append(errs, err)
	}
	return hosts, errors.Join(errs...)
}

// reserve is the part of the allowance that is left alone as the client takes it, for which 0 is the default.
func reserve(q config.Quota) int {
	if q.Reserve == 0 {
		return -1
	}
	return q.Reserve
}

// credential resolves the credentials of one registry when the client asks for them.
type credential struct {
	app      *app
	registry config.Registry
}

// Authorization reads the user name and the password where the policy file says they are.
func (c *credential) Authorization() (*authn.AuthConfig, error) {
	auth, owner := c.registry.Auth, fmt.Sprintf("registry %q: auth", c.registry.Host)
	user := auth.Username
	if user == "" {
		var err error
		if user, err = c.app.secretText(owner+".usernameEnv", auth.UsernameEnv, "", c.registry.Position); err != nil {
			return nil, err
		}
	}
	key := owner + ".passwordFile"
	if auth.PasswordEnv != "" {
		key = owner + ".passwordEnv"
	}
	password, err := c.app.secretText(key, auth.PasswordEnv, auth.PasswordFile, c.registry.Position)
	if err != nil {
		return nil, err
	}
	return &authn.AuthConfig{Username: user, Password: password}, nil
}
