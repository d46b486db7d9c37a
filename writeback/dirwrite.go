package writeback

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"

	"github.com/image-updater/image-updater/edit"
)

// Preview makes the edits without writing them.
func (d *Dir) Preview(ctx context.Context, changes []edit.Change) (Preview, error) {
	commits := []Commit{{Changes: changes}}
	files := map[string]edit.File{}
	way := way{top: d.root}
	defer way.close()
	for _, name := range changedPaths(commits) {
		if ctx.Err() != nil {
			return Preview{}, context.Cause(ctx)
		}
		folder, err := way.to(path.Dir(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // refused with the changes
		}
		if err != nil {
			return Preview{}, reading(name, err)
		}
		info, err := folder.Lstat(path.Base(name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return Preview{}, reading(name, err)
		}
		data, err := read(folder, path.Base(name), info.Size(), new([]byte))
		if err != nil {
			return Preview{}, reading(name, err)
		}
		files[name] = edit.File{Path: name, Data: data}
	}
	return applyAll(edit.Apply, files, commits).preview, nil
}

// Write makes the edits and writes the files, each aside and then in the place of the old one: it is there as a whole or
// not at all. The mode stays; hard links are broken, for the other names may lie outside of the folder. A file that
// cannot be written stays as it was, the others are written all the same, and a [*FileError] names it. The preview tells
// what was written.
func (d *Dir) Write(ctx context.Context, changes []edit.Change) (Preview, error) {
	p, err := d.Preview(ctx, changes)
	if err != nil {
		return Preview{}, err
	}
	var errs []error
	failed := map[string]bool{}
	d.clear()
	written := p
	written.Files, written.Applied = nil, nil
	way := way{top: d.root}
	defer way.close()
	for i, f := range p.Files {
		if ctx.Err() != nil { // between two files: neither is half written
			errs = append(errs, fmt.Errorf("stopped with %s unwritten: %w", list(pathsOf(p.Files[i:])), context.Cause(ctx)))
			for _, rest := range p.Files[i:] {
				failed[rest.Path] = true
			}
			break
		}
		if err := way.replace(f.Path, f.New); err != nil {
			failed[f.Path] = true
			errs = append(errs, &FileError{Path: f.Path, Err: err})
			continue
		}
		written.Files = append(written.Files, f)
	}
	for _, c := range p.Applied {
		if !failed[c.Site.Path] {
			written.Applied = append(written.Applied, c)
		}
	}
	return written, errors.Join(errs...)
}

func pathsOf(files []FileDiff) []string {
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	return paths
}

// way leads to the files of a folder and those below it. It keeps the folder of the last file open: files are written in
// order, and with each step on the way to one opened for every file that would be most of what the system has to do.
type way struct {
	top, last *os.Root
	name      string // of the last folder
}

// to returns a folder below the top one, opened until the next call.
func (w *way) to(name string) (*os.Root, error) {
	if name == "." {
		return w.top, nil
	}
	if w.last != nil && w.name == name {
		return w.last, nil
	}
	w.close()
	var err error
	w.last, err = w.top.OpenRoot(name + "/.") // without the dot, opening what has become a pipe would not end
	w.name = name
	return w.last, err
}

// close lets go of the last folder.
func (w *way) close() {
	if w.last != nil {
		_ = w.last.Close() // nothing was written through it that could be lost
	}
	w.last = nil
}

// replace puts a new file in the place of an old one: written aside in the same folder, synced, renamed.
func (w *way) replace(name string, data []byte) error {
	folder, err := w.to(path.Dir(name))
	if err != nil {
		return err
	}
	return replace(folder, path.Base(name), data)
}

// openForWriting spares system calls as openForReading does.
const openForWriting = os.O_WRONLY | os.O_CREATE | os.O_EXCL | syscall.O_NONBLOCK

func replace(folder *os.Root, name string, data []byte) (err error) {
	info, err := folder.Lstat(name)
	if err != nil {
		return err
	}
	aside := asideName()
	f, err := folder.OpenFile(aside, openForWriting, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove(folder, aside))
		}
	}()
	if err := fill(f, data, info.Mode().Perm()); err != nil {
		return err
	}
	// The folder is not synced: after a crash the old file or the new one stands there, and each is whole.
	return folder.Rename(aside, name)
}

// fill writes, sets the mode, syncs and closes.
func fill(f *os.File, data []byte, mode fs.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// remove takes away what was written aside, unless it has got its place already.
func remove(folder *os.Root, aside string) error {
	if err := folder.Remove(aside); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
