package registry

import (
	"context"
	"sync"
)

// challenges is what is known of a registry's challenge. While nothing is known one request goes out without
// authorization to find out, and all others wait for it: a registry is not asked by sixty requests what one can tell.
type challenges struct {
	host     *host
	learning chan struct{} // holds one: the right to find out

	mu      sync.Mutex
	known   bool
	doubted bool // it comes from the cache, and no request has confirmed it yet
	current challenge
}

func (c *challenges) init(h *host) {
	c.host, c.learning = h, make(chan struct{}, 1)
	c.current, c.known = h.loadChallenge()
	c.doubted = c.known
}

// get returns the challenge. With ours it is unknown, and the caller has to find out and to call learned or gaveUp.
func (c *challenges) get(ctx context.Context) (current challenge, ours bool, err error) {
	if current, known := c.peek(); known {
		return current, false, nil
	}
	select {
	case c.learning <- struct{}{}:
	case <-ctx.Done():
		return challenge{}, false, context.Cause(ctx)
	}
	if current, known := c.peek(); known {
		<-c.learning
		return current, false, nil
	}
	return challenge{}, true, nil
}

func (c *challenges) peek() (current challenge, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current, c.known
}

// learned ends the finding out.
func (c *challenges) learned(ch challenge) {
	c.set(ch)
	<-c.learning
}

// gaveUp leaves it to the next to find out.
func (c *challenges) gaveUp() { <-c.learning }

// set replaces the challenge. What was learned about a token server stays as long as it is the same one.
func (c *challenges) set(ch challenge) {
	c.mu.Lock()
	old, known := c.current, c.known
	if known && old.sameServer(ch) {
		ch.Single = ch.Single || old.Single
		if ch.Actions == "" {
			ch.Actions = old.Actions
		}
	}
	ch.scope = ""
	c.current, c.known, c.doubted = ch, true, false
	c.mu.Unlock()
	if !known || old != ch {
		c.host.saveChallenge(ch)
	}
}

// confirm says that the challenge was met.
func (c *challenges) confirm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doubted = false
}

// forget drops a challenge that an earlier process left and that no longer works. It reports whether it was one.
func (c *challenges) forget(ch challenge) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known || !c.doubted || !c.current.sameServer(ch) {
		return false
	}
	c.known, c.doubted = false, false
	return true
}
