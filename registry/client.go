package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/cache"
	"github.com/image-updater/image-updater/image"
)

// Options of [New]. The zero value asks every registry over https with the credentials of the docker configuration.
type Options struct {
	Hosts     []Host                                // what differs from the defaults
	Keychain  authn.Keychain                        // nil = docker configuration and credential helpers
	Transport http.RoundTripper                     // what requests are sent by, for tests; nil = a transport for each registry
	Proxy     func(*http.Request) (*url.URL, error) // as in http.Transport, which nil Transport makes; nil = no proxy
	Cache     *cache.Cache                          // nil = in memory, as long as the client
	Now       func() time.Time                      // nil = time.Now
	Jitter    func() float64                        // in [0, 1), for the pauses between tries; nil = math/rand/v2
	Log       *slog.Logger                          // nil = discard
	UserAgent string                                // "" = image-updater
}

// Client asks registries. It is safe for concurrent use.
type Client struct {
	options  Options
	cache    *cache.Cache
	ownCache bool
	log      *slog.Logger
	now      func() time.Time
	jitter   func() float64
	lists    flights[TagList]
	details  flights[DetailList]
	heads    flights[head]
	things   flights[any]  // what digests lead to
	sighting sync.Mutex    // guards the sightings in the cache
	large    chan struct{} // holds one for each large answer that is decoded

	mu      sync.Mutex
	entries map[string]Host // by canonical name
	hosts   map[string]*host
	running map[*func()]struct{} // what ends each call under way
	calls   sync.WaitGroup
	closed  bool
}

// ErrClosed is the cause of errors of calls that come after [Client.Close] or are cut off by it.
var ErrClosed = errors.New("registry client is closed")

// New returns a client. It does not ask anything yet.
func New(o Options) (*Client, error) {
	c := &Client{
		options: o,
		cache:   o.Cache,
		log:     o.Log,
		now:     o.Now,
		jitter:  o.Jitter,
		entries: make(map[string]Host),
		hosts:   make(map[string]*host),
		running: make(map[*func()]struct{}),
		large:   make(chan struct{}, largeAtOnce),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.jitter == nil {
		c.jitter = rand.Float64
	}
	if c.options.UserAgent == "" {
		c.options.UserAgent = "image-updater"
	}
	for _, entry := range o.Hosts {
		if _, found := c.entries[entry.Host]; found {
			return nil, fmt.Errorf("registry %q is named twice", entry.Host)
		}
		if err := entry.check(); err != nil {
			return nil, fmt.Errorf("registry %q: %w", entry.Host, err)
		}
		c.entries[entry.Host] = entry
	}
	if c.cache == nil {
		memory, err := cache.Open(context.Background(), cache.Options{})
		if err != nil {
			return nil, err
		}
		c.cache, c.ownCache = memory, true
	}
	return c, nil
}

// Precious are the buckets of the cache whose entries cost more than a request to learn again: pulls, the time since a
// tag was first seen, or a lock of the account. They are for cache.Options.
func Precious() []string {
	return []string{manifestBucket, configBucket, unreadBucket, sightBucket, ledgerBucket, pauseBucket, refusedBucket}
}

// host returns what is known about the registry of that name.
func (c *Client) host(name string) (*host, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h, found := c.hosts[name]; found {
		return h, nil
	}
	entry, found := c.entries[name]
	if !found {
		entry = Host{Host: name}
		if err := entry.check(); err != nil {
			return nil, err
		}
	}
	h := newHost(c, entry)
	c.hosts[name] = h
	return h, nil
}

// Expect announces repositories whose tags will be asked for, so that one token can serve many of them: first these, in
// their order, then those that were announced before. It asks nothing itself, and what is announced need not be asked
// for.
func (c *Client) Expect(repositories ...image.Repository) {
	paths := make(map[*host][]string)
	for _, r := range repositories {
		if h, err := c.host(r.Host); err == nil {
			paths[h] = append(paths[h], h.path(r))
		}
	}
	for h, announced := range paths {
		h.tokens.announce(announced)
	}
}

// begin begins a call about a repository: it returns a context that [Client.Close] ends, the registry, and what must be
// called when the work is done. The error is an [*Error] of the operation.
func (c *Client) begin(ctx context.Context, op string, r image.Repository) (context.Context, *host, func(), error) {
	h, err := c.host(r.Host)
	if err != nil {
		return nil, nil, nil, &Error{Op: op, Repository: r, Err: err}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	end := func() { cancel(ErrClosed) }
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		end()
		return nil, nil, nil, &Error{Op: op, Repository: r, Err: ErrClosed}
	}
	c.running[&end] = struct{}{}
	c.calls.Add(1)
	return ctx, h, func() {
		cancel(nil)
		c.mu.Lock()
		delete(c.running, &end)
		c.mu.Unlock()
		c.calls.Done()
	}, nil
}

// Close ends the calls under way, waits for them and closes all connections.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	for end := range c.running {
		(*end)()
	}
	hosts := slices.Collect(maps.Values(c.hosts))
	c.mu.Unlock()
	c.calls.Wait()
	for _, h := range hosts {
		h.closeIdle()
		if hub := h.adapters.hub; hub != nil {
			hub.closeIdle()
		}
	}
	if c.ownCache {
		return c.cache.Close()
	}
	return nil
}
