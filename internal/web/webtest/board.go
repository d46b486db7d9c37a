package webtest

import (
	"sync"

	"github.com/image-updater/image-updater/internal/status"
)

// Board holds a Status that a test replaces while pages look at it.
type Board struct {
	mu      sync.Mutex // guards what follows
	status  status.Status
	changed chan struct{} // closed when the status is replaced
}

// NewBoard returns a board with a Status on it.
func NewBoard(s status.Status) *Board { return &Board{status: s, changed: make(chan struct{})} }

// Status is what is on it now.
func (b *Board) Status() status.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status
}

// Changed is closed when the Status is replaced the next time.
func (b *Board) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// Set replaces the Status.
func (b *Board) Set(s status.Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status = s
	close(b.changed)
	b.changed = make(chan struct{})
}
