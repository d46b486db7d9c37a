package cache

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// aged is a record that may have to go.
type aged struct {
	key  []byte
	size int64
	at   time.Time
	kept bool // it goes after those that are not
}

// ahead is how much later a record may be than what is put after it: by the time at which it was asked for.
const ahead = time.Hour

// prune drops records until a tenth of the room is free, so that it is not needed at every commit: the oldest first, and
// those of the precious buckets last, unless they fill more than half of the room. latest is the time of the newest of what
// was put now: what is from long after it was put while the clock was wrong, and would else outlive all that is put since.
func (s *store) prune(b *bbolt.Bucket, latest time.Time) error {
	if s.entries <= s.options.MaxEntries && s.bytes <= s.options.MaxBytes {
		return nil
	}
	all := make([]aged, 0, s.entries)
	err := b.ForEach(func(key, record []byte) error {
		a := aged{key: slices.Clone(key), size: int64(len(key) + len(record))}
		if len(record) >= recordHeader {
			a.at = recordTime(record) // what is no record keeps the zero time and goes first
		}
		if a.at.After(latest.Add(ahead)) {
			a.at = time.Time{}
		}
		all = append(all, a)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b aged) int { return cmp.Or(a.at.Compare(b.at), slices.Compare(a.key, b.key)) })
	s.keepPrecious(all)
	slices.SortStableFunc(all, func(a, b aged) int {
		switch {
		case a.kept == b.kept:
			return 0
		case a.kept:
			return 1
		}
		return -1
	})
	for _, a := range all {
		if s.entries <= s.options.MaxEntries-s.options.MaxEntries/10 && s.bytes <= s.options.MaxBytes-s.options.MaxBytes/10 {
			break
		}
		if err := b.Delete(a.key); err != nil {
			return err
		}
		s.entries--
		s.bytes -= a.size
	}
	return nil
}

// keepPrecious marks those of the records, sorted by age, that are to go last: the youngest precious ones, as far as they
// have half of the room.
func (s *store) keepPrecious(all []aged) {
	entries, bytes := 0, int64(0)
	for i := len(all) - 1; i >= 0; i-- {
		if !s.options.isPrecious(string(all[i].key)) {
			continue
		}
		entries++
		bytes += all[i].size
		if entries > s.options.MaxEntries/2 || bytes > s.options.MaxBytes/2 {
			return
		}
		all[i].kept = true
	}
}

func (o Options) isPrecious(key string) bool {
	bucket, _, _ := strings.Cut(key, "\x00")
	return slices.Contains(o.Precious, bucket)
}
