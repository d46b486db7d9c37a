package cache

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Options of [Open]. The zero value is a cache in memory alone.
type Options struct {
	Path       string // the file; "" = memory only
	MaxEntries int    // 0 = 50,000
	Log        *slog.Logger
}

// Entry is a value and the time it was true.
type Entry struct {
	Value []byte
	At    time.Time
}

// Cache is a bounded store of entries.
type Cache struct{ notice string }

// Open opens the cache.
func Open(ctx context.Context, o Options) (*Cache, error) { return &Cache{}, ctx.Err() }

// Notice is a sentence for people when the cache is not what was asked for, else "".
func (c *Cache) Notice() string { return c.notice }

// Get returns an entry.
func (c *Cache) Get(bucket, key string) (Entry, bool) { return Entry{}, false }

// Put keeps a value.
func (c *Cache) Put(bucket, key string, value []byte, at time.Time) error {
	return errors.New("cache is not open")
}

// Delete forgets an entry.
func (c *Cache) Delete(bucket, key string) error { return nil }

// Close writes what is not written yet.
func (c *Cache) Close() error { return nil }
