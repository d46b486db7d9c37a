package cache

import "time"

const (
	// linger is how long the writer waits for more to commit together, if nothing else is asked for: a commit costs some
	// milliseconds of the disk, and a process that is killed loses what it learned in this time and no more.
	linger = 50 * time.Millisecond

	// tryAgain is how long a file that could not be written is left alone.
	tryAgain = 15 * time.Second

	maxPending = 16 << 20 // bytes that wait for the writer; over it Put waits
)

// change is what is to be done with one key: keep the entry, or forget it.
type change struct {
	Entry
	deleted bool
}

// batch holds the last change of each key that has one.
type batch struct {
	changes map[string]change
	bytes   int
}

func (b *batch) get(key string) (change, bool) {
	ch, found := b.changes[key]
	return ch, found
}

func (b *batch) add(key string, ch change) {
	if b.changes == nil {
		b.changes = make(map[string]change)
	}
	if old, found := b.changes[key]; found {
		b.bytes -= size(key, old.Entry)
	}
	b.changes[key] = ch
	b.bytes += size(key, ch.Entry)
}

// shed makes room: of what waits to be written only the precious is kept, as far as it fills no more than half of it.
func (b *batch) shed(precious func(key string) bool) {
	all := *b
	*b = batch{}
	for key, ch := range all.changes {
		if precious(key) && b.bytes <= maxPending/2 {
			b.add(key, ch)
		}
	}
}

// Flush waits until all that was put before is in the file, as far as there is one that can be written.
func (c *Cache) Flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.store != nil && !c.failing && len(c.pending.changes)+len(c.writing.changes) > 0 {
		c.hurry()
		c.room.Wait()
	}
}

// write is the one goroutine that writes to the file, until the cache is closed.
func (c *Cache) write() {
	defer close(c.written)
	for {
		wake, again := c.wake, (<-chan time.Time)(nil)
		if c.fails() {
			wake, again = nil, time.After(tryAgain)
		}
		select {
		case <-wake:
		case <-again:
		case <-c.closing:
			c.flush()
			return
		}
		timer := time.NewTimer(c.options.Linger)
		select {
		case <-timer.C:
		case <-c.urgent:
		case <-c.closing:
		}
		timer.Stop()
		c.flush()
	}
}

func (c *Cache) fails() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failing
}

// hurry ends the lingering of the writer, now or before its next commit.
func (c *Cache) hurry() {
	select {
	case c.urgent <- struct{}{}:
	default: // it was told already
	}
}

// flush commits all that is pending. While it waits for the disk, readers see the batch in c.writing and others may put
// more, which the next flush commits together.
func (c *Cache) flush() {
	c.mu.Lock()
	c.writing, c.pending = c.pending, batch{}
	store, changes := c.store, c.writing.changes
	c.room.Broadcast()
	c.mu.Unlock()

	var err error
	if store != nil && len(changes) > 0 {
		if err = store.checkPlace(c.options.Path); err == nil {
			err = store.apply(changes)
		}
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = batch{}
	c.room.Broadcast()
	switch {
	case store == nil && c.failing:
		c.putBack(changes)
		c.reopen()
	case err != nil && c.store == store:
		c.putBack(changes)
		c.abandonStore(err)
	case err == nil && c.failing:
		c.failing, c.notice = false, ""
		c.options.Log.Info("the cache is written again", "path", c.options.Path)
	}
}

// putBack has changes written another time, but for those that were changed again since; c.mu is held.
func (c *Cache) putBack(changes map[string]change) {
	for key, ch := range changes {
		if _, again := c.pending.changes[key]; !again {
			c.pending.add(key, ch)
		}
	}
}
