package writeback

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/image-updater/image-updater/writeback/git"
)

// Identity is who makes the commits.
type Identity struct {
	Name  string
	Email string
}

// Target is one Git repository of the policy file.
type Target struct {
	Name   string // as the policy file calls it
	URL    string
	Branch string // "" = the remote's default branch
	Auth   git.Auth
	Author Identity
	// Transport carries HTTP requests; nil is one of our own.
	Transport http.RoundTripper
	// RootCAs are trusted instead of the system's, when Transport is nil.
	RootCAs *x509.CertPool
	// Timeout bounds a single exchange with the server; 0 is five minutes.
	Timeout time.Duration
}

// Writer opens branches. Publications through one Writer for the same branch of the same URL wait for each other. The
// zero value is ready for use; a Writer must not be copied.
type Writer struct {
	// Now dates commits; nil is time.Now.
	Now func() time.Time
	// Jitter returns chance in [0, 1) for the pauses after a lost race; nil is math/rand.
	Jitter func() float64
	Log    *slog.Logger

	mu    sync.Mutex // guards lines
	lines map[lineKey]*line
}

type lineKey struct{ url, branch string }

type line struct{}

// Open reads where the branch stands, and its trees.
func (w *Writer) Open(ctx context.Context, t Target) (*Branch, error) {
	return nil, errors.New("not written yet")
}
