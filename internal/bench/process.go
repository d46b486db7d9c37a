package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// usage is what a process took, its children included.
type usage struct {
	CPU, Wall time.Duration
	RSS       int64 // peak, in bytes, of the largest single process
}

func (u usage) String() string {
	return fmt.Sprintf("%d ms cpu, %d ms, %s", u.CPU.Milliseconds(), u.Wall.Milliseconds(), megabytes(u.RSS))
}

// command is a process to measure.
type command struct {
	dir    string
	env    []string // beside the environment of this process
	args   []string
	stderr io.Writer // hears what it says there; may be nil
}

// run measures one run of the command and returns what it printed to stdout.
//
// The kernel counts the memory of the process that starts another one into the peak of the started one, so the command
// is started by a second, small copy of this program (see [measured]) and not by this one, which holds servers and
// repositories.
func (c command) run(ctx context.Context) (usage, string, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, "", err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return usage{}, "", err
	}
	defer read.Close()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, self, append([]string{measureCommand}, c.args...)...)
	cmd.Dir, cmd.Env = c.dir, append(os.Environ(), c.env...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &stdout, &stderr, []*os.File{write}
	if c.stderr != nil {
		cmd.Stderr = io.MultiWriter(&stderr, c.stderr)
	}
	err = cmd.Run()
	write.Close()
	if err != nil {
		return usage{}, "", fmt.Errorf("running %q: %w\n%s%s", c.args, err, stdout.Bytes(), stderr.Bytes())
	}
	var u usage
	if err := json.NewDecoder(read).Decode(&u); err != nil {
		return usage{}, "", fmt.Errorf("reading what %q took: %w", c.args, err)
	}
	return u, stdout.String(), nil
}

// measureCommand as first argument makes this program the small copy that starts another one.
const measureCommand = "measure"

// measured runs args and writes what it took to file descriptor 3.
func measured(args []string) error {
	out := os.NewFile(3, "usage")
	if out == nil || len(args) == 0 {
		return errors.New("measure is for this program's own use")
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return err
	}
	u := usage{CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), Wall: time.Since(start), RSS: peakRSS(cmd.ProcessState)}
	return json.NewEncoder(out).Encode(u)
}
