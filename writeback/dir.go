package writeback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/image-updater/image-updater/edit"
)

// reasonIgnored is why a file or folder is passed over in a work tree.
const reasonIgnored = "is ignored by Git"

// Dir is a folder of files. It must not be used by several goroutines at once.
type Dir struct {
	root    *os.Root
	ignore  *ignore
	scanner *edit.Scanner // of the last Find
	asides  []string      // that Find came by
}

// OpenDir opens the folder at name. Nothing outside of it is read or written, but for the ignore files of the Git work
// tree that it lies in.
func OpenDir(name string) (*Dir, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("opening folder %q: %w", name, cause(err))
	}
	ignore, err := newIgnore(name)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &Dir{root: root, ignore: ignore}, nil
}

// Close lets go of the folder.
func (d *Dir) Close() error { return d.root.Close() }

// Find returns the references that s finds in the files that match paths, by path. Symbolic links, what Git ignores and
// files that are too large are left out with a note; .git is left out without. Of what cannot be read there is an
// [*UnreadError] each, joined, beside what was found in the rest.
func (d *Dir) Find(ctx context.Context, s *edit.Scanner, paths edit.Paths) (edit.Found, error) {
	d.scanner = s
	w := dirWalk{dir: d, scanner: s, matcher: paths.Matcher()}
	if err := w.folder(ctx, d.root, ".", "", nil); err != nil {
		return edit.Found{}, err
	}
	return w.found, errors.Join(w.unread...)
}

// dirWalk is one search of a folder.
type dirWalk struct {
	dir     *Dir
	scanner *edit.Scanner
	matcher *edit.Matcher
	found   edit.Found
	unread  []error
	buffer  []byte // of the file that is looked at: a scanner keeps none of its bytes
}

// folder looks through a folder; root is opened on it, so that the way to it is not walked again for every file. chart is
// the innermost chart that it lies in, parts its path in pieces.
func (w *dirWalk) folder(ctx context.Context, root *os.Root, name, chart string, parts []string) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if len(parts) > maxNesting {
		// The whole path is longer than any screen.
		return reading(path.Join(parts[:3]...), fmt.Errorf("folders are nested more than %d deep", maxNesting))
	}
	entries, err := readDir(root)
	if err != nil {
		return reading(name, err)
	}
	if hasFile(entries, chartFile) {
		chart = name
	}
	leave, err := w.dir.ignore.enter(root, parts, entries)
	if err != nil {
		return reading(path.Join(name, ignoreName), err)
	}
	defer leave()
	for _, e := range entries {
		below := slices.Concat(parts, []string{e.Name()})
		if err := w.entry(ctx, root, path.Join(name, e.Name()), chart, below, e); err != nil {
			unread, ok := errors.AsType[*UnreadError](err)
			if !ok {
				return err
			}
			w.unread = append(w.unread, unread)
		}
	}
	return nil
}

// below looks through a folder in the one that root is opened on.
func (w *dirWalk) below(ctx context.Context, root *os.Root, name, chart string, parts []string) error {
	sub, err := openFolder(root, path.Base(name))
	if err != nil {
		return reading(name, err)
	}
	return errors.Join(w.folder(ctx, sub, name, chart, parts), sub.Close())
}

func (w *dirWalk) entry(ctx context.Context, root *os.Root, name, chart string, parts []string, e fs.DirEntry) error {
	switch {
	case e.Name() == ".git":
		return nil
	case e.IsDir():
		if !w.matcher.MayContain(name) {
			return nil
		}
		if w.dir.ignore.match(parts, true) {
			w.note(name, reasonIgnored)
			return nil
		}
		return w.below(ctx, root, name, chart, parts)
	case isAside(e):
		w.dir.asides = append(w.dir.asides, name)
		return nil
	case !w.matcher.Match(name) || !w.scanner.Wants(name):
		return nil
	case w.dir.ignore.match(parts, false):
		w.note(name, reasonIgnored)
		return nil
	case e.Type()&fs.ModeSymlink != 0:
		w.note(name, reasonSymlink)
		return nil
	case !e.Type().IsRegular():
		return nil // a pipe or a device: reading it may never end
	}
	return w.file(root, name, chart, e)
}

func (w *dirWalk) file(root *os.Root, name, chart string, e fs.DirEntry) error {
	info, err := e.Info() // known since the folder was listed
	if err != nil {
		return reading(name, err)
	}
	data, err := read(root, e.Name(), info.Size(), &w.buffer)
	if err != nil {
		return reading(name, err)
	}
	if data == nil {
		w.note(name, reasonTooLarge)
		return nil
	}
	w.found.Add(w.scanner.Find(edit.File{Path: name, Data: data, Chart: chart}))
	return nil
}

func (w *dirWalk) note(name, reason string) {
	w.found.Notes = append(w.found.Notes, edit.Refusal{Path: name, Reason: reason})
}

// reading says what could not be read: the system knows the last part of the path alone.
func reading(name string, err error) error { return &UnreadError{Path: name, Err: cause(err)} }

// cause is an error of the system without the path that the caller names.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// maxNesting bounds how deep folders are nested.
const maxNesting = 512

// openForReading does not wait for the other end of what has become a pipe since the folder was listed. It also spares
// the four system calls by which package os finds out that a file of a disk cannot be polled.
const openForReading = os.O_RDONLY | syscall.O_NONBLOCK

// openFolder opens a folder. Without the dot, opening what has become a pipe since the folder was listed would not end.
func openFolder(root *os.Root, name string) (*os.Root, error) { return root.OpenRoot(name + "/.") }

// readDir lists the folder that root is opened on by name, files before the folder whose name they begin: the order of
// whole paths.
func readDir(root *os.Root) ([]fs.DirEntry, error) {
	f, err := root.OpenFile(".", openForReading, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	return entries, err
}

func sortName(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

// hasFile reports whether a folder has a regular file of that name.
func hasFile(entries []fs.DirEntry, name string) bool {
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == name && e.Type().IsRegular() })
}

// read returns the content of a file that was size bytes long when it was last looked at, nil if it is too large. It lies
// in the buffer, whose next use overwrites it.
func read(root *os.Root, name string, size int64, buffer *[]byte) ([]byte, error) {
	f, err := root.OpenFile(name, openForReading, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readOpen(f, size, buffer)
}

// readOpen is read of a file that is open.
func readOpen(f *os.File, size int64, buffer *[]byte) ([]byte, error) {
	*buffer = slices.Grow((*buffer)[:0], int(min(size, maxRead))+1)
	data := *buffer
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case len(data) > maxRead:
			return nil, nil
		case errors.Is(err, io.EOF), err == nil && int64(len(data)) == size && n > 0:
			// A read that stops at the size that is known has met the end: asking again would only say so.
			*buffer = data
			return data, nil
		case err != nil:
			return nil, err
		}
		data = slices.Grow(data, 1)
	}
}
