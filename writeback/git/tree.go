package git

import (
	"bytes"
	"errors"
	"iter"
	"strings"
)

// Mode is what a tree entry is, as Git writes it: an octal number.
type Mode uint32

// The modes that Git writes.
const (
	ModeFile       Mode = 0o100644
	ModeExecutable Mode = 0o100755
	ModeSymlink    Mode = 0o120000
	ModeSubmodule  Mode = 0o160000
	ModeDir        Mode = 0o040000
)

// IsDir reports whether the entry is a folder.
func (m Mode) IsDir() bool { return m&0o170000 == ModeDir }

// IsRegular reports whether the entry is a file with bytes of its own, whatever its permissions.
func (m Mode) IsRegular() bool { return m&0o170000 == 0o100000 }

// Entry is a file, symbolic link or submodule in a tree.
type Entry struct {
	Path string // slash-separated, from the repository's root
	Mode Mode
	Hash Hash
}

// Tree is the content of a branch at one commit: names and ids, no bytes. It is not safe for concurrent use, nor are
// two trees of one [Remote] that were fetched one from the other.
type Tree struct {
	remote *Remote
	store  *store
	tip    Hash
	root   Hash
}

// Tip is the commit that the tree belongs to.
func (t *Tree) Tip() Hash { return t.tip }

// Root is the id of the tree itself. Trees with the same id have the same content.
func (t *Tree) Root() Hash { return t.root }

// Lookup returns the entry at path, which may be a folder, as far as the folders on the way are here: see [Tree.Reach].
func (t *Tree) Lookup(path string) (Entry, bool) {
	id, rest := t.root, path
	for {
		name, below, nested := strings.Cut(rest, "/")
		e, ok := t.child(id, name)
		if !ok || (nested && !e.mode.IsDir()) {
			return Entry{}, false
		}
		if !nested {
			return Entry{Path: path, Mode: e.mode, Hash: e.id}, true
		}
		id, rest = e.id, below
	}
}

func (t *Tree) child(id Hash, name string) (treeEntry, bool) {
	raw, ok := t.store.tree(id)
	if !ok {
		return treeEntry{}, false
	}
	for e := range entries(raw) {
		if e.err == nil && string(e.name) == name && e.usable() {
			return e, true
		}
	}
	return treeEntry{}, false
}

// treeEntry is one entry of a raw tree: MODE SP NAME NUL ID.
type treeEntry struct {
	mode Mode
	name []byte
	id   Hash
	at   int // where the 20 bytes of the id stand
	err  error
}

// usable reports whether the name can stand in a path.
func (e treeEntry) usable() bool {
	switch string(e.name) {
	case "", ".", "..":
		return false
	}
	return !bytes.ContainsRune(e.name, '/')
}

var errTree = errors.New("it cannot be read as a tree")

// entries yields the entries of a raw tree in their order. The last one has err set when the tree is broken.
func entries(raw []byte) iter.Seq[treeEntry] {
	return func(yield func(treeEntry) bool) {
		for at := 0; at < len(raw); {
			e, next := readEntry(raw, at)
			if !yield(e) || e.err != nil {
				return
			}
			at = next
		}
	}
}

func readEntry(raw []byte, at int) (treeEntry, int) {
	space := bytes.IndexByte(raw[at:], ' ')
	if space < 1 || space > 7 {
		return treeEntry{err: errTree}, 0
	}
	var mode Mode
	for _, c := range raw[at : at+space] {
		if c < '0' || c > '7' {
			return treeEntry{err: errTree}, 0
		}
		mode = mode<<3 | Mode(c-'0')
	}
	at += space + 1
	end := bytes.IndexByte(raw[at:], 0)
	if end < 0 || at+end+1+len(Hash{}) > len(raw) {
		return treeEntry{err: errTree}, 0
	}
	e := treeEntry{mode: mode, name: raw[at : at+end], at: at + end + 1}
	copy(e.id[:], raw[e.at:])
	return e, e.at + len(e.id)
}
