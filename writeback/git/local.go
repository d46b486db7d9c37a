package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// local serves a repository of this machine by the git program, as Git itself does for a path.
type local struct {
	path  string
	clean cleaner
}

// localOptions let upload-pack do for us what a server would have in its configuration.
var localOptions = []string{"-c", "uploadpack.allowFilter=true", "-c", "uploadpack.allowAnySHA1InWant=true"}

func (l local) close() error { return nil }

func (l local) open(ctx context.Context, service string) (conversation, error) {
	args := append(append([]string{}, localOptions...), strings.TrimPrefix(service, "git-"), l.path)
	p := &process{cmd: exec.CommandContext(ctx, "git", args...), clean: l.clean}
	p.cmd.Env = environment(p.cmd.Environ())
	p.cmd.WaitDelay = 5 * time.Second
	p.cmd.Stderr = &p.stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			err = errors.New("a repository given as a path needs the git program")
		}
		return nil, fmt.Errorf("starting git: %w", err)
	}
	p.out = out
	return &stream{in: in, out: out, program: p}, nil
}

// environment is what git inherits, without what a Git that may have started us says of its own repository and connection:
// a hook of a server has that. Configuration and traces may be the user's. What git says is in English, as our words
// around it are.
func environment(inherited []string) []string {
	env := slices.DeleteFunc(inherited, func(variable string) bool {
		begins := func(prefix string) bool { return strings.HasPrefix(variable, prefix) }
		return begins("GIT_") && !slices.ContainsFunc([]string{"GIT_CONFIG_", "GIT_SSL_", "GIT_TRACE"}, begins)
	})
	return append(env, "LC_ALL=C")
}

// process is a program of this machine.
type process struct {
	cmd    *exec.Cmd
	out    io.Closer
	clean  cleaner
	stderr lockedWords
	ended  sync.Once
}

func (p *process) stop() {
	p.ended.Do(func() {
		_ = p.out.Close() // one that still writes would wait for its reader for ever
		_ = p.cmd.Wait()  // the exit code adds nothing: what matters was said in the answer
	})
}

func (p *process) complaint() string {
	p.stop()
	return p.clean.words(p.stderr.text())
}

// lockedWords collects the standard error of a program, which is written by another goroutine.
type lockedWords struct {
	mu  sync.Mutex // guards buf
	buf bounded
}

var _ io.Writer = (*lockedWords)(nil)

func (l *lockedWords) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedWords) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
