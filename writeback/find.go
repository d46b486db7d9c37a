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

// chartFile makes a folder a Helm chart.
const chartFile = "Chart.yaml"

// Reasons for which a file is passed over.
const (
	reasonSymlink   = "is a symbolic link"
	reasonSubmodule = "is a submodule, which belongs to another repository"
)

var reasonTooLarge = fmt.Sprintf("is larger than %d MiB and was not looked at", maxRead>>20)

// find searches the tip. What it shares with the last search, of this process or an earlier one, is neither fetched nor
// looked at again; a tip that was searched before is not even asked for.
func (b *Branch) find(ctx context.Context, s *edit.Scanner, paths edit.Paths) (edit.Found, error) {
	if b.scan == nil || !b.scan.answers(s, paths) {
		b.scan = b.keptScan(s, paths)
	}
	if b.scan != nil && b.scan.tip == b.stands() {
		return b.scan.found(), nil
	}
	tree, err := b.trees(ctx, paths.Folders())
	if err != nil {
		return edit.Found{}, err
	}
	now, err := b.search(ctx, s, paths, tree)
	if err != nil {
		return edit.Found{}, err
	}
	b.scan = now
	return now.found(), nil
}

// search is one search of a tree.
type search struct {
	scan
	matcher *edit.Matcher
	last    *scan               // an earlier one of the same query; nil = none
	was     map[string]git.Hash // the folders that are walked, as they were then
	chartOf map[string]string   // the innermost chart that each of these folders lies in, "" for none
	unknown map[git.Hash][]lookedAt
	chunk   int // how many are asked for at a time
	read    *fileData
}

// lookedAt is a file as the scanner is shown it.
type lookedAt struct{ path, chart string }

func (b *Branch) search(ctx context.Context, s *edit.Scanner, paths edit.Paths, tree *git.Tree) (*scan, error) {
	f := &search{
		matcher: paths.Matcher(),
		scan:    scan{scanner: s, paths: paths, tree: tree, tip: tree.Tip(), root: tree.Root(), charts: map[string]bool{}},
		last:    b.scan,
		was:     map[string]git.Hash{},
		chartOf: map[string]string{},
		unknown: map[git.Hash][]lookedAt{},
		chunk:   firstChunk,
		read:    &b.read,
	}
	if f.last != nil {
		f.was[""] = f.last.root
	}
	err := tree.Walk(ctx, f.enter, func(folder git.Folder) error { return f.visit(ctx, folder) })
	if err != nil {
		return nil, fmt.Errorf("reading the tree of branch %q: %w", b.name, err)
	}
	if err := f.fetch(ctx); err != nil {
		return nil, err
	}
	slices.SortFunc(f.files, func(a, b fileFound) int { return cmp.Compare(a.path, b.path) })
	return &f.scan, nil
}

// enter tells whether a folder is to be walked: if something in it can match, and it has changed since the last search.
func (f *search) enter(e git.Entry) bool {
	if !f.matcher.MayContain(e.Path) {
		return false
	}
	parent := parentOf(e.Path)
	if was, known := f.was[e.Path]; known && was == e.Hash && f.chartOf[parent] == f.last.chartOf(parent) {
		f.take(f.last, e.Path)
		return false
	}
	return true
}

// visit looks through the files of a folder.
func (f *search) visit(ctx context.Context, folder git.Folder) error {
	chart := f.chartIn(folder)
	before, err := f.before(folder.Path)
	if err != nil {
		return err
	}
	for _, e := range folder.Entries {
		was, known := before[e.Path]
		switch {
		case e.Mode.IsDir():
			if known && was.Mode.IsDir() {
				f.was[e.Path] = was.Hash
			}
		case !f.matcher.Match(e.Path):
		case known && was == e && chart == f.last.chartOf(folder.Path):
			f.files = append(f.files, f.last.file(e.Path)...)
		case e.Mode == git.ModeSubmodule:
			f.note(e.Path, reasonSubmodule)
		case !f.scanner.Wants(e.Path):
		case !e.Mode.IsRegular():
			f.note(e.Path, reasonSymlink)
		default:
			if err := f.want(ctx, lookedAt{e.Path, chart}, e.Hash); err != nil {
				return err
			}
		}
	}
	return nil
}

// chartIn returns the innermost chart that the files of a folder lie in.
func (f *search) chartIn(folder git.Folder) string {
	name := cmp.Or(folder.Path, ".")
	chart := ""
	if folder.Path != "" {
		chart = f.chartOf[parentOf(folder.Path)]
	}
	for _, e := range folder.Entries {
		if path.Base(e.Path) == chartFile && e.Mode.IsRegular() {
			chart = name
			f.charts[folder.Path] = true
		}
	}
	f.chartOf[folder.Path] = chart
	return chart
}

// before returns the entries of a folder as they were at the last search, as far as they are known, by path.
func (f *search) before(folder string) (map[string]git.Entry, error) {
	id, known := f.was[folder]
	if !known {
		return nil, nil
	}
	was, here, err := f.last.tree.Folder(folder, id)
	if !here || err != nil {
		return nil, err
	}
	entries := make(map[string]git.Entry, len(was.Entries))
	for _, e := range was.Entries {
		entries[e.Path] = e
	}
	return entries, nil
}

// parentOf returns the folder that something lies in, "" for the root.
func parentOf(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// Files are asked for in chunks, since all of an answer is in memory at a time. The first is small, and the next ones are as
// large as files like those before suggest.
const (
	firstChunk = 500
	maxChunk   = 2000
	chunkBytes = 4 << 20
)

// want looks at a file, now if its bytes are at hand, or when there are enough to ask for.
func (f *search) want(ctx context.Context, file lookedAt, id git.Hash) error {
	if data, ok := f.read.bytes[id]; ok {
		f.look(file, id, data)
		return nil
	}
	f.unknown[id] = append(f.unknown[id], file)
	if len(f.unknown) < f.chunk {
		return nil
	}
	return f.fetch(ctx)
}

// fetch looks at the files that were wanted.
func (f *search) fetch(ctx context.Context) error {
	if len(f.unknown) == 0 {
		return nil
	}
	ids := slices.SortedFunc(maps.Keys(f.unknown), func(a, b git.Hash) int { return bytes.Compare(a[:], b[:]) })
	size := 1
	err := f.tree.Blobs(ctx, ids, maxRead, func(id git.Hash, data []byte) error {
		size += len(data)
		for _, file := range f.unknown[id] {
			f.look(file, id, data)
		}
		return nil
	})
	f.chunk = max(firstChunk/10, min(maxChunk, chunkBytes*len(ids)/size))
	clear(f.unknown)
	return err
}

// look finds the references in one file; data is nil when it is too large.
func (f *search) look(file lookedAt, id git.Hash, data []byte) {
	if data == nil {
		f.note(file.path, reasonTooLarge)
		return
	}
	now := fileFound{file.path, f.scanner.Find(edit.File{Path: file.path, Data: data, Chart: file.chart})}
	if now.empty() {
		return
	}
	f.files = append(f.files, now)
	if len(now.found.Sites) > 0 {
		f.read.keep(id, data)
	}
}

func (f *search) note(path, reason string) {
	f.files = append(f.files, fileFound{path, edit.Found{Notes: []edit.Refusal{{Path: path, Reason: reason}}}})
}
