package daemon

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/schedule"
)

// watched is one image that policies are about.
type watched struct {
	wish     reconcile.Wish
	policies []string
	interval time.Duration // the shortest of the policies
	steady   bool

	found    bool // something in Git refers to it
	requests float64
	beside   bool // a look asks the tag API beside the registry

	looked, changed, pushed time.Time
	asked                   bool      // a person wants to know what comes of the next look
	sum                     uint64    // of what was last seen
	known                   bool      // sum is one of something
	looking                 bool      // a look is under way
	before                  time.Time // when it was looked at before that
	failures                int       // looks in a row that have failed
	told                    bool      // its policies were told so
	next                    time.Time
}

// usualInterval is how often an image is looked at whose policies say 0, which is for passes that somebody makes.
const usualInterval = 15 * time.Minute

// newWatched returns the images of the policies that write somewhere.
func newWatched(ctx context.Context, source reconcile.Source, c *config.Config) map[image.Repository]*watched {
	of := map[image.Repository][]config.Policy{}
	for _, p := range c.Policies {
		if len(p.Git) > 0 {
			of[p.Image] = append(of[p.Image], p)
		}
	}
	images := make(map[image.Repository]*watched, len(of))
	for repository, policies := range of {
		w := &watched{wish: reconcile.WishOf(ctx, source, policies), steady: true}
		for _, p := range policies {
			w.policies = append(w.policies, p.Name)
			if interval := cmp.Or(p.Interval, usualInterval); w.interval == 0 || interval < w.interval {
				w.interval = interval
			}
			w.steady = w.steady && !p.Adaptive
		}
		images[repository] = w
	}
	return images
}

// take takes over what is known of the image from before a reload.
func (w *watched) take(was *watched) {
	w.requests, w.beside, w.next = was.requests, was.beside, was.next
	w.looked, w.changed, w.pushed, w.asked = was.looked, was.changed, was.pushed, was.asked
	w.failures, w.told = was.failures, was.told
	if was.looking {
		w.looked = was.before // that look is made again
	}
	if was.wish.Facts == w.wish.Facts && was.wish.Listed == w.wish.Listed && slices.Equal(was.wish.Followed, w.wish.Followed) {
		w.sum, w.known = was.sum, was.known
	}
}

// askAgain is how long after a look a person has to wait for the next. A push event waits for [schedule.Settle].
const askAgain = 5 * time.Second

func (w *watched) scheduled() schedule.Repository {
	r := schedule.Repository{Image: w.wish.Repository, Interval: w.interval, Steady: w.steady, Requests: w.requests,
		Looked: w.looked, Changed: w.changed, Pushed: w.pushed}
	if w.asked && !w.looked.IsZero() {
		r.Looked = w.looked.Add(askAgain - schedule.Settle)
	}
	return r
}

// fail notes a look that has failed, and has it made again soon: sooner than by its interval.
func (w *watched) fail(now time.Time) {
	w.failures++
	if again := pauseAfter(w.failures); again < w.interval/2 {
		w.pushed = now.Add(again)
	}
}

// The pauses after failures grow from the first to the last.
const (
	firstPause = time.Minute
	lastPause  = 30 * time.Minute
)

func pauseAfter(failures int) time.Duration {
	return min(firstPause<<min(max(failures-1, 0), 10), lastPause)
}
