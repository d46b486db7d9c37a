package git

import (
	"github.com/go-git/go-git/v5/plumbing"
)

// store holds what was read of one branch: its trees, the commits that came with them, and the blobs when the server
// cannot leave them out. Trees may be missing: see [Tree.fill]. It is not safe for concurrent use.
type store struct {
	trees   map[Hash][]byte
	commits map[Hash]*commit
	blobs   map[Hash]blobPlace
	tooBig  map[Hash]bool // blobs that came and were too large to keep
	holes   bool          // there are more, which came as deltas and whose ids are not known
	fetches int           // how often it was added to
	// withBlobs says that the blobs came with the trees, all of them.
	withBlobs bool
	// shelf returns trees that were kept beyond the process, nil for others. It may be nil.
	shelf Shelf
	// under is looked into for what is not here: the store of the branch that this one is compared with.
	under *store
}

// Shelf returns a tree that was read before, as Git stores it, or nil. What it returns is checked.
type Shelf func(id Hash) []byte

// blobPlace is where a blob is kept: in a pack, often as a delta.
type blobPlace struct {
	pack  *pack
	entry int32
}

func newStore() *store {
	return &store{
		trees:   map[Hash][]byte{},
		commits: map[Hash]*commit{},
		blobs:   map[Hash]blobPlace{},
		tooBig:  map[Hash]bool{},
	}
}

// add takes the objects of a pack over and returns the trees that are new.
func (s *store) add(p *pack) (map[Hash]bool, error) {
	fresh := map[Hash]bool{}
	for i := range p.entries {
		e := &p.entries[i]
		if !e.resolved || e.data == nil {
			s.holes = s.holes || !e.resolved
			continue
		}
		switch e.kind {
		case plumbing.TreeObject:
			if _, ok := s.trees[e.id]; !ok {
				s.trees[e.id] = e.data
				fresh[e.id] = true
			}
		case plumbing.CommitObject:
			c, err := parseCommit(e.id, e.data)
			if err != nil {
				return nil, err
			}
			s.commits[e.id] = c
		case plumbing.BlobObject:
			s.blobs[e.id] = blobPlace{pack: p, entry: int32(i)}
		}
	}
	for id := range p.dropped {
		s.tooBig[id] = true
	}
	return fresh, nil
}

// whole reports whether everything below the tree id is here, blobs included. What was here before a fetch was whole
// already, so only fresh trees are looked into.
func (s *store) whole(id Hash, fresh map[Hash]bool) bool {
	raw, ok := s.trees[id]
	if !ok {
		return false
	}
	if !fresh[id] {
		return true
	}
	for e := range entries(raw) {
		switch {
		case e.err != nil:
			return false
		case e.mode.IsDir() && !s.whole(e.id, fresh):
			return false
		case e.mode.IsRegular() && !s.hasBlob(e.id):
			return false
		}
	}
	return true
}

func (s *store) hasBlob(id Hash) bool {
	_, ok := s.blobs[id]
	return ok || s.tooBig[id]
}

// tree returns a tree as Git stores it, if it is here.
func (s *store) tree(id Hash) ([]byte, bool) {
	if raw, ok := s.trees[id]; ok {
		return raw, true
	}
	if s.shelf != nil {
		if raw := s.shelf(id); raw != nil && plumbing.ComputeHash(plumbing.TreeObject, raw) == id {
			s.trees[id] = raw
			return raw, true
		}
	}
	if s.under != nil {
		return s.under.tree(id)
	}
	return nil, false
}

// log visits the commits from tip backwards through all parents that are here, each once, until visit returns false.
func (s *store) log(tip Hash, visit func(*commit) bool) { walkBack(s.commits, tip, visit) }

func walkBack(commits map[Hash]*commit, tip Hash, visit func(*commit) bool) {
	seen := map[Hash]bool{tip: true}
	for queue := []Hash{tip}; len(queue) > 0; queue = queue[1:] {
		c, ok := commits[queue[0]]
		if !ok {
			continue
		}
		if !visit(c) {
			return
		}
		for _, parent := range c.parents {
			if !seen[parent] {
				seen[parent] = true
				queue = append(queue, parent)
			}
		}
	}
}
