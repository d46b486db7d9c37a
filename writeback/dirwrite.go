package writeback

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/image-updater/image-updater/edit"
)

// Preview makes the edits without writing them.
func (d *Dir) Preview(ctx context.Context, changes []edit.Change) (Preview, error) {
	commits := []Commit{{Changes: changes}}
	files := map[string]edit.File{}
	for _, name := range changedPaths(commits) {
		if ctx.Err() != nil {
			return Preview{}, context.Cause(ctx)
		}
		info, err := d.root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) || (err == nil && !info.Mode().IsRegular()) {
			continue // refused with the changes
		}
		if err != nil {
			return Preview{}, err
		}
		data, err := read(d.root, name, info.Size(), new([]byte))
		if err != nil {
			return Preview{}, err
		}
		files[name] = edit.File{Path: name, Data: data, Chart: d.chart(name)}
	}
	return applyAll(files, commits).preview, nil
}

// Write makes the edits and writes the files, each aside and then in the place of the old one: it is there as a whole or
// not at all. The mode stays; hard links are broken, for the other names may lie outside of the folder. A file that
// cannot be written stays as it was, the others are written all the same, and the error names it. The preview tells
// what was written.
func (d *Dir) Write(ctx context.Context, changes []edit.Change) (Preview, error) {
	p, err := d.Preview(ctx, changes)
	if err != nil {
		return Preview{}, err
	}
	var errs []error
	failed := map[string]bool{}
	written := p
	written.Files, written.Applied = nil, nil
	for i, f := range p.Files {
		if ctx.Err() != nil { // between two files: neither is half written
			errs = append(errs, fmt.Errorf("stopped with %s unwritten: %w", list(pathsOf(p.Files[i:])), context.Cause(ctx)))
			for _, rest := range p.Files[i:] {
				failed[rest.Path] = true
			}
			break
		}
		if err := d.replace(f.Path, f.New); err != nil {
			failed[f.Path] = true
			errs = append(errs, fmt.Errorf("writing %s: %w", f.Path, err))
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

// replace puts a new file in the place of an old one: written aside in the same folder, synced, renamed.
func (d *Dir) replace(name string, data []byte) (err error) {
	info, err := d.root.Lstat(name)
	if err != nil {
		return err
	}
	aside := path.Join(path.Dir(name), ".image-updater-"+rand.Text()[:10]+".tmp")
	f, err := d.root.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.remove(aside))
		}
	}()
	if err := fill(f, data, info.Mode().Perm()); err != nil {
		return err
	}
	// The folder is not synced: after a crash the old file or the new one stands there, and each is whole.
	return d.root.Rename(aside, name)
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
func (d *Dir) remove(aside string) error {
	if err := d.root.Remove(aside); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// chart returns the folder of the innermost chart that a file lies in, "" for none.
func (d *Dir) chart(name string) string {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if info, err := d.root.Lstat(path.Join(dir, chartFile)); err == nil && info.Mode().IsRegular() {
			return dir
		}
		if dir == "." {
			return ""
		}
	}
}
