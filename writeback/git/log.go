package git

import (
	"container/heap"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// maxWithTrees is how many commits are fetched for a log, one behind the other, from a server that sends trees along.
const maxWithTrees = 200

// Log is a piece of history: commits without their trees.
type Log struct{ store *store }

// Logged is a commit as a log shows it.
type Logged struct {
	ID      Hash
	Message string
	// Author and Committer are as they stand in the commit: "Name <address> seconds zone".
	Author, Committer string
}

// MadeBy reports whether the commit may be one that [Draft.Commit] made for the identity of s, at whatever time: author
// and committer are one and the same. Whoever amends, rebases or picks such a commit becomes its committer.
func (l Logged) MadeBy(s Signature) bool {
	return l.Author == l.Committer && strings.HasPrefix(l.Author, s.person()+" ")
}

// Log reads the commits that lead to tips, depth of them one behind the other. Trees and files stay at the server if it
// can leave them out; one that cannot is asked for less.
func (r *Remote) Log(ctx context.Context, tips []Hash, depth int) (*Log, error) {
	ctx, cancel := r.bound(ctx)
	defer cancel()
	s, err := r.history(ctx, tips, depth)
	if err != nil {
		return nil, explain(ctx, "reading the history of "+r.shown, err)
	}
	return &Log{store: s}, nil
}

func (r *Remote) history(ctx context.Context, tips []Hash, depth int) (*store, error) {
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
	}
	p, err := r.download(ctx, d)
	if refuses(err) && d.filter != "" { // some servers filter blobs alone
		d.filter, d.depth = packp.FilterBlobNone(), min(depth, maxWithTrees)
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
	return s, nil
}

// Back returns the commits that lead to tip and not to any of the others, the latest first: by the time of their
// committers, but none before one that is built on it. cut says that there are older ones that were not fetched.
func (l *Log) Back(tip Hash, others ...Hash) (commits []Logged, cut bool) {
	elsewhere := map[Hash]bool{}
	for _, other := range others {
		l.store.log(other, func(c *commit) bool {
			elsewhere[c.id] = true
			return true
		})
	}
	children := map[Hash]int{} // how many commits that are not out yet are built on one
	l.store.log(tip, func(c *commit) bool {
		for _, parent := range c.parents {
			if !elsewhere[c.id] {
				children[parent]++
			}
		}
		return true
	})
	var ready latestFirst
	offer := func(id Hash) {
		switch c, fetched := l.store.commits[id]; {
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
	return Logged{ID: c.id, Message: c.message, Author: c.author, Committer: c.committer}
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
func (l Logged) AuthorName() string {
	name, _, _ := strings.Cut(l.Author, "<")
	return strings.TrimSpace(name)
}
