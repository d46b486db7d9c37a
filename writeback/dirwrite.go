package writeback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
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
	return applyAll(d.apply, files, commits).preview, nil
}

// Write makes the edits and writes the files, each aside and then in the place of the old one: it is there as a whole or
// not at all. The mode stays; hard links are broken, for the other names may lie outside of the folder. A file that
// cannot be written stays as it was, the others are written all the same, and a [*FileError] names it. A file that has
// changed since Find has read it is searched again: what others have written meanwhile stays. The preview tells what was
// written.
func (d *Dir) Write(ctx context.Context, changes []edit.Change) (Preview, error) {
	p, err := d.Preview(ctx, changes)
	if err != nil {
		return Preview{}, err
	}
	d.clear()
	w := dirWriter{dir: d, way: way{top: d.root}, changes: changes, written: p}
	w.written.Files, w.written.Applied = nil, nil
	defer w.way.close()
	applied := map[string][]edit.Change{} // by path
	for _, c := range p.Applied {
		applied[c.Site.Path] = append(applied[c.Site.Path], c)
	}
	var errs []error
	for i, f := range p.Files {
		if ctx.Err() != nil { // between two files: neither is half written
			errs = append(errs, fmt.Errorf("stopped with %s unwritten: %w", list(pathsOf(p.Files[i:])), context.Cause(ctx)))
			break
		}
		if err := w.file(ctx, f, applied[f.Path]); err != nil {
			errs = append(errs, &FileError{Path: f.Path, Err: err})
		}
	}
	return w.written, errors.Join(errs...)
}

// dirWriter writes the files of a folder.
type dirWriter struct {
	dir     *Dir
	way     way
	changes []edit.Change // that are to be made
	written Preview
	buffer  []byte
}

// file puts a new file in the place of an old one, with what was applied in it. It is locked from the look at what it
// holds to its replacement. What others have made of it since it was edited is edited again, and not lost.
func (w *dirWriter) file(ctx context.Context, f FileDiff, applied []edit.Change) error {
	folder, err := w.way.to(path.Dir(f.Path))
	if err != nil {
		return err
	}
	locked, info, err := openLocked(ctx, folder, path.Base(f.Path))
	if err != nil {
		return err
	}
	defer locked.Close() // it was only read
	now, err := readOpen(locked, info.Size(), &w.buffer)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, f.Old) {
		if f, applied = w.again(f.Path, bytes.Clone(now)); len(applied) == 0 {
			return nil
		}
	}
	if err := replace(folder, path.Base(f.Path), f.New, info.Mode().Perm()); err != nil {
		return err
	}
	w.written.Files = append(w.written.Files, f)
	w.written.Applied = append(w.written.Applied, applied...)
	return nil
}

// again edits a file that has changed since it was edited, and tells what became of its changes in place of what was
// told before.
func (w *dirWriter) again(name string, data []byte) (FileDiff, []edit.Change) {
	changes := slices.DeleteFunc(slices.Clone(w.changes), func(c edit.Change) bool { return c.Site.Path != name })
	edited := w.dir.applyAgain(edit.File{Path: name, Data: data}, changes)
	here := func(r edit.Refusal) bool { return r.Path == name }
	p := &w.written
	p.Refused = append(slices.DeleteFunc(slices.Clone(p.Refused), here), edited.Refused...)
	p.Notes = append(slices.DeleteFunc(slices.Clone(p.Notes), here), edited.Notes...)
	p.Unchanged = slices.DeleteFunc(slices.Clone(p.Unchanged), func(c edit.Change) bool { return c.Site.Path == name })
	p.Unchanged = append(p.Unchanged, edited.Unchanged...)
	return FileDiff{Path: name, Old: data, New: edited.Data}, edited.Applied
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
	w.last, err = openFolder(w.top, name)
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

// openForWriting spares system calls as openForReading does.
const openForWriting = os.O_WRONLY | os.O_CREATE | os.O_EXCL | syscall.O_NONBLOCK

// replace puts a new file in the place of an old one: written aside in the same folder, brought to the disk, renamed.
func replace(folder *os.Root, name string, data []byte, mode fs.FileMode) (err error) {
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
	if err := fill(f, data, mode); err != nil {
		return err
	}
	// The folder is not synced: after a crash the old file or the new one stands there, and each is whole.
	return folder.Rename(aside, name)
}

// fill writes, sets the mode, brings all of it to the disk and closes.
func fill(f *os.File, data []byte, mode fs.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = order(f)
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
