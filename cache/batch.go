package cache

// maxPending bounds the bytes that wait for the writer; over it Put waits.
const maxPending = 16 << 20

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
		c.room.Wait()
	}
}

// write is the one goroutine that writes to the file, until wake is closed and nothing is pending.
func (c *Cache) write() {
	defer close(c.written)
	for range c.wake {
		c.flush()
	}
	c.flush()
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
