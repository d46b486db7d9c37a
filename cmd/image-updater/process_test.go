package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// process is a call of the program in a process of its own.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	alarm          *time.Timer
	started, ended chan struct{}
	hit            chan struct{} // holds an element once a signal got through
	begun          time.Time
	took           time.Duration
}

// ending is what a process leaves.
type ending struct {
	stdout, stderr string
	code           int // -1: by a signal
	took           time.Duration
}

func newProcess(t *testing.T, dir string, args []string) *process {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	p := &process{t: t, cmd: exec.CommandContext(ctx, "image-updater", args...),
		started: make(chan struct{}), ended: make(chan struct{}), hit: make(chan struct{}, 1)}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, &p.stdout, &p.stderr
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + filepath.Join(dir, "tmp")}
	return p
}

func (p *process) start() {
	p.t.Helper()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.begun = time.Now()
	close(p.started)
	go func() {
		defer close(p.ended)
		p.cmd.Wait() // its code tells
		p.took = time.Since(p.begun)
	}()
}

// signal reports whether the process is dead by it: one that is killed is waited for.
func (p *process) signal(s syscall.Signal) (dead bool) {
	<-p.started
	if p.cmd.Process.Signal(s) == nil {
		p.hit <- struct{}{}
	}
	if s != syscall.SIGKILL {
		return false
	}
	<-p.ended
	return true
}

func (p *process) struck() bool { return len(p.hit) > 0 }

func (p *process) wait() ending {
	<-p.ended
	if p.alarm != nil {
		p.alarm.Stop()
	}
	return ending{stdout: p.stdout.String(), stderr: p.stderr.String(), code: p.cmd.ProcessState.ExitCode(), took: p.took}
}
