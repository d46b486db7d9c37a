package writeback

import (
	"context"
	"errors"
	"time"

	"github.com/image-updater/image-updater/writeback/git"
)

// Log is what was committed, without the trees.
type Log struct {
	Commits []Logged // the latest first, what was merged among them
	Cut     bool     // there are older ones
}

// Logged is a commit of a log.
type Logged struct {
	ID      string
	Branch  string
	Author  string // the name
	Maker   string // of who made it what it is: whoever amended, picked or squashed one of ours, else the author
	When    time.Time
	Message string
	Made    bool // it may be one that we made, and is as we made it
}

// History returns the commits of the target's branch, and of those heads that there are what the branch has not: the
// branch's first, then each head's. Nothing but commits is read, which makes two requests.
func (w *Writer) History(ctx context.Context, t Target, heads []string, depth int) (_ Log, err error) {
	remote, err := w.remote(t)
	if err != nil {
		return Log{}, err
	}
	defer func() { err = errors.Join(err, remote.Close()) }()
	refs, err := remote.Refs(ctx)
	if err != nil {
		return Log{}, err
	}
	name, err := branchName(remote, refs, t)
	if err != nil {
		return Log{}, err
	}
	base, ok := refs.Tip(branchPrefix + name)
	if !ok {
		return Log{}, missing(remote, refs, name)
	}
	tips, names := []git.Hash{base}, []string{name}
	for _, head := range heads {
		if tip, there := refs.Tip(branchPrefix + head); there {
			tips, names = append(tips, tip), append(names, head)
		}
	}
	fetched, err := remote.Log(ctx, tips, depth, git.Hash{})
	if err != nil {
		return Log{}, err
	}
	var all Log
	for i, tip := range tips {
		log := backFrom(fetched, t.Author.signature(), names[i], tip, tips[:min(i, 1)]...)
		all.Commits = append(all.Commits, log.Commits...)
		all.Cut = all.Cut || log.Cut
	}
	return all, nil
}

func backFrom(fetched *git.Log, we git.Signature, branch string, tip git.Hash, others ...git.Hash) Log {
	back, cut := fetched.Back(tip, others...)
	log := Log{Commits: make([]Logged, len(back)), Cut: cut}
	for i, c := range back {
		log.Commits[i] = Logged{ID: c.ID.String(), Branch: branch, Author: c.AuthorName(), Maker: c.Maker(we), When: c.When(),
			Message: c.Message, Made: c.MadeBy(we)}
	}
	return log
}
