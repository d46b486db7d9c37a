package writeback

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/image-updater/image-updater/writeback/git"
)

// Identity is who makes the commits.
type Identity struct {
	Name  string // "" = image-updater
	Email string // "" = image-updater@localhost
}

// Target is one Git repository of the policy file.
type Target struct {
	Name   string // as the policy file calls it
	URL    string
	Branch string // "" = the remote's default branch
	Auth   git.Auth
	Author Identity
	Signer git.Signer // nil = commits are not signed
	// Transport carries HTTP requests; nil is one of our own.
	Transport http.RoundTripper
	// RootCAs are trusted instead of the system's, when Transport is nil.
	RootCAs *x509.CertPool
	// Certificate is shown to a server that wants one of the client, when Transport is nil.
	Certificate *tls.Certificate
	// Proxy says which proxy an HTTP request goes by, as [http.ProxyFromEnvironment] does, when Transport is nil; nil is
	// none.
	Proxy func(*http.Request) (*url.URL, error)
	// Timeout bounds a single exchange with the server; 0 is five minutes.
	Timeout time.Duration
}

// Writer opens branches. Publications through one Writer to the same URL wait for each other. The zero value is ready
// for use; a Writer must not be copied.
type Writer struct {
	// Now dates commits and measures patience; nil is time.Now.
	Now func() time.Time
	// Jitter returns chance in [0, 1) for the pauses after a lost race; nil is math/rand.
	Jitter func() float64
	// Patience is how long lost races are tried again, counted from when the branch last moved on, and ten times as long in
	// all; 0 is two minutes.
	Patience time.Duration
	// Scans is a folder where what was found is kept for the next process; "" keeps nothing. See the package's comment.
	Scans string
	// Build tells apart the programs that may find different things in the same files. It matters with Scans alone.
	Build string
	// Gist is what is to be told and kept of the message of a commit in a [Branch.History]; nil is all of it.
	Gist func(message string) string
	// Log hears of races at level warn and of pushes at level info; nil is silence.
	Log *slog.Logger

	mu    sync.Mutex // guards lines
	lines map[string]*line
}

// line is where publications to one remote queue up, whatever branch they are for: a branch of our own can be built from
// several bases. A send to turn takes the turn, a receive gives it back; the runtime serves waiting senders in their
// order.
type line struct {
	turn   chan struct{}
	pushes atomic.Int64 // how many pushes went through this line
}

func (w *Writer) now() time.Time {
	if w.Now != nil {
		return w.Now()
	}
	return time.Now()
}

func (w *Writer) jitter() float64 {
	if w.Jitter != nil {
		return w.Jitter()
	}
	return rand.Float64()
}

func (w *Writer) patience() time.Duration {
	if w.Patience > 0 {
		return w.Patience
	}
	return 2 * time.Minute
}

func (w *Writer) gist(message string) string {
	if w.Gist != nil {
		return w.Gist(message)
	}
	return message
}

func (w *Writer) log() *slog.Logger {
	if w.Log != nil {
		return w.Log
	}
	return slog.New(slog.DiscardHandler)
}

// lineOf returns the queue of a remote, by its URL without a user.
func (w *Writer) lineOf(url string) *line {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lines == nil {
		w.lines = map[string]*line{}
	}
	if w.lines[url] == nil {
		w.lines[url] = &line{turn: make(chan struct{}, 1)}
	}
	return w.lines[url]
}

// take waits for the turn and returns the function that gives it back.
func take(ctx context.Context, turn chan struct{}) (func(), error) {
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Open reads where the branch stands, which is one request.
func (w *Writer) Open(ctx context.Context, t Target) (_ *Branch, err error) {
	remote, err := w.remote(t)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remote.Close())
		}
	}()
	line := w.lineOf(remote.String())
	seen := line.pushes.Load() // before the look: a push in between is taken for unseen
	refs, err := remote.Refs(ctx)
	if err != nil {
		return nil, err
	}
	name, err := branchName(remote, refs, t)
	if err != nil {
		return nil, err
	}
	b := &Branch{
		writer: w,
		remote: remote,
		url:    t.URL,
		name:   name,
		author: t.Author,
		signer: t.Signer,
		line:   line,
		seen:   seen,
		busy:   make(chan struct{}, 1),
	}
	if err := b.follow(refs); err != nil {
		return nil, err
	}
	return b, nil
}

func (w *Writer) remote(t Target) (*git.Remote, error) {
	return git.Open(git.Options{
		URL: t.URL, Auth: t.Auth, Transport: t.Transport, RootCAs: t.RootCAs, Certificate: t.Certificate,
		Proxy: t.Proxy, Timeout: t.Timeout, Log: w.Log,
	})
}

// branchName is the short name of the target's branch.
func branchName(remote *git.Remote, refs git.Refs, t Target) (string, error) {
	name := strings.TrimPrefix(t.Branch, branchPrefix)
	if name == "" {
		name = strings.TrimPrefix(refs.Head, branchPrefix)
	}
	if name == "" {
		return "", fmt.Errorf("%s names no default branch: name one of %s", remote, list(refs.Branches()))
	}
	return name, nil
}
