package writeback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/image-updater/image-updater/writeback/git"
)

// Bounds of the files that are read whole from a folder.
const (
	maxFolderFiles = 1000
	maxFolderFile  = 4 << 20  // bytes
	maxFolder      = 32 << 20 // bytes of all together
)

// keptFolder is the files of a folder as they were at a tip.
type keptFolder struct {
	Tip, Folder git.Hash // Folder is the id of its tree, zero for none
	Files       map[string][]byte
}

// Files returns the regular files that lie right in a folder of the branch and whose names match, by name. Where there is
// no such folder there are none. What is no regular file, or too large, is an error. As with [Branch.Find], a branch that
// has not moved is not asked again, by no process with [Writer.Scans] set.
func (b *Branch) Files(ctx context.Context, folder string, match func(name string) bool) (map[string][]byte, error) {
	done, err := take(ctx, b.busy)
	if err != nil {
		return nil, err
	}
	defer done()
	was := b.keptFolder(folder)
	if was.Tip == b.stands() {
		return was.Files, nil
	}
	// A tree of its own: a search that follows goes on from the one before, which has more.
	tree, err := b.remote.Fetch(ctx, b.stands(), nil, []string{folder})
	if err != nil {
		return nil, err
	}
	now := keptFolder{Tip: tree.Tip()}
	entry, there := tree.Lookup(folder)
	switch {
	case there && !entry.Mode.IsDir():
		return nil, fmt.Errorf("%s of branch %q is no folder", folder, b.name)
	case there && entry.Hash == was.Folder:
		now.Folder, now.Files = was.Folder, was.Files
	case there:
		now.Folder = entry.Hash
		if now.Files, err = filesOf(ctx, tree, entry, match); err != nil {
			return nil, fmt.Errorf("branch %q: %w", b.name, err)
		}
	}
	if err := b.keepFolder(folder, now); err != nil {
		b.writer.log().InfoContext(ctx, "the files of a folder are not kept", "branch", b.name, "err", err)
	}
	return now.Files, nil
}

// filesOf reads the files of a folder.
func filesOf(ctx context.Context, tree *git.Tree, at git.Entry, match func(name string) bool) (map[string][]byte, error) {
	folder, here, err := tree.Folder(at.Path, at.Hash)
	if err == nil && !here {
		err = errors.New("its tree did not come")
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", at.Path, err)
	}
	names, found := map[git.Hash][]string{}, 0
	for _, e := range folder.Entries {
		name := path.Base(e.Path)
		switch {
		case e.Mode.IsDir() || !match(name):
			continue
		case !e.Mode.IsRegular():
			return nil, fmt.Errorf("%s is no regular file", e.Path)
		case found == maxFolderFiles:
			return nil, fmt.Errorf("%s has more than %d files", at.Path, maxFolderFiles)
		}
		names[e.Hash] = append(names[e.Hash], name)
		found++
	}
	ids := slices.SortedFunc(maps.Keys(names), func(a, b git.Hash) int { return bytes.Compare(a[:], b[:]) })
	files := map[string][]byte{}
	var large []string
	size := 0
	err = tree.Blobs(ctx, ids, maxFolderFile, func(id git.Hash, data []byte) error {
		for _, name := range names[id] {
			if size += len(data); size > maxFolder {
				return fmt.Errorf("the files in %s have more than %d MiB", at.Path, maxFolder>>20)
			}
			files[name] = data
			if data == nil {
				large = append(large, name)
			}
		}
		return nil
	})
	if err == nil && len(large) > 0 {
		err = fmt.Errorf("%s is larger than %d MiB", path.Join(at.Path, slices.Min(large)), maxFolderFile>>20)
	}
	return files, err
}

// keptFolder returns the files that were kept of a folder; its zero value is of no tip.
func (b *Branch) keptFolder(folder string) keptFolder {
	var kept keptFolder
	if b.writer.Scans == "" {
		return kept
	}
	name := b.keptName("folder", folder)
	f, err := openScanFile(name, &kept)
	if err != nil {
		b.writer.log().Debug("no folder is kept", "branch", b.name, "err", err)
		return keptFolder{}
	}
	f.close()
	b.inUse(name)
	return kept
}

func (b *Branch) keepFolder(folder string, kept keptFolder) error {
	if b.writer.Scans == "" {
		return nil
	}
	if err := os.MkdirAll(b.writer.Scans, 0o700); err != nil {
		return err
	}
	if err := writeScanFile(b.keptName("folder", folder), kept, maps.All(map[git.Hash][]byte{})); err != nil {
		return err
	}
	return prune(b.writer.Scans)
}
