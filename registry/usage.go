package registry

import (
	"cmp"
	"slices"
)

// Usage counts what was sent on the wire for one registry: every request, whether for a list, a token, to an API beside
// the registry's or again after a failure, and those of them that registries count as pulls, which are GETs of
// manifests, but not those that were answered with 401.
type Usage struct {
	Registry        string
	Requests, Pulls int
}

// Usage returns the counts of every registry that was looked at, sorted by name.
func (c *Client) Usage() []Usage {
	c.mu.Lock()
	defer c.mu.Unlock()
	usage := make([]Usage, 0, len(c.hosts))
	for name, h := range c.hosts {
		requests := h.requests.Load()
		if hub := h.adapters.hub; hub != nil {
			requests += hub.requests.Load()
		}
		usage = append(usage, Usage{Registry: name, Requests: int(requests), Pulls: int(h.pulls.Load())})
	}
	slices.SortFunc(usage, func(a, b Usage) int { return cmp.Compare(a.Registry, b.Registry) })
	return usage
}
