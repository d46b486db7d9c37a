package git

import (
	"container/heap"
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// maxWithTrees is how many commits are fetched for a log, one behind the other, from a server that sends trees along.
const maxWithTrees = 200

// Log is a piece of history: commits without their trees. The zero value is an empty one.
type Log struct {
	commits map[Hash]*commit
	// Short says that there are less than were asked for, since the server would have sent their trees along.
	Short bool
}

// Logged is a commit as a log shows it.
type Logged struct {
	ID      Hash
	Parents []Hash
	Message string
	// Author and Committer are as they stand in the commit: "Name <address> seconds zone".
	Author, Committer string
}

// MadeBy reports whether the commit may be one that [Draft.Commit] made for the identity of s, at whatever time: author
// and committer are one and the same. Whoever amends, rebases or picks such a commit becomes its committer.
func (l Logged) MadeBy(s Signature) bool {
	return l.Author == l.Committer && s.signed(l.Author)
}

// Maker is the name of who made the commit what it is: of its author or, if that is s, of whoever committed it again.
func (l Logged) Maker(s Signature) string {
	if s.signed(l.Author) {
		return nameIn(l.Committer)
	}
	return nameIn(l.Author)
}

// signed reports whether the line of an author or a committer is of the identity of s.
func (s Signature) signed(line string) bool { return strings.HasPrefix(line, s.person()+" ") }

// Log reads the commits that lead to tips, depth of them one behind the other. Trees and files stay at the server if it
// can leave them out; one that cannot is asked for less. What leads to the commit have, if it is not zero, is left out as
// well by a server that can.
func (r *Remote) Log(ctx context.Context, tips []Hash, depth int, have Hash) (*Log, error) {
	ctx, cancel := r.bound(ctx)
	defer cancel()
	log, err := r.history(ctx, tips, depth, have)
	if err != nil {
		return nil, explain(ctx, "reading the history of "+r.shown, err)
	}
	return log, nil
}

func (r *Remote) history(ctx context.Context, tips []Hash, depth int, have Hash) (*Log, error) {
	adv, err := r.capabilities(ctx)
	if err != nil {
		return nil, err
	}
	d := download{depth: depth, limits: packLimits{blob: maxPackedBlob, all: maxKeptInAnswer}}
	if adv.partial() {
		d.filter = packp.FilterTreeDepth(0)
	}
	for _, tip := range tips {
		if !slices.Contains(d.wants, tip) {
			d.wants = append(d.wants, tip)
		}
	}
	if d.filter == "" {
		d.depth = min(depth, maxWithTrees)
	} else if adv.negotiates() {
		d.have = have
	}
	p, err := r.download(ctx, d)
	if refuses(err) && d.filter != "" { // some servers filter blobs alone
		d.filter, d.depth, d.have = packp.FilterBlobNone(), min(depth, maxWithTrees), Hash{}
		p, err = r.download(ctx, d)
	}
	if err != nil {
		return nil, err
	}
	s := newStore()
	if _, err := s.add(p); err != nil {
		return nil, err
	}
	for _, tip := range d.wants {
		if s.commits[tip] == nil {
			return nil, &incompleteError{tip: tip}
		}
	}
	return &Log{commits: s.commits, Short: d.depth < depth}, nil
}

// NewLog returns a log of commits that were read before.
func NewLog(commits []Logged) *Log {
	l := &Log{commits: make(map[Hash]*commit, len(commits))}
	for _, c := range commits {
		l.commits[c.ID] = &commit{id: c.ID, parents: c.Parents, message: c.Message, author: c.Author, committer: c.Committer}
	}
	return l
}

// Log returns the commits that came with the tree, and with those that it shares what it holds with.
func (t *Tree) Log() *Log { return &Log{commits: maps.Clone(t.store.commits)} }

// Add takes over the commits of another log.
func (l *Log) Add(other *Log) {
	if l.commits == nil {
		l.commits = make(map[Hash]*commit, len(other.commits))
	}
	maps.Copy(l.commits, other.commits)
}

// All yields the commits in no order.
func (l *Log) All() iter.Seq[Logged] {
	return func(yield func(Logged) bool) {
		for _, c := range l.commits {
			if !yield(newLogged(c)) {
				return
			}
		}
	}
}

// Ending returns the commits that lead to tip, depth of them one behind the other: those that [Remote.Log] reads. It
// reports whether they are all here.
func (l *Log) Ending(tip Hash, depth int) (*Log, bool) {
	found := &Log{commits: map[Hash]*commit{}}
	for at := []Hash{tip}; depth > 0 && len(at) > 0; depth-- {
		var next []Hash
		for _, id := range at {
			if found.commits[id] != nil {
				continue
			}
			c := l.commits[id]
			if c == nil {
				return nil, false
			}
			found.commits[id] = c
			next = append(next, c.parents...)
		}
		at = next
	}
	return found, true
}

// Back returns the commits that lead to tip and not to any of the others, the latest first: by the time of their
// committers, but none before one that is built on it. cut says that there are older ones that were not fetched.
func (l *Log) Back(tip Hash, others ...Hash) (commits []Logged, cut bool) {
	elsewhere := map[Hash]bool{}
	for _, other := range others {
		walkBack(l.commits, other, func(c *commit) bool {
			elsewhere[c.id] = true
			return true
		})
	}
	children := map[Hash]int{} // how many commits that are not out yet are built on one
	walkBack(l.commits, tip, func(c *commit) bool {
		for _, parent := range c.parents {
			if !elsewhere[c.id] {
				children[parent]++
			}
		}
		return true
	})
	var ready latestFirst
	offer := func(id Hash) {
		switch c, fetched := l.commits[id]; {
		case elsewhere[id]:
		case !fetched:
			cut = true
		case children[id] == 0:
			heap.Push(&ready, c)
		}
	}
	for offer(tip); len(ready) > 0; {
		c := heap.Pop(&ready).(*commit)
		commits = append(commits, newLogged(c))
		for _, parent := range c.parents {
			children[parent]--
			offer(parent)
		}
	}
	return commits, cut
}

// latestFirst is a heap of commits.
type latestFirst []*commit

func (l latestFirst) Len() int { return len(l) }

func (l latestFirst) Less(i, j int) bool {
	a, b := newLogged(l[i]).When(), newLogged(l[j]).When()
	if !a.Equal(b) {
		return a.After(b)
	}
	return slices.Compare(l[i].id[:], l[j].id[:]) < 0
}

func (l latestFirst) Swap(i, j int) { l[i], l[j] = l[j], l[i] }

func (l *latestFirst) Push(c any) { *l = append(*l, c.(*commit)) }

func (l *latestFirst) Pop() any {
	last := len(*l) - 1
	c := (*l)[last]
	*l = (*l)[:last]
	return c
}

func newLogged(c *commit) Logged {
	return Logged{ID: c.id, Parents: c.parents, Message: c.message, Author: c.author, Committer: c.committer}
}

// Brief leaves out the addresses of all but the identity of s.
func (l Logged) Brief(s Signature) Logged {
	without := func(line string) string {
		if s.signed(line) {
			return line
		}
		return nameIn(line) + " <>" + line[strings.LastIndexByte(line, '>')+1:]
	}
	l.Author, l.Committer = without(l.Author), without(l.Committer)
	return l
}

// When is the time at which the commit was made in this form, zero if it cannot be read.
func (l Logged) When() time.Time {
	_, moment, _ := strings.Cut(l.Committer[strings.LastIndexByte(l.Committer, '>')+1:], " ")
	seconds, _, _ := strings.Cut(moment, " ")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// AuthorName is the name of the author without the address.
func (l Logged) AuthorName() string { return nameIn(l.Author) }

func nameIn(line string) string {
	name, _, _ := strings.Cut(line, "<")
	return strings.TrimSpace(name)
}
