package git

import (
	"context"
	"fmt"
	"iter"
)

// maxDepth bounds how deep folders are nested.
const maxDepth = 512

// Folder is one folder of a tree.
type Folder struct {
	Path    string // "" is the root
	Hash    Hash
	Entries []Entry // in Git's order, folders included; an entry whose name cannot be part of a path is left out
}

// Walk visits the folders of the tree, each before those in it, but for those that enter keeps it from. Folders that are
// not here are fetched, all that are missing at once, when the others were visited.
func (t *Tree) Walk(ctx context.Context, enter func(Entry) bool, visit func(Folder) error) error {
	w := walk{tree: t, enter: enter, visit: visit}
	for at := []Entry{{Mode: ModeDir, Hash: t.root}}; len(at) > 0; at = w.missing {
		w.missing = nil
		for _, folder := range at {
			if err := w.folder(folder, 0); err != nil {
				return err
			}
		}
		if err := t.Fill(ctx, w.missing); err != nil {
			return err
		}
	}
	return nil
}

// walk is a Walk under way.
type walk struct {
	tree    *Tree
	enter   func(Entry) bool
	visit   func(Folder) error
	missing []Entry
}

func (w *walk) folder(e Entry, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: folders are nested more than %d deep", clip([]byte(e.Path)), maxDepth)
	}
	f, ok, err := w.tree.Folder(e.Path, e.Hash)
	if !ok || err != nil {
		w.missing = append(w.missing, e)
		return err
	}
	if err := w.visit(f); err != nil {
		return err
	}
	for _, below := range f.Entries {
		if !below.Mode.IsDir() || w.enter != nil && !w.enter(below) {
			continue
		}
		if err := w.folder(below, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// Folder returns the folder that a tree of this id is at path, if it is here: of this commit or of another one.
func (t *Tree) Folder(path string, id Hash) (_ Folder, ok bool, err error) {
	raw, ok := t.store.tree(id)
	if !ok {
		return Folder{}, false, nil
	}
	f := Folder{Path: path, Hash: id}
	prefix := ""
	if path != "" {
		prefix = path + "/"
	}
	for e := range entries(raw) {
		if e.err != nil {
			return Folder{}, false, fmt.Errorf("tree %s: %w", id, e.err)
		}
		if e.usable() {
			f.Entries = append(f.Entries, Entry{Path: prefix + string(e.name), Mode: e.mode, Hash: e.id})
		}
	}
	return f, true, nil
}

// Trees yields the trees below the root that are here, as Git stores them, each once. It looks into a folder only if enter
// says so. See [Shelf].
func (t *Tree) Trees(enter func(dir string) bool) iter.Seq2[Hash, []byte] {
	return func(yield func(Hash, []byte) bool) {
		seen := map[Hash]bool{}
		var visit func(path string, id Hash) bool
		visit = func(path string, id Hash) bool {
			f, ok, err := t.Folder(path, id)
			if !ok || err != nil {
				return true
			}
			if !seen[id] {
				seen[id] = true
				raw, _ := t.store.tree(id)
				if !yield(id, raw) {
					return false
				}
			}
			for _, e := range f.Entries {
				if e.Mode.IsDir() && enter(e.Path) && !visit(e.Path, e.Hash) {
					return false
				}
			}
			return true
		}
		visit("", t.root)
	}
}
