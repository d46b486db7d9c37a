//go:build linux && (amd64 || arm64)

package writeback

import (
	"os"
	"syscall"
)

// The flags of sync_file_range(2), which package syscall does not name.
const (
	waitBefore = 1 << iota
	writeOut
	waitAfter
)

// order sees to it that after a crash the name of a file that is now to be given another one leads to all that was written
// into it. That needs its bytes on the disk before the new name, and no more: the journal of the file system keeps the
// order of all else. Nothing is lost that must not be, for without the new name the old file stands there. Syncing the
// file would write its entry, its folder and the journal as well, thrice the work for the disk and, for a file of two
// kilobytes, half of what it costs to replace it.
func order(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	known := false
	err = conn.Control(func(fd uintptr) {
		known = syscall.SyncFileRange(int(fd), 0, 0, waitBefore|writeOut|waitAfter) == nil
	})
	if err != nil || known {
		return err
	}
	return f.Sync() // also where the disk is full or broken: it says so in words
}
