package writeback

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/writeback/git"
)

// Bounds of the folder of kept scans. The oldest go.
const (
	maxKeptScans = 1024 // a Git repository has two
	maxKeptBytes = 256 << 20
)

// keptHead is what is kept of a scan beside its trees.
type keptHead struct {
	Tip, Root git.Hash
	Charts    []string
	Files     []keptFile
	Receives  string // what the server can do with pushes
}

type keptFile struct {
	Path  string
	Sites []edit.Kept
	Rest  edit.Found // without sites
}

// keptName names a file of the branch: by the remote, the branch, the program, and what is in it.
func (b *Branch) keptName(what ...string) string {
	sum := sha256.New()
	for _, text := range append([]string{b.remote.String(), b.name, b.writer.Build}, what...) {
		fmt.Fprintf(sum, "%d:%s,", len(text), text)
	}
	return filepath.Join(b.writer.Scans, hex.EncodeToString(sum.Sum(nil)[:16])+scanSuffix)
}

// scanName names the file of the scans of a query: by what is looked for where.
func (b *Branch) scanName(s *edit.Scanner, paths edit.Paths) string {
	return b.keptName(append([]string{"scan", s.Fingerprint()}, paths...)...)
}

// inUse marks a file as one that others go before.
func (b *Branch) inUse(name string) {
	now := b.writer.now()
	_ = os.Chtimes(name, now, now)
}

// keptScan returns the scan that was kept of a query, or nil. A file that cannot be read, or that is not what was written, is
// as good as none.
func (b *Branch) keptScan(s *edit.Scanner, paths edit.Paths) *scan {
	if b.writer.Scans == "" {
		return nil
	}
	name := b.scanName(s, paths)
	var head keptHead
	f, err := openScanFile(name, &head)
	if err != nil {
		b.writer.log().Debug("no scan is kept", "branch", b.name, "err", err)
		return nil
	}
	b.inUse(name)
	b.remote.Expect(head.Receives)
	was := &scan{
		scanner: s, paths: paths, tip: head.Tip, root: head.Root, kept: true, receives: head.Receives,
		tree: b.remote.Known(head.Tip, head.Root, f.tree), charts: map[string]bool{},
	}
	for _, folder := range head.Charts {
		was.charts[folder] = true
	}
	for _, file := range head.Files {
		found := file.Rest
		for _, kept := range file.Sites {
			found.Sites = append(found.Sites, s.Restore(kept))
		}
		was.files = append(was.files, fileFound{file.Path, found})
	}
	b.opened = append(b.opened, f)
	return was
}

// keepScan keeps the latest search for the next process. That may fail, which costs the next process time and nothing else.
func (b *Branch) keepScan() {
	if b.writer.Scans == "" || b.scan == nil {
		return
	}
	if err := b.write(b.scan); err != nil {
		b.writer.log().Info("what was found is not kept", "branch", b.name, "err", err)
	}
}

func (b *Branch) write(s *scan) error {
	receives := b.remote.Receives()
	if s.kept && s.receives == receives {
		return nil
	}
	head := keptHead{Tip: s.tip, Root: s.root, Receives: receives}
	for folder := range s.charts {
		head.Charts = append(head.Charts, folder)
	}
	slices.Sort(head.Charts)
	for _, f := range s.files {
		file := keptFile{Path: f.path, Rest: f.found}
		file.Rest.Sites = nil
		for _, site := range f.found.Sites {
			file.Sites = append(file.Sites, s.scanner.Keep(site))
		}
		head.Files = append(head.Files, file)
	}
	if err := os.MkdirAll(b.writer.Scans, 0o700); err != nil {
		return err
	}
	if err := writeScanFile(b.scanName(s.scanner, s.paths), head, s.tree.Trees(s.paths.Matcher().MayContain)); err != nil {
		return err
	}
	s.kept, s.receives = true, receives
	return prune(b.writer.Scans)
}

// prune removes the oldest files of a folder of scans until the others are within the bounds, and with them what processes
// left behind that were stopped while they wrote.
func prune(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var files []os.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && strings.HasSuffix(e.Name(), scanSuffix) {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	var size int64
	for i, f := range files {
		if size += f.Size(); i >= maxKeptScans || size > maxKeptBytes {
			_ = os.Remove(filepath.Join(folder, f.Name()))
		}
	}
	return nil
}
