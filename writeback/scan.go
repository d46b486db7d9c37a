package writeback

import (
	"cmp"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/writeback/git"
)

// scan is what a search found: the commit that it looked at, and what each of its files held. The next search compares
// folder by folder and file by file with it, and looks at what differs.
type scan struct {
	scanner   *edit.Scanner
	paths     edit.Paths
	tip, root git.Hash
	tree      *git.Tree       // has the folders that were walked
	charts    map[string]bool // the folders with a Chart.yaml, among these
	files     []fileFound     // those that hold anything, by path
	kept      bool            // on disk, as it is here
	receives  string          // what is there with it: see keptHead
}

// fileFound is what was found in one file.
type fileFound struct {
	path  string
	found edit.Found
}

// empty reports whether there is nothing in the file to tell of.
func (f fileFound) empty() bool {
	return len(f.found.Sites)+len(f.found.Refused)+len(f.found.Notes)+len(f.found.TargetFiles) == 0
}

// answers reports whether the scan is one of this query.
func (s *scan) answers(scanner *edit.Scanner, paths edit.Paths) bool {
	return s.scanner == scanner && slices.Equal(s.paths, paths)
}

// found adds up what was found, by path.
func (s *scan) found() edit.Found {
	var all edit.Found
	for _, f := range s.files {
		all.Add(f.found)
	}
	return all
}

// edited returns the scan of a tree that differs from the one that was searched by edits alone.
func (s *scan) edited(tree *git.Tree, by edited) *scan {
	now := *s
	now.tree, now.tip, now.root, now.kept = tree, tree.Tip(), tree.Root(), false
	now.files = slices.Clone(s.files)
	for _, f := range by.preview.Files {
		if i, found := now.at(f.Path); found {
			now.files[i].found = by.files[f.Path].Found
		}
	}
	now.files = slices.DeleteFunc(now.files, func(f fileFound) bool { return f.empty() })
	return &now
}

// file returns what was found in the file of a path: one find or none.
func (s *scan) file(path string) []fileFound {
	i, ok := s.at(path)
	if !ok {
		return nil
	}
	return s.files[i : i+1]
}

// at returns the index in files of a path, or where it would be.
func (s *scan) at(path string) (int, bool) {
	return slices.BinarySearchFunc(s.files, path, func(f fileFound, path string) int { return cmp.Compare(f.path, path) })
}

// chartOf returns the innermost chart that the files of a folder lie in, "" for none.
func (s *scan) chartOf(folder string) string {
	for ; ; folder = parentOf(folder) {
		if s.charts[folder] {
			return cmp.Or(folder, ".")
		}
		if folder == "" {
			return ""
		}
	}
}

// take takes over what another scan found below a folder.
func (s *scan) take(other *scan, folder string) {
	prefix := folder + "/"
	i, _ := other.at(prefix)
	for ; i < len(other.files) && strings.HasPrefix(other.files[i].path, prefix); i++ {
		s.files = append(s.files, other.files[i])
	}
	for chart := range other.charts {
		if chart == folder || strings.HasPrefix(chart, prefix) {
			s.charts[chart] = true
		}
	}
}

// maxRemembered bounds the bytes of files with references that are kept for the edit that follows.
const maxRemembered = 16 << 20

// fileData is the bytes of files with references.
type fileData struct {
	bytes map[git.Hash][]byte
	size  int
}

// keep remembers the bytes of a file. When there is no room the others go: they may be of a tip of long ago.
func (d *fileData) keep(id git.Hash, data []byte) {
	if _, ok := d.bytes[id]; ok || len(data) > maxRemembered {
		return
	}
	if d.bytes == nil || d.size+len(data) > maxRemembered {
		d.bytes, d.size = map[git.Hash][]byte{}, 0
	}
	d.bytes[id] = data
	d.size += len(data)
}
