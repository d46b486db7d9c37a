//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package writeback

import (
	"os"
	"syscall"
)

// tryLock locks an open file, unless another process has done so. The lock ends when the file is closed, at the latest
// with the process. On a file system that knows no locks everybody gets one.
func tryLock(f *os.File) (locked bool, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	locked = true
	err = conn.Control(func(fd uintptr) {
		held := syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB)
		locked = held != syscall.EWOULDBLOCK && held != syscall.EINTR
	})
	return locked, err
}
