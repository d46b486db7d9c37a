package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long a file held by another process is waited for.
const lockWait = time.Second

// records is the one bucket of the file. Another layout gets another name, and this one is then left to be pruned.
var records = []byte("records.1")

// store is the file: one bbolt database with all records in one bucket.
type store struct {
	db   *bbolt.DB
	file *os.File // the descriptor that bbolt holds its lock by

	options Options
	entries int   // in the bucket
	bytes   int64 // of their keys and records
}

var (
	errDamaged = errors.New("damaged")
	errMoved   = errors.New("it is no longer in its place")
)

// openStore opens or creates the file. The error is errDamaged for a file that bbolt cannot read.
func openStore(o Options) (_ *store, err error) {
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, err
	}
	s := &store{options: o}
	defer func() {
		if err != nil && s.file != nil {
			s.file.Close() // bbolt did so unless it panicked; a second time does no harm
		}
	}()
	err = guard(func() (err error) {
		s.db, err = bbolt.Open(o.Path, 0o600, &bbolt.Options{
			// Not NoFreelistSync: the scan it needs on opening runs in a goroutine of its own, and a fault there, in a
			// damaged file, cannot be recovered.
			Timeout:      lockWait,
			FreelistType: bbolt.FreelistMapType,
			MaxSize:      fileBound(o.MaxBytes),
			NoStatistics: true,
			OpenFile: func(path string, flag int, mode os.FileMode) (*os.File, error) {
				s.file, err = openPrivate(path, flag, mode)
				return s.file, err
			},
		})
		if err != nil {
			return err
		}
		return s.load()
	})
	switch {
	case err == nil:
		if err = s.checkPlace(o.Path); err != nil {
			s.abandon()
			return nil, err
		}
		return s, nil
	case environmental(err):
		return nil, err
	default:
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
}

// fileBound is what the file may grow to: a page that is changed is written to a new place first, and values that do
// not fill their pages waste some.
func fileBound(maxBytes int64) int { return int(4*maxBytes + 64<<20) }

func openPrivate(path string, flag int, mode os.FileMode) (*os.File, error) {
	file, err := os.OpenFile(path, flag, mode)
	if err != nil {
		return nil, err
	}
	if err := file.Chmod(mode); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// checkPlace reports errMoved when the file that was locked is no longer the one at the path: its former holder moved
// it aside while we waited for the lock, or somebody has removed it since.
func (s *store) checkPlace(path string) error {
	there, err := os.Stat(path)
	if err == nil {
		var ours os.FileInfo
		if ours, err = s.file.Stat(); err == nil && os.SameFile(there, ours) {
			return nil
		}
	}
	return errMoved
}

// environmental tells what is wrong with the machine, the permissions or another process from what is wrong with the
// bytes of the file.
func environmental(err error) bool {
	var path *fs.PathError
	var errno syscall.Errno
	return errors.Is(err, bbolterrors.ErrTimeout) || errors.Is(err, bbolterrors.ErrMaxSizeReached) ||
		errors.As(err, &path) || errors.As(err, &errno)
}

// load counts what is there. A file that has its bucket is only read, for whatever writes waits for the disk twice.
func (s *store) load() error {
	found := false
	err := s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(records)
		if b == nil {
			return nil
		}
		found = true
		return b.ForEach(func(key, record []byte) error {
			s.entries++
			s.bytes += int64(len(key) + len(record))
			return nil
		})
	})
	if err != nil || found {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(records)
		return err
	})
}

// get returns the entry of a key. A record that is not whole is none. The error is for a damaged file.
func (s *store) get(key string) (entry Entry, found bool, err error) {
	err = guard(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			if record := tx.Bucket(records).Get([]byte(key)); record != nil {
				entry, found = decodeRecord(key, record)
			}
			return nil
		})
	})
	return entry, found, err
}

// apply commits changes in one transaction, and drops the oldest records when there are too many.
func (s *store) apply(changes map[string]change) error {
	entries, bytes := s.entries, s.bytes
	err := guard(func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket(records)
			var latest time.Time
			for _, key := range slices.Sorted(maps.Keys(changes)) { // neighbours come to lie on one page
				if err := s.applyOne(b, key, changes[key]); err != nil {
					return err
				}
				if at := changes[key].At; at.After(latest) {
					latest = at
				}
			}
			return s.prune(b, latest)
		})
	})
	if err != nil {
		s.entries, s.bytes = entries, bytes // the transaction left the file as it was
	}
	return err
}

func (s *store) applyOne(b *bbolt.Bucket, key string, ch change) error {
	k := []byte(key)
	if old := b.Get(k); old != nil {
		s.entries--
		s.bytes -= int64(len(k) + len(old))
	}
	if ch.deleted {
		return b.Delete(k)
	}
	record := encodeRecord(key, ch.Entry)
	s.entries++
	s.bytes += int64(len(k) + len(record))
	return b.Put(k, record)
}

func (s *store) close() error { return guard(s.db.Close) }

// abandon gives the file free without bbolt's help: after a panic inside it, its locks may be held for ever and Close
// would wait for them. The mapping of the file stays until the process ends.
func (s *store) abandon() { s.file.Close() }

// guard turns a panic in f, and a fault while it reads the mapped file, into an error: bbolt trusts what it reads.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return f()
}
