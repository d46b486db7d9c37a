package writeback

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/writeback/git"
)

// maxRead is the size up to which a file is looked at. Beyond edit.MaxFile that is only to see whether it names an image
// at all: a refusal of a large file that does not would be in everybody's way.
const maxRead = 8 << 20

// maxRemembered bounds the bytes of files with references that are kept for the edit that follows.
const maxRemembered = 16 << 20

// chartFile makes a folder a Helm chart.
const chartFile = "Chart.yaml"

// Reasons for which a file is passed over.
const (
	reasonSymlink   = "is a symbolic link"
	reasonSubmodule = "is a submodule, which belongs to another repository"
)

var reasonTooLarge = fmt.Sprintf("is larger than %d MiB and was not looked at", maxRead>>20)

// memory is what a search leaves behind for the next one and for the edits: what was found in which blob, and the bytes
// of files with references. What a new tip shares with the old one is neither fetched nor parsed again.
type memory struct {
	scanner *edit.Scanner
	found   map[place]*edit.Found // nil = nothing in it
	data    map[git.Hash][]byte
	bytes   int
}

// place is a blob under a name: what counts as a reference depends on both.
type place struct {
	path  string
	chart string
	blob  git.Hash
}

func newMemory(s *edit.Scanner) memory {
	return memory{scanner: s, found: map[place]*edit.Found{}, data: map[git.Hash][]byte{}}
}

// keep remembers the bytes of a blob as long as there is room.
func (m *memory) keep(id git.Hash, data []byte) {
	if _, ok := m.data[id]; ok || m.data == nil || m.bytes+len(data) > maxRemembered {
		return
	}
	m.data[id] = data
	m.bytes += len(data)
}

// search is one search of a tree.
type search struct {
	scanner *edit.Scanner
	old     memory
	next    memory
	wanted  []place
	notes   []edit.Refusal
}

func (b *Branch) find(ctx context.Context, s *edit.Scanner, paths edit.Paths) (edit.Found, error) {
	found := &search{scanner: s, next: newMemory(s)}
	if b.memory.scanner == s {
		found.old = b.memory
	} else {
		found.old.data = b.memory.data // bytes stay bytes, whoever reads them
	}
	if err := found.walk(b.tree, paths); err != nil {
		return edit.Found{}, fmt.Errorf("reading the tree of branch %q: %w", b.name, err)
	}
	if err := found.read(ctx, b.tree); err != nil {
		return edit.Found{}, err
	}
	b.memory = found.next
	return found.sum(), nil
}

// walk collects the files that may hold references.
func (f *search) walk(tree *git.Tree, paths edit.Paths) error {
	charts := map[string]bool{}
	err := tree.Walk(paths.MayContain, func(e git.Entry) error {
		if path.Base(e.Path) == chartFile && e.Mode.IsRegular() {
			charts[path.Dir(e.Path)] = true
		}
		switch {
		case !paths.Match(e.Path):
		case e.Mode == git.ModeSubmodule:
			f.notes = append(f.notes, edit.Refusal{Path: e.Path, Reason: reasonSubmodule})
		case !f.scanner.Wants(e.Path):
		case e.Mode.IsRegular():
			f.wanted = append(f.wanted, place{path: e.Path, blob: e.Hash})
		default:
			f.notes = append(f.notes, edit.Refusal{Path: e.Path, Reason: reasonSymlink})
		}
		return nil
	})
	for i := range f.wanted {
		f.wanted[i].chart = chartOf(f.wanted[i].path, charts)
	}
	return err
}

// chartOf returns the innermost of the charts that a file lies in, "" for none.
func chartOf(file string, charts map[string]bool) string {
	if len(charts) == 0 {
		return ""
	}
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		if charts[dir] {
			return dir
		}
		if dir == "." {
			return ""
		}
	}
}

// chunk is how many blobs are asked for at a time, so that what is known of those on their way stays small.
const chunk = 2000

// read looks into the files, and fetches those that are not known.
func (f *search) read(ctx context.Context, tree *git.Tree) error {
	unknown := map[git.Hash][]place{}
	for i, p := range f.wanted {
		if !f.remembers(p) {
			unknown[p.blob] = append(unknown[p.blob], p)
		}
		if len(unknown) == chunk || i == len(f.wanted)-1 {
			if err := f.fetch(ctx, tree, unknown); err != nil {
				return err
			}
			clear(unknown)
		}
	}
	return nil
}

// remembers takes what is known of a file from the search before.
func (f *search) remembers(p place) bool {
	data, hasData := f.old.data[p.blob]
	if known, ok := f.old.found[p]; ok {
		f.next.found[p] = known
		if hasData && known != nil {
			f.next.keep(p.blob, data)
		}
		return true
	}
	if hasData {
		f.look(p, data)
	}
	return hasData
}

func (f *search) fetch(ctx context.Context, tree *git.Tree, unknown map[git.Hash][]place) error {
	ids := slices.SortedFunc(maps.Keys(unknown), func(a, b git.Hash) int { return bytes.Compare(a[:], b[:]) })
	return tree.Blobs(ctx, ids, maxRead, func(id git.Hash, data []byte) error {
		for _, p := range unknown[id] {
			f.look(p, data)
		}
		return nil
	})
}

// look finds the references in one file; data is nil when it is too large.
func (f *search) look(p place, data []byte) {
	found := edit.Found{Notes: []edit.Refusal{{Path: p.path, Reason: reasonTooLarge}}}
	if data != nil {
		found = f.scanner.Find(edit.File{Path: p.path, Data: data, Chart: p.chart})
	}
	if empty(found) {
		f.next.found[p] = nil
		return
	}
	f.next.found[p] = &found
	if len(found.Sites) > 0 {
		f.next.keep(p.blob, data)
	}
}

func empty(f edit.Found) bool {
	return len(f.Sites)+len(f.Refused)+len(f.Notes)+len(f.TargetFiles) == 0
}

// sum adds up what was found, by path.
func (f *search) sum() edit.Found {
	slices.SortFunc(f.wanted, func(a, b place) int { return cmp.Compare(a.path, b.path) })
	var all edit.Found
	for _, p := range f.wanted {
		if found := f.next.found[p]; found != nil {
			all.Add(*found)
		}
	}
	all.Notes = append(all.Notes, f.notes...)
	slices.SortStableFunc(all.Notes, func(a, b edit.Refusal) int { return cmp.Compare(a.Path, b.Path) })
	return all
}
