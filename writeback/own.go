package writeback

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/image-updater/image-updater/writeback/git"
)

// Head is what a branch of our own has that the branch it is built from has not.
type Head struct {
	Tip      string         // "" for a branch that is not there
	Messages []string       // of its commits, the latest first
	Other    *OccupiedError // the latest commit that is not ours; nil if all are
	Carries  bool           // it says and holds exactly what the commits do that were asked about
}

// HeadTip returns where a branch of our own stood when the remote was last looked at, "" if it was not there.
func (b *Branch) HeadTip(ctx context.Context, name string) (string, error) {
	done, err := take(ctx, b.busy)
	if err != nil {
		return "", err
	}
	defer done()
	tip, _ := b.refs.Tip(branchPrefix + name)
	return tipText(tip), nil
}

// Head looks at a branch of our own, as it stood when the remote was last looked at, and holds it against commits that
// would be made. One that is not there any more is [ErrMoved].
func (b *Branch) Head(ctx context.Context, name string, commits []Commit) (Head, error) {
	done, err := take(ctx, b.busy)
	if err != nil {
		return Head{}, err
	}
	defer done()
	tip, there := b.refs.Tip(branchPrefix + name)
	if !there {
		return Head{}, nil
	}
	edited, err := b.apply(ctx, commits)
	if err != nil {
		return Head{}, err
	}
	var paths, messages []string
	for _, f := range edited.preview.Files {
		paths = append(paths, f.Path)
	}
	for _, s := range edited.steps {
		messages = append(messages, s.message)
	}
	ahead, err := b.ahead(ctx, tip, paths)
	if err != nil {
		return Head{}, b.gone(ctx, name, tip, err)
	}
	h := Head{Tip: tip.String(), Messages: messagesOf(ahead)}
	err = onlyOurs(name, b.signature(), ahead)
	if other, ok := errors.AsType[*OccupiedError](err); ok {
		h.Other = other
		return h, nil
	}
	h.Carries = len(edited.steps) > 0 && carries(ahead, messages, edited.preview.Files)
	return h, err
}

// gone tells that a branch could not be read because it does not stand at tip any more, else why it could not.
func (b *Branch) gone(ctx context.Context, name string, tip git.Hash, failed error) error {
	if ctx.Err() != nil || b.refresh(ctx) != nil {
		return failed
	}
	if now, _ := b.refs.Tip(branchPrefix + name); now != tip {
		return ErrMoved
	}
	return failed
}

// Messages returns the messages of the commits that led to the commit id and not to the branch, the latest first. A commit
// that no branch leads to any more may be refused by the server.
func (b *Branch) Messages(ctx context.Context, id string) ([]string, error) {
	hash, ok := git.ParseHash(id)
	if !ok {
		return nil, fmt.Errorf("%q is no whole id of a commit", id)
	}
	done, err := take(ctx, b.busy)
	if err != nil {
		return nil, err
	}
	defer done()
	ahead, err := b.ahead(ctx, hash, nil)
	if err != nil {
		return nil, err
	}
	return messagesOf(ahead), nil
}

// ahead compares a commit with the branch, at the files of paths.
func (b *Branch) ahead(ctx context.Context, tip git.Hash, paths []string) (*git.Ahead, error) {
	var folders []string
	if b.scan != nil {
		folders = b.scan.paths.Folders()
	}
	base, err := b.trees(ctx, folders)
	if err != nil {
		return nil, err
	}
	return b.remote.Ahead(ctx, tip, base, paths)
}

func messagesOf(ahead *git.Ahead) []string {
	messages := make([]string, len(ahead.Commits))
	for i, c := range ahead.Commits {
		messages[i] = c.Message
	}
	return messages
}

// Delete deletes a branch of our own that stands at the commit lease. One that stands elsewhere is left: [ErrMoved]. One
// that is gone is no error.
func (b *Branch) Delete(ctx context.Context, name, lease string) error {
	name = strings.TrimPrefix(name, branchPrefix)
	old, ok := git.ParseHash(lease)
	if !ok || name == b.name {
		return fmt.Errorf("branch %q is not deleted at %q", name, lease)
	}
	leave, err := take(ctx, b.line.turn)
	if err != nil {
		return err
	}
	defer leave()
	done, err := take(ctx, b.busy)
	if err != nil {
		return err
	}
	defer done()
	failed := b.remote.Delete(ctx, branchPrefix+name, old)
	b.line.pushes.Add(1) // what is known of the branches is out of date in any case
	if failed == nil {
		b.writer.log().InfoContext(ctx, "deleted a branch", "url", b.remote.String(), "branch", name, "commit", lease)
		return nil
	}
	refs, err := b.remote.Refs(ctx)
	if err != nil {
		return fmt.Errorf("deleting branch %q: %w", name, failed)
	}
	switch now, there := refs.Tip(branchPrefix + name); {
	case !there:
		return nil // somebody else has, or the answer was lost
	case now != old:
		return ErrMoved
	}
	if said, no := errors.AsType[*git.PushError](failed); no {
		return &RefusedError{Branch: name, Reason: said.Reason, Words: said.Words, Own: true}
	}
	return fmt.Errorf("deleting branch %q: %w", name, failed)
}
