package writeback

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/writeback/git"
)

const branchPrefix = "refs/heads/"

// Branch is a branch of a remote repository as it stood when it was last looked at. Its methods may be called from
// several goroutines; they wait for each other.
type Branch struct {
	writer *Writer
	remote *git.Remote
	url    string
	name   string
	author Identity
	signer git.Signer // nil = commits are not signed
	line   *line

	busy chan struct{} // a send takes the fields that follow, a receive gives them back
	seen int64         // line.pushes when the remote was last looked at
	refs git.Refs
	tree *git.Tree // the trees that were read last, maybe at an earlier tip; nil = none yet
	scan *scan     // the latest search, or one of an earlier process; nil = none yet
	read fileData
	// opened are the files of kept scans that trees are read from.
	opened []*scanFile

	tip  atomic.Value // where the branch stands, a git.Hash: it can be read while the branch is busy
	past past
}

// Tip is the commit at which the branch was last seen.
func (b *Branch) Tip() string {
	if tip, ok := b.tip.Load().(git.Hash); ok {
		return tip.String()
	}
	return ""
}

// stands is the commit at which the branch was last seen. Every branch that was opened has one.
func (b *Branch) stands() git.Hash { return b.tip.Load().(git.Hash) }

// Name is the short name of the branch.
func (b *Branch) Name() string { return b.name }

// Close lets go of the connection to the remote, and keeps what was found, and read of the history, for the next process.
func (b *Branch) Close() error {
	b.keepScan()
	b.keepPast()
	for _, f := range b.opened {
		f.close()
	}
	b.opened = nil
	return b.remote.Close()
}

// Refresh looks where the branch stands now, which is one request. It reports whether the branch has moved.
func (b *Branch) Refresh(ctx context.Context) (bool, error) {
	done, err := take(ctx, b.busy)
	if err != nil {
		return false, err
	}
	defer done()
	before := b.stands()
	if err := b.refresh(ctx); err != nil {
		return false, err
	}
	return b.stands() != before, nil
}

func (b *Branch) refresh(ctx context.Context) error {
	seen := b.line.pushes.Load()
	refs, err := b.remote.Refs(ctx)
	if err != nil {
		return err
	}
	if err := b.follow(refs); err != nil {
		return err
	}
	b.seen = seen
	return nil
}

// follow takes over where refs tell that the branch stands.
func (b *Branch) follow(refs git.Refs) error {
	tip, ok := refs.Tip(branchPrefix + b.name)
	if !ok {
		return missing(b.remote, refs, b.name)
	}
	b.refs = refs
	b.tip.Store(tip)
	return nil
}

// maxChases is how often a branch may move between the reading of its tip and of its trees.
const maxChases = 3

// trees returns the trees of the tip. If none were read before, those of folders are, or all if there are none. A tip that is
// gone before its trees are read is looked for anew.
func (b *Branch) trees(ctx context.Context, folders []string) (*git.Tree, error) {
	for chase := 1; ; chase++ {
		tip, older := b.stands(), b.tree
		if older == nil && b.scan != nil {
			older = b.scan.tree
		}
		tree, err := b.remote.Fetch(ctx, tip, older, folders)
		if err == nil {
			b.tree = tree
			b.past.meet(tree)
			return tree, nil
		}
		again, refsErr := b.remote.Refs(ctx)
		if refsErr != nil {
			return nil, err
		}
		if now, _ := again.Tip(branchPrefix + b.name); now == tip || chase == maxChases {
			return nil, err
		}
		if err := b.follow(again); err != nil {
			return nil, err
		}
	}
}

func missing(remote *git.Remote, refs git.Refs, branch string) error {
	return fmt.Errorf("%s: %w", remote, &MissingBranchError{Branch: branch, Near: nearest(branch, refs.Branches())})
}

// Find returns the references that s finds in the files that match paths, by path. Symbolic links, submodules, LFS
// pointers and files that are too large are left out with a note.
func (b *Branch) Find(ctx context.Context, s *edit.Scanner, paths edit.Paths) (edit.Found, error) {
	done, err := take(ctx, b.busy)
	if err != nil {
		return edit.Found{}, err
	}
	defer done()
	return b.find(ctx, s, paths)
}

// Preview makes the edits of commits without publishing them.
func (b *Branch) Preview(ctx context.Context, commits []Commit) (Preview, error) {
	done, err := take(ctx, b.busy)
	if err != nil {
		return Preview{}, err
	}
	defer done()
	edited, err := b.apply(ctx, commits)
	return edited.preview, err
}

// signature dates a commit.
func (b *Branch) signature() git.Signature {
	s := b.author.signature()
	s.When = b.writer.now()
	return s
}

// signature is the identity as it signs, without a time.
func (i Identity) signature() git.Signature {
	s := git.Signature{Name: i.Name, Email: i.Email}
	if strings.TrimSpace(s.Name) == "" {
		s.Name = "image-updater"
	}
	if strings.TrimSpace(s.Email) == "" {
		s.Email = "image-updater@localhost"
	}
	return s
}
