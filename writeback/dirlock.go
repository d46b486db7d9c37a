package writeback

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// lockPatience is how long a file that another process has locked is waited for. Ours lock one while they write it.
const lockPatience = 10 * time.Second

// lockPause is how long it takes from one try to the next: waiting in the system for the lock could not be stopped.
const lockPause = 5 * time.Millisecond

var errLocked = errors.New("another process has locked it")

// openLocked opens a regular file and locks it against others that open it so. Who has waited for the lock may have got that
// of a file in whose place another one stands by now, and opens that.
func openLocked(ctx context.Context, folder *os.Root, name string) (*os.File, fs.FileInfo, error) {
	var waiting context.Context
	for {
		f, err := folder.OpenFile(name, openForReading, 0)
		if err != nil {
			return nil, nil, err
		}
		locked, err := tryLock(f)
		if err == nil && locked {
			var info fs.FileInfo
			if info, err = stillThere(folder, name, f); info != nil {
				return f, info, nil
			}
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, nil, err
		}
		if waiting == nil {
			var stop context.CancelFunc
			waiting, stop = context.WithTimeoutCause(ctx, lockPatience, errLocked)
			defer stop()
		}
		select {
		case <-time.After(lockPause):
		case <-waiting.Done():
			return nil, nil, context.Cause(waiting)
		}
	}
}

// stillThere returns what is known of a file that is open, nil if another one stands under its name.
func stillThere(folder *os.Root, name string, f *os.File) (fs.FileInfo, error) {
	there, err := folder.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !there.Mode().IsRegular() {
		return nil, errors.New("is no regular file any more")
	}
	open, err := f.Stat()
	if err != nil || !os.SameFile(open, there) {
		return nil, err
	}
	return open, nil
}
