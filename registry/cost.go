package registry

import (
	"context"
	"math"
	"net/url"

	"github.com/image-updater/image-updater/image"
)

// Cost is what something takes of a registry: requests on the wire, and those of them that are counted as pulls.
type Cost struct{ Requests, Pulls int }

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
	Learn     Cost    // of finding out what it wants to be shown, once
	Begin     Cost    // of every process
	TokenFor  int     // repositories that one token opens; 0 = none is wanted
	PerSecond float64 // requests that are sent at most; 0 = no limit
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
	t := Terms{Account: accountName(credential.identity()), Quota: h.ledger.quota(credential, "")}
	if limit := h.limit.bucket.Limit(); !math.IsInf(float64(limit), 0) && limit < math.MaxFloat64 {
		t.PerSecond = float64(limit)
	}
	ch, challenged := h.challenges.peek()
	t.Known = challenged || t.Quota.Metered && !t.Quota.Assumed || h.listedAny(credential, repositories)
	if !t.Known {
		t.Learn = HeadCost
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
		t.Account = ""
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
		bytes += len(url.QueryEscape("repository:"+h.path(r)+":pull")) + len("&scope=")
	}
	if bytes == 0 {
		return maxScopes
	}
	return max(1, min(maxScopes, maxScopeBytes*len(repositories)/bytes))
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
	p := Prices{Tags: usual}
	h, err := c.host(r.Host)
	if err != nil {
		return p
	}
	if credential, err := h.keys.get(ctx); err == nil {
		if list, found := h.cachedList(h.keyOf(r.String(), credential), r); found {
			p.Tags, p.Known = len(list.Tags), true
		}
	}
	p.First = Cost{Requests: pagesOf(p.Tags, h.habits.pageSize)}
	p.Again = p.First
	return p
}

// pagesOf returns in how many pages of a size a list is: an empty one is a page, too.
func pagesOf(tags, size int) int { return max(1, (tags+size-1)/size) }
