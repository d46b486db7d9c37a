package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Limits of one entry. What is larger is refused by [Cache.Put].
const (
	MaxValue = 8 << 20
	MaxKey   = 1024
)

// Options of [Open]. The zero value is a cache in memory alone.
type Options struct {
	Path       string        // the file; "" = memory only
	MaxEntries int           // entries kept, of all buckets together; 0 = 50,000
	MaxBytes   int64         // bytes of keys and values kept in the file; 0 = 256 MiB
	MaxMemory  int           // bytes of them held in memory; 0 = 64 MiB
	Linger     time.Duration // how long a value may wait to be written with others; 0 = a twentieth of a second
	Precious   []string      // buckets whose entries are dropped last, as far as they fill no more than half of the file
	Log        *slog.Logger  // nil = discard
}

func (o Options) withDefaults() (Options, error) {
	if o.MaxEntries < 0 || o.MaxBytes < 0 || o.MaxMemory < 0 {
		return o, errors.New("a bound of the cache is negative")
	}
	if o.MaxEntries == 0 {
		o.MaxEntries = 50_000
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 256 << 20
	}
	if o.Linger == 0 {
		o.Linger = linger
	}
	if o.MaxMemory == 0 {
		o.MaxMemory = maxMemory
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// Entry is a value and the time at which it was true, in UTC and to the microsecond. The value is shared: it must not
// be changed.
type Entry struct {
	Value []byte
	At    time.Time
}

// Cache is a bounded store of entries. It is safe for concurrent use.
type Cache struct {
	options Options
	wake    chan struct{} // tells the writer that something is pending
	urgent  chan struct{} // tells it not to wait for more
	closing chan struct{} // closed by Close: tells it to end
	written chan struct{} // closed when it has ended; nil without a writer

	mu      sync.Mutex
	room    sync.Cond // on mu: pending or writing became empty, or the cache was closed
	memory  memory
	store   *store // nil: memory alone
	pending batch  // put, and not yet with the writer
	writing batch  // with the writer, and not yet in the store
	failing bool   // the file cannot be written now: pending keeps what is to be, within bounds, and it is tried again
	notice  string
	busy    bool
	closed  bool
}

// Open opens the cache. The error is for wrong options and an ended context only: a file that cannot be used leaves a
// cache in memory, and [Cache.Notice] says why.
func Open(ctx context.Context, o Options) (*Cache, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("opening cache: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("opening cache: %w", err)
	}
	c := &Cache{options: o, memory: newMemory(o.MaxEntries, o.MaxMemory)}
	c.room.L = &c.mu
	if o.Path == "" {
		return c, nil
	}
	c.store, c.notice, c.busy = openOrRebuild(o)
	if c.notice != "" {
		o.Log.DebugContext(ctx, "cache is not as asked for", "notice", c.notice) // the caller tells people
	}
	if c.store == nil {
		return c, nil
	}
	c.memory.maxValue = smallValue
	c.wake, c.urgent = make(chan struct{}, 1), make(chan struct{}, 1)
	c.closing, c.written = make(chan struct{}), make(chan struct{})
	go c.write()
	return c, nil
}

// Notice is a sentence for people when the cache is not what was asked for: the file is held by another process, was
// damaged and moved aside, or cannot be written. It is "" when all is well, and may come and go while the cache is in use.
func (c *Cache) Notice() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.notice
}

// Busy reports whether another process holds the file: what that one knows and does is not known here.
func (c *Cache) Busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.busy
}

// Get returns what was put last under the key, and whether there is anything.
func (c *Cache) Get(bucket, key string) (Entry, bool) {
	k, err := recordKey(bucket, key)
	if err != nil {
		return Entry{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return Entry{}, false
	}
	for _, b := range []*batch{&c.pending, &c.writing} {
		if entry, found := b.get(k); found {
			return entry.Entry, !entry.deleted
		}
	}
	if entry, found := c.memory.get(k); found {
		return entry, true
	}
	if c.store == nil {
		return Entry{}, false
	}
	entry, found, err := c.store.get(k)
	if err != nil {
		c.abandonStore(err)
		return Entry{}, false
	}
	if found {
		c.memory.put(k, entry)
	}
	return entry, found
}

// ErrClosed is returned by calls that come after [Cache.Close].
var ErrClosed = errors.New("cache is closed")

// Put keeps a value, of which it takes a copy, instead of what stands under the key. It does not wait for the disk,
// unless so much is waiting to be written that memory would not be bounded.
func (c *Cache) Put(bucket, key string, value []byte, at time.Time) error {
	k, err := recordKey(bucket, key)
	if err == nil && len(value) > MaxValue {
		err = fmt.Errorf("value of %d bytes is longer than %d", len(value), MaxValue)
	}
	if err != nil {
		return fmt.Errorf("keeping %q of %q: %w", key, bucket, err)
	}
	at = time.UnixMicro(at.UnixMicro()).UTC()
	return c.change(k, change{Entry: Entry{Value: append([]byte(nil), value...), At: at}})
}

// Delete forgets what stands under the key.
func (c *Cache) Delete(bucket, key string) error {
	k, err := recordKey(bucket, key)
	if err != nil {
		return fmt.Errorf("forgetting %q of %q: %w", key, bucket, err)
	}
	return c.change(k, change{deleted: true})
}

func (c *Cache) change(key string, ch change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed && c.store != nil && !c.failing && c.pending.bytes > maxPending {
		c.hurry()
		c.room.Wait()
	}
	if c.closed {
		return ErrClosed
	}
	if ch.deleted {
		c.memory.remove(key)
	} else {
		c.memory.put(key, ch.Entry)
	}
	if c.store == nil && !c.failing {
		return nil
	}
	c.pending.add(key, ch)
	if c.failing && c.pending.bytes > maxPending {
		c.pending.shed(c.options.isPrecious)
	}
	select {
	case c.wake <- struct{}{}:
	default: // the writer knows already
	}
	return nil
}

// Close writes what is not written yet and gives the file free. What comes after it finds nothing.
func (c *Cache) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	c.room.Broadcast()
	c.mu.Unlock()
	if c.written == nil {
		return nil
	}
	close(c.closing)
	<-c.written
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.store == nil {
		return nil
	}
	err := c.store.close()
	c.store = nil
	if err != nil {
		return fmt.Errorf("closing cache %q: %w", c.options.Path, err)
	}
	return nil
}

// recordKey joins bucket and key to the one key under which a record is kept. A NUL separates them, so no bucket may
// hold one.
func recordKey(bucket, key string) (string, error) {
	switch {
	case bucket == "" || strings.ContainsRune(bucket, 0):
		return "", fmt.Errorf("bucket %q is empty or holds a NUL", bucket)
	case key == "":
		return "", errors.New("key is empty")
	case len(bucket)+1+len(key) > MaxKey:
		return "", fmt.Errorf("key of %d bytes is longer than %d", len(bucket)+1+len(key), MaxKey)
	}
	return bucket + "\x00" + key, nil
}
