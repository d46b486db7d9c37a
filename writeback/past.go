package writeback

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/image-updater/image-updater/writeback/git"
)

// maxKeptCommits bounds the commits of a branch that are kept for the next process.
const maxKeptCommits = 100_000

// past is what is known of the history of a branch. A commit never changes: one that came with trees, or was read by an
// earlier process, is not asked for again. mu guards the other fields.
type past struct {
	mu     sync.Mutex
	known  git.Log
	tip    git.Hash // the commit whose history was asked for last, or by the process before
	depth  int      // the largest that was asked for
	opened bool     // the file of the process before was looked for
	kept   keptMark // what is in the file
	news   bool     // something was learned that may not be there

	latest struct { // what was read last
		mark keptMark
		log  *git.Log
	}
}

type keptMark struct {
	Tip   git.Hash
	Depth int
}

// keptPast is what is kept of the history of a branch: the commits that lead to a tip, so many of them one behind the other.
type keptPast struct {
	Mark    keptMark
	Commits []keptCommit
}

// keptCommit is a commit without the addresses of others who made it, and with the gist of its message alone.
type keptCommit struct{ ID, Parents, Author, Committer, Message string } // the ids in bytes

// History returns the commits that led to the tip, depth of them one behind the other, with the gist of their messages. What is not known of them is asked for: with Writer.Scans set no process asks for what the one before knew.
// Unlike the other methods it does not wait for a publication, so that a [Decide] can call it for the tip it decides on.
func (b *Branch) History(ctx context.Context, depth int) (Log, error) {
	p := &b.past
	p.mu.Lock()
	defer p.mu.Unlock()
	mark := keptMark{b.stands(), depth}
	if p.latest.mark != mark {
		read, err := b.reads(ctx, mark.Tip, depth)
		if err != nil {
			return Log{}, err
		}
		p.latest.mark, p.latest.log = mark, read
	}
	log := backFrom(p.latest.log, b.author.signature(), b.name, mark.Tip)
	for i, c := range log.Commits {
		log.Commits[i].Message = b.writer.gist(c.Message)
	}
	return log, nil
}

// reads returns the commits that lead to tip. Those behind the last tip that was asked for are left out of the request, if
// they are all known: what was rewritten since then may lack others, and is read as a whole.
func (b *Branch) reads(ctx context.Context, tip git.Hash, depth int) (*git.Log, error) {
	p := &b.past
	p.news = true
	b.openPast()
	log, whole := p.known.Ending(tip, depth)
	if _, known := p.known.Ending(p.tip, depth); !whole && known {
		since, err := b.remote.Log(ctx, []git.Hash{tip}, depth, p.tip)
		if err == nil && !since.Short {
			p.known.Add(since)
			log, whole = p.known.Ending(tip, depth)
		}
	}
	if !whole {
		var err error
		if log, err = b.remote.Log(ctx, []git.Hash{tip}, depth, git.Hash{}); err != nil || log.Short {
			return log, err
		}
		p.known.Add(log)
	}
	p.tip, p.depth = tip, max(p.depth, depth)
	return log, nil
}

// meet takes over the commits that came with a tree.
func (p *past) meet(tree *git.Tree) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known.Add(tree.Log())
	p.news = true
}

// openPast takes over what the process before has kept, if there is anything.
func (b *Branch) openPast() {
	p := &b.past
	if p.opened || b.writer.Scans == "" {
		return
	}
	p.opened = true
	var kept keptPast
	name := b.keptName("history")
	f, err := openScanFile(name, &kept)
	if err != nil {
		b.writer.log().Debug("no history is kept", "branch", b.name, "err", err)
		return
	}
	f.close()
	b.inUse(name)
	commits := make([]git.Logged, len(kept.Commits))
	for i, c := range kept.Commits {
		commits[i] = git.Logged{ID: hashOf(c.ID), Author: c.Author, Committer: c.Committer, Message: c.Message}
		for parent := range slices.Chunk([]byte(c.Parents), len(git.Hash{})) {
			commits[i].Parents = append(commits[i].Parents, hashOf(string(parent)))
		}
	}
	log := git.NewLog(commits)
	log.Add(&p.known)
	p.known, p.tip, p.depth, p.kept = *log, kept.Mark.Tip, kept.Mark.Depth, kept.Mark
}

func hashOf(id string) (h git.Hash) {
	copy(h[:], id)
	return h
}

// keepPast keeps the history for the next process, if it was ever asked for: a process that only met what came since moves on
// what one before has kept. As with scans, that may fail.
func (b *Branch) keepPast() {
	b.past.mu.Lock()
	defer b.past.mu.Unlock()
	if b.writer.Scans == "" || !b.past.news {
		return
	}
	b.openPast()
	if err := b.writePast(); err != nil {
		b.writer.log().Info("the history is not kept", "branch", b.name, "err", err)
	}
}

func (b *Branch) writePast() error {
	p := &b.past
	mark := keptMark{b.stands(), p.depth}
	log, whole := p.known.Ending(mark.Tip, mark.Depth)
	if !whole { // it has moved since, or was rewritten
		mark = p.latest.mark
		log, whole = p.known.Ending(mark.Tip, mark.Depth)
	}
	if !whole || mark == p.kept || mark.Depth == 0 {
		return nil
	}
	kept := keptPast{Mark: mark}
	for c := range log.All() {
		c = c.Brief(b.author.signature())
		var parents strings.Builder
		for _, parent := range c.Parents {
			parents.Write(parent[:])
		}
		kept.Commits = append(kept.Commits, keptCommit{string(c.ID[:]), parents.String(), c.Author, c.Committer, b.writer.gist(c.Message)})
	}
	if len(kept.Commits) > maxKeptCommits {
		return fmt.Errorf("it is more than %d commits", maxKeptCommits)
	}
	if err := os.MkdirAll(b.writer.Scans, 0o700); err != nil {
		return err
	}
	if err := writeScanFile(b.keptName("history"), kept, maps.All(map[git.Hash][]byte{})); err != nil {
		return err
	}
	p.kept = mark
	return prune(b.writer.Scans)
}
