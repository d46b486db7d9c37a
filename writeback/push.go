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
		p.attempts++
		failed := p.branch.remote.Push(ctx, branchPrefix+p.head, a.old, a.draft)
		if failed == nil {
			return true, nil
		}
		if ctx.Err() != nil || !worthAsking(failed) {
			return false, failed
		}
		switch became, err := p.ask(ctx, a, failed); {
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
			return false, &RefusedError{Branch: p.head, Reason: said.Reason, Words: said.Words}
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
		return unmoved, fmt.Errorf("%w; asking what became of it: %w", failed, err)
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
	if err := p.races.lost(ctx, p.branch.writer, p.head, time.Since(p.begun)); err != nil {
		return false, err
	}
	p.begun = time.Now()
	if err := p.branch.refresh(ctx); err != nil {
		return false, err
	}
	return !p.own() && p.branch.tree.Follows(a.draft.Tip()), nil
}

// maxTries is how often a push is sent whose outcome is no answer of Git's while the branch stays where it was.
const maxTries = 3

// worthAsking reports whether a push that failed may have been accepted, or may be later. A server that does not let us
// in has not looked at it.
func worthAsking(err error) bool {
	status, ok := errors.AsType[*git.StatusError](err)
	return !ok || status.Temporary()
}
