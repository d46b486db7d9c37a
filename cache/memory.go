package cache

import "github.com/hashicorp/golang-lru/v2/simplelru"

const (
	maxMemory  = 64 << 20 // bytes of keys and values held in memory, if nothing else is asked for
	smallValue = 64 << 10 // with a file below, larger values are read from it each time
)

// memory holds the entries used last, bounded in number and in bytes.
type memory struct {
	entries  *simplelru.LRU[string, Entry]
	bytes    *int // of all entries; a pointer, for the callback of the LRU changes it
	maxBytes int
	maxValue int
}

func newMemory(maxEntries, maxBytes int) memory {
	bytes := new(int)
	// The only error is for a size that is not positive.
	entries, _ := simplelru.NewLRU(max(maxEntries, 1), func(key string, e Entry) { *bytes -= size(key, e) })
	return memory{entries: entries, bytes: bytes, maxBytes: maxBytes, maxValue: MaxValue}
}

func size(key string, e Entry) int { return len(key) + len(e.Value) }

func (m *memory) get(key string) (Entry, bool) { return m.entries.Get(key) }

func (m *memory) put(key string, e Entry) {
	m.remove(key) // an overwritten entry is not told to the callback
	if len(e.Value) > m.maxValue {
		return
	}
	m.entries.Add(key, e)
	*m.bytes += size(key, e)
	for *m.bytes > m.maxBytes {
		m.entries.RemoveOldest()
	}
}

func (m *memory) remove(key string) { m.entries.Remove(key) }
