//go:build unix

package main

import (
	"os"
	"syscall"
	"time"
)

// peakRSS returns what the largest of a process and its children had of memory at most, in bytes.
func peakRSS(ended *os.ProcessState) int64 {
	r, ok := ended.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(r.Maxrss) * 1024 // Linux counts in KiB
}

// cpuTime returns what this process has taken so far.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
