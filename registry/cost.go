package registry

import (
	"context"
	"math"

	"golang.org/x/time/rate"

	"github.com/image-updater/image-updater/image"
)

// Cost is what something takes of a registry.
type Cost struct {
	Requests int // on the wire
	Pulls    int // of them, those that are counted as pulls
	Beside   int // of them, those to an API beside the registry, which wants no token of the registry's
}

// What it takes to look up one tag, tokens apart. An image is taken to be for several platforms: when it was built is then
// found behind an index, a manifest and a config.
var (
	HeadCost      = Cost{Requests: 1}           // its digest
	PlatformsCost = Cost{Requests: 1, Pulls: 1} // beyond its digest, once for each
	CreatedCost   = Cost{Requests: 3, Pulls: 2} // the same
)

// Terms are what is known, without asking, of how a registry is asked.
type Terms struct {
	Account   string  // the user name, or Anonymous; "" = the credentials cannot be read
	Known     bool    // it was asked before; else it is taken to want tokens
	Learn     Cost    // of finding out what it wants to be shown, when nothing is kept
	Login     Cost    // of every process that asks the API beside it
	TokenFor  int     // repositories that one token opens; 0 = none is wanted
	PerSecond float64 // requests to the registry itself that are sent at most; 0 = no limit
	Beside    float64 // the same for the API beside it
	Quota     Quota   // as far as it is known
}

// Terms returns on which terms the repositories of one registry will be asked. It asks the registry nothing. Beside an
// error, which says that the credentials cannot be read, are the terms of somebody without.
func (c *Client) Terms(ctx context.Context, registry string, repositories []image.Repository) (Terms, error) {
	h, err := c.host(registry)
	if err != nil {
		return Terms{}, err
	}
	credential, err := h.keys.get(ctx)
	t := Terms{Account: accountName(credential.identity()), Quota: h.ledger.quota(credential, ""), PerSecond: h.limit.perSecond()}
	if hub := h.adapters.hub; hub != nil {
		t.Beside = hub.limit.perSecond()
		if credential.username != "" && credential.password != "" {
			t.Login = Cost{Requests: 1, Beside: 1}
		}
	}
	ch, challenged := h.challenges.peek()
	t.Known = challenged || t.Quota.Metered && !t.Quota.Assumed || h.listedAny(credential, repositories)
	if !t.Known || ch.Scheme != "" {
		t.Learn = Cost{Requests: 1}
	}
	switch {
	case t.Known && ch.Scheme != schemeBearer || credential.registryToken != "":
	case h.opensAll(credential):
		t.TokenFor = math.MaxInt
	case ch.Single:
		t.TokenFor = 1
	default:
		t.TokenFor = h.scopesPerToken(repositories)
	}
	if err != nil {
		t.Account, t.Quota = "", Quota{Registry: registry, Metered: t.Quota.Metered, Assumed: true, Remaining: -1}
	}
	return t, err
}

// listedAny reports whether a list of any of the repositories is at hand: a registry that was asked, and of which no
// challenge is kept, wants nothing to be shown.
func (h *host) listedAny(c credential, repositories []image.Repository) bool {
	for _, r := range repositories {
		if _, found := h.cachedList(h.keyOf(r.String(), c), r); found {
			return true
		}
	}
	return false
}

// scopesPerToken returns how many of the repositories one token request can name: fewer where their names are long.
func (h *host) scopesPerToken(repositories []image.Repository) int {
	bytes := 0
	for _, r := range repositories {
		bytes += scopeBytes(h.path(r))
	}
	if bytes == 0 {
		return maxScopes
	}
	return max(1, min(maxScopes, maxScopeBytes*len(repositories)/bytes))
}

// perSecond returns the rate, 0 for none.
func (l *limiter) perSecond() float64 {
	if limit := l.bucket.Limit(); limit != rate.Inf {
		return float64(limit)
	}
	return 0
}

// Prices is what lists of one repository take, tokens apart.
type Prices struct {
	Tags       int         // in the list
	Known      bool        // by experience; else they are the number that was to be taken
	First      Cost        // of the list with what is wanted, when nothing is known of it
	Again      Cost        // when all is but some new tags
	Told       image.Facts // of all tags in it
	SecondHand bool        // see [DetailList]
}

// Prices returns what [Client.Details] takes for a repository whose list has as many tags as it had the last time, or as
// many as usual. It asks nothing.
func (c *Client) Prices(ctx context.Context, r image.Repository, want image.Facts, usual int) Prices {
	h, err := c.host(r.Host)
	if err != nil {
		return Prices{Tags: usual}
	}
	credential, err := h.keys.get(ctx)
	by := h.adapters.get()
	if by != nil && (want&by.facts() == 0 || h.onlyNames(credential, by, r)) {
		by = nil
	}
	p := Prices{Tags: usual}
	if err == nil {
		if tags, found := h.tagsBefore(credential, by, r); found {
			p.Tags, p.Known = tags, true
		}
	}
	names := Cost{Requests: pagesOf(p.Tags, h.habits.pageSize)}
	if by == nil {
		p.First, p.Again = names, names
		return p
	}
	p.Told, p.SecondHand = by.facts(), by.secondHand()
	p.First, p.Again = by.cost(p.Tags, names, credential)
	return p
}

// tagsBefore returns how many tags the repository had when it was listed, by the adapter if it is to be asked.
func (h *host) tagsBefore(c credential, by adapter, r image.Repository) (int, bool) {
	if by != nil {
		if entry, found := h.client.cache.Get(detailBucket, detailKey(by, r, c)); found {
			l, err := decodeListing(entry.Value)
			return len(l.tags), err == nil
		}
	}
	list, found := h.cachedList(h.keyOf(r.String(), c), r)
	return len(list.Tags), found
}

// onlyNames reports whether the adapter was told nothing of the repository lately.
func (h *host) onlyNames(c credential, by adapter, r image.Repository) bool {
	entry, found := h.client.cache.Get(namesBucket, detailKey(by, r, c))
	return found && young(entry.At, h.client.now(), namesFor)
}

// pagesOf returns in how many pages of a size a list is: an empty one is a page, too.
func pagesOf(tags, size int) int { return max(1, (tags+size-1)/size) }

func (c Cost) plus(d Cost) Cost {
	return Cost{c.Requests + d.Requests, c.Pulls + d.Pulls, c.Beside + d.Beside}
}

func beside(requests int) Cost { return Cost{Requests: requests, Beside: requests} }

// cost follows from how many tags are shown to whom, and that a count is told: the first page is enough then.
func (d *dockerHubTags) cost(tags int, names Cost, c credential) (first, again Cost) {
	if c.username == "" && tags > hubShown {
		return beside(hubShown/hubPageSize + 1).plus(names), beside(1)
	}
	return beside(pagesOf(tags, hubPageSize)), beside(1)
}

// cost: nobody counts, so that the names are asked for unless the first page is all.
func (q *quayTags) cost(tags int, names Cost, _ credential) (first, again Cost) {
	pages := pagesOf(tags, quayPageSize)
	if pages == 1 {
		return beside(1), beside(1)
	}
	return beside(pages).plus(names), beside(1).plus(names)
}

// cost is the same at Azure, with the registry's own tokens.
func (a *azureTags) cost(tags int, names Cost, _ credential) (first, again Cost) {
	pages := pagesOf(tags, azurePageSize)
	if pages == 1 {
		return Cost{Requests: 1}, Cost{Requests: 1}
	}
	return Cost{Requests: pages}.plus(names), Cost{Requests: 1}.plus(names)
}

// cost: all artifacts are read each time, to a page that is not full, and the names.
func (b *harborTags) cost(tags int, names Cost, _ credential) (first, again Cost) {
	all := beside(tags/harborPageSize + 1).plus(names)
	return all, all
}

// cost is one list with everything in it.
func (g *googleTags) cost(int, Cost, credential) (first, again Cost) {
	return Cost{Requests: 1}, Cost{Requests: 1}
}
