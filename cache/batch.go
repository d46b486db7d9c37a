package cache

import "time"

const (
	// linger is how long the writer waits for more to commit together, if nothing else is asked for: a commit costs some
	// milliseconds of the disk, and a process that is killed loses what it learned in this time and no more.
	linger = 50 * time.Millisecond

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

// Flush waits until all that was put before is in the file, as far as there is one.
func (c *Cache) Flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.store != nil && len(c.pending.changes)+len(c.writing.changes) > 0 {
		c.hurry()
		c.room.Wait()
	}
}

// write is the one goroutine that writes to the file, until the cache is closed.
func (c *Cache) write() {
	defer close(c.written)
	for {
		select {
		case <-c.wake:
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
		err = store.apply(changes)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = batch{}
	c.room.Broadcast()
	if err != nil && c.store == store {
		c.abandonStore(err)
	}
}
