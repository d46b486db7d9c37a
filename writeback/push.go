package writeback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/image-updater/image-updater/writeback/git"
)

// push pushes a draft and finds out what became of it. It reports whether the branch has it; if not the race was lost,
// and the branch has been read anew.
func (p *publication) push(ctx context.Context, a attempt) (bool, error) {
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		p.attempts++
		failed := p.send(ctx, a)
		if failed == nil {
			return true, nil
		}
		if ctx.Err() != nil {
			return p.stopped(ctx, a, failed)
		}
		if !worthAsking(failed) {
			return false, failed
		}
		switch became, err := p.ask(ctx, a, failed); {
		case err != nil && ctx.Err() != nil:
			return p.stopped(ctx, a, failed)
		case err != nil:
			return false, err
		case became == accepted:
			p.branch.writer.log().WarnContext(ctx, "answer to a push was lost, the branch has it", "branch", p.head, "err", failed)
			return true, nil
		case became == outrun:
			p.branch.writer.log().WarnContext(ctx, "branch has moved, trying again", "branch", p.head, "err", failed)
			return p.outrun(ctx, a)
		}
		if said, no := errors.AsType[*git.PushError](failed); no {
			return false, &RefusedError{Branch: p.head, Reason: said.Reason, Words: said.Words, Own: p.own()}
		}
		if try == maxTries {
			return false, failed
		}
		// The server is in trouble and nothing happened: the same commits may go through a little later.
		if err := pause(ctx, backoff(try, firstBackoff, p.branch.writer.jitter())); err != nil {
			return false, err
		}
	}
}

// A stop leaves a push that is on its way this long to end, and then a look at the branch this long: a push that is cut
// off may land or not. Both together are less than a program takes to stop.
const (
	endOfPush = 3 * time.Second
	lastLook  = time.Second
)

var errLastLook = fmt.Errorf("the server did not say within %v where the branch stands", lastLook)

// send pushes. A stop meanwhile does not cut it off at once.
func (p *publication) send(ctx context.Context, a attempt) error {
	sending, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	stop := context.AfterFunc(ctx, func() {
		_ = pause(sending, endOfPush)
		cut(context.Cause(ctx))
	})
	defer stop()
	return p.branch.remote.Push(sending, branchPrefix+p.head, a.old, a.draft)
}

// stopped finds out what became of a push after which there is no time for another.
func (p *publication) stopped(ctx context.Context, a attempt, failed error) (bool, error) {
	if _, no := errors.AsType[*git.PushError](failed); no || !worthAsking(failed) {
		return false, fmt.Errorf("%w: %w", context.Cause(ctx), failed)
	}
	looking, done := context.WithTimeoutCause(context.WithoutCancel(ctx), lastLook, errLastLook)
	defer done()
	switch became, err := p.ask(looking, a, failed); {
	case err == nil && became == accepted:
		return true, nil
	case err != nil:
		return false, fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	// A server may still be at work on a push whose sender has gone.
	return false, p.unsure(a, context.Cause(ctx))
}

func (p *publication) unsure(a attempt, err error) error {
	return &UnsureError{Branch: p.head, Commit: a.draft.Tip().String(), Err: err}
}

// outcome is what became of a push that failed.
type outcome int

const (
	unmoved  outcome = iota // the branch stands where it stood
	outrun                  // somebody else has moved it
	accepted                // it stands at our commit: only the answer was lost
)

// ask looks at the branch to find out what became of a push.
func (p *publication) ask(ctx context.Context, a attempt, failed error) (outcome, error) {
	if said, no := errors.AsType[*git.PushError](failed); no && said.Moved {
		return outrun, nil
	}
	refs, err := p.branch.remote.Refs(ctx)
	if err != nil {
		return unmoved, p.unsure(a, fmt.Errorf("%w; asking what became of it: %w", failed, err))
	}
	switch now, _ := refs.Tip(branchPrefix + p.head); now {
	case a.draft.Tip():
		return accepted, nil
	case a.old:
		return unmoved, nil
	default:
		return outrun, nil
	}
}

// outrun waits and then reads the branch: what is read first and acted upon after a pause is out of date again. It
// reports whether our commits turn out to be under those of somebody else, since an answer may have been lost as well.
func (p *publication) outrun(ctx context.Context, a attempt) (bool, error) {
	if p.Replace && p.own() {
		return false, ErrMoved
	}
	if err := p.races.lost(ctx, p.branch.writer, p.head, time.Since(p.begun)); err != nil {
		return false, err
	}
	p.begun = time.Now()
	if err := p.branch.refresh(ctx); err != nil {
		return false, err
	}
	if p.own() {
		return false, nil
	}
	tree, err := p.branch.trees(ctx, p.Paths.Folders())
	if err != nil {
		return false, err
	}
	if tree.Follows(a.old) {
		p.races.progress(p.branch.writer)
	}
	return tree.Follows(a.draft.Tip()), nil
}

// maxTries is how often a push is sent whose outcome is no answer of Git's while the branch stays where it was.
const maxTries = 3

// worthAsking reports whether a push that failed may have been accepted, or may be later. A server that does not let us
// in has not looked at it.
func worthAsking(err error) bool {
	status, ok := errors.AsType[*git.StatusError](err)
	return !ok || status.Temporary()
}
