package git

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// Commit is a change of files to be drafted.
type Commit struct {
	Files   []File
	Author  Signature // committer, too
	Message string
	Signer  Signer // nil = the commit is not signed
}

// File is the new content of a file that exists.
type File struct {
	Path string
	Data []byte
}

// BlobID is the id that a file of this content has.
func BlobID(data []byte) Hash { return plumbing.ComputeHash(plumbing.BlobObject, data) }

// Draft is a chain of commits on top of a tree that no server has yet.
type Draft struct {
	tree    *Tree
	tip     Hash
	root    Hash
	objects []object
	have    map[Hash]bool   // ids in objects
	trees   map[Hash][]byte // the trees among them
	commits []*commit       // the commits among them
}

// Draft begins a chain of commits on the tree's.
func (t *Tree) Draft() *Draft {
	return &Draft{tree: t, tip: t.tip, root: t.root, have: map[Hash]bool{}, trees: map[Hash][]byte{}}
}

// Tip is the last commit of the chain, or the tree's own when there is none.
func (d *Draft) Tip() Hash { return d.tip }

// Empty reports whether there is nothing to push.
func (d *Draft) Empty() bool { return d.tip == d.tree.tip }

// Commit adds a commit and returns its id, which without a signature is the same for the same content, author, time and
// message on the same tip. When no byte differs it adds none and returns the tip so far.
func (d *Draft) Commit(c Commit) (Hash, error) {
	files := map[string][]byte{}
	for _, f := range c.Files {
		files[f.Path] = f.Data
	}
	root, err := d.rewrite(d.root, "", files)
	if err != nil {
		return Hash{}, err
	}
	if root == d.root {
		return d.tip, nil
	}
	raw, err := formatCommit(root, d.tip, c.Author, c.Message)
	if err != nil {
		return Hash{}, err
	}
	if c.Signer != nil {
		signature, err := c.Signer.Sign(raw, c.Author.When)
		if err != nil {
			return Hash{}, err
		}
		raw = withSignature(raw, signature)
	}
	made, err := parseCommit(plumbing.ComputeHash(plumbing.CommitObject, raw), raw)
	if err != nil {
		return Hash{}, err
	}
	d.commits = append(d.commits, made)
	d.root, d.tip = root, d.add(plumbing.CommitObject, raw)
	return d.tip, nil
}

// Tree returns the content as it stands after a push of the draft. It asks the server nothing and cannot fail: a push that
// has landed is not made undone by what comes after it.
func (d *Draft) Tree() *Tree {
	s := d.tree.store
	maps.Copy(s.trees, d.trees)
	for _, c := range d.commits {
		s.commits[c.id] = c
	}
	if s.withBlobs { // else a blob is asked for when it is wanted
		p := &pack{}
		for _, o := range d.objects {
			if o.kind == plumbing.BlobObject {
				s.blobs[o.id] = blobPlace{pack: p, entry: int32(len(p.entries))}
				p.entries = append(p.entries, packEntry{kind: o.kind, base: -1, data: o.data, id: o.id, resolved: true})
			}
		}
	}
	return &Tree{remote: d.tree.remote, store: s, tip: d.tip, root: d.root}
}

// rewrite puts the new ids of files, whose paths are relative to the tree, in the place of the old ones.
func (d *Draft) rewrite(id Hash, prefix string, files map[string][]byte) (Hash, error) {
	raw, ok := d.trees[id]
	if !ok {
		if raw, ok = d.tree.store.tree(id); !ok {
			return Hash{}, fmt.Errorf("tree %s of folder %q was not read", id, strings.TrimSuffix(prefix, "/"))
		}
	}
	here, below := split(files)
	out := slices.Clone(raw)
	done := map[string]bool{}
	for e := range entries(raw) {
		if e.err != nil {
			return Hash{}, fmt.Errorf("tree %s: %w", id, e.err)
		}
		name := string(e.name)
		data, isFile := here[name]
		nested, isDir := below[name]
		if !isFile && !isDir {
			continue
		}
		if done[name] {
			return Hash{}, fmt.Errorf("%s%s stands twice in its folder", prefix, name)
		}
		done[name] = true
		next, err := d.replaceEntry(e, prefix, data, nested)
		if err != nil {
			return Hash{}, err
		}
		copy(out[e.at:], next[:])
	}
	for _, name := range slices.Sorted(maps.Keys(here)) {
		if !done[name] {
			return Hash{}, fmt.Errorf("%s%s: no such file", prefix, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(below)) {
		if !done[name] {
			return Hash{}, fmt.Errorf("%s%s: no such folder", prefix, name)
		}
	}
	if bytes.Equal(out, raw) {
		return id, nil // the server has it
	}
	return d.addLike(id, plumbing.TreeObject, out), nil
}

// replaceEntry returns the new id of an entry: of a file with data, or of a folder with files below it.
func (d *Draft) replaceEntry(e treeEntry, prefix string, data []byte, nested map[string][]byte) (Hash, error) {
	path := prefix + string(e.name)
	switch {
	case nested != nil && data != nil:
		return Hash{}, fmt.Errorf("%s cannot be a file and a folder", path)
	case nested != nil && !e.mode.IsDir():
		return Hash{}, fmt.Errorf("%s is no folder", path)
	case nested != nil:
		return d.rewrite(e.id, path+"/", nested)
	case !e.mode.IsRegular():
		return Hash{}, fmt.Errorf("%s is no regular file", path)
	case BlobID(data) == e.id:
		return e.id, nil // the server has it
	default:
		return d.add(plumbing.BlobObject, data), nil
	}
}

// split parts paths into the names of files and the folders with what lies below them.
func split(files map[string][]byte) (here map[string][]byte, below map[string]map[string][]byte) {
	here, below = map[string][]byte{}, map[string]map[string][]byte{}
	for path, data := range files {
		dir, rest, nested := strings.Cut(path, "/")
		if !nested {
			if data == nil {
				data = []byte{} // nil means that there is no file of this name
			}
			here[dir] = data
			continue
		}
		if below[dir] == nil {
			below[dir] = map[string][]byte{}
		}
		below[dir][rest] = data
	}
	return here, below
}

// add keeps an object for the pack unless it is there already. One that the server may have from elsewhere goes with it
// all the same: what we know may be older than the server's latest cleaning up.
func (d *Draft) add(kind plumbing.ObjectType, data []byte) Hash { return d.addLike(Hash{}, kind, data) }

// addLike keeps an object that was made of another one by replacing bytes.
func (d *Draft) addLike(other Hash, kind plumbing.ObjectType, data []byte) Hash {
	id := plumbing.ComputeHash(kind, data)
	if d.have[id] {
		return id
	}
	if kind == plumbing.TreeObject {
		d.trees[id] = data
	}
	d.have[id] = true
	d.objects = append(d.objects, object{kind: kind, id: id, data: data, like: other})
	return id
}
