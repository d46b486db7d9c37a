package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/policy"
)

// atHand is the source of a pass: it answers with the lists that looks have left, whatever their age, and lists nothing.
type atHand struct {
	Registry
	wishes map[image.Repository]reconcile.Wish

	mu   sync.Mutex // guards read
	read map[image.Repository]reading
}

// reading is what a list at hand was when it was read.
type reading struct {
	at  time.Time
	sum uint64
}

func newAtHand(s *Setup, wishes map[image.Repository]reconcile.Wish) *atHand {
	return &atHand{Registry: s.Registry, wishes: wishes, read: map[image.Repository]reading{}}
}

// Candidates returns the list at hand, with all that any policy wants of it: so it is the one that the look has asked for.
func (h *atHand) Candidates(ctx context.Context, r image.Repository, want image.Facts, _ time.Duration) ([]policy.Candidate, bool, error) {
	wish := h.wishes[r]
	kept, found := h.Kept(ctx, r, want|wish.Facts)
	if !found {
		return nil, false, reconcile.ErrUnlisted
	}
	if len(wish.Followed) == 0 {
		h.mu.Lock()
		h.read[r] = reading{at: kept.At, sum: sumOf(kept.Candidates, nil)}
		h.mu.Unlock()
	}
	return kept.Candidates, kept.SecondHand, nil
}
