package writeback

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
)

const ignoreName = ".gitignore"

// maxIgnoreFile bounds an ignore file.
const maxIgnoreFile = 1 << 20

// ignore knows what Git ignores in the work tree that a folder lies in: the patterns of the ignore files from the top of
// the work tree down to where a walk is. The user's own ignore file belongs to his configuration and is not read.
type ignore struct {
	inTree   bool
	prefix   []string // the folder, from the top of the work tree
	patterns []gitignore.Pattern
}

// newIgnore looks for the work tree that the folder at name lies in and reads the ignore files above the folder.
func newIgnore(name string) (*ignore, error) {
	absolute, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	top, found := workTree(absolute)
	if !found {
		return &ignore{}, nil
	}
	ig := &ignore{inTree: true}
	if below, err := filepath.Rel(top, absolute); err == nil && below != "." {
		ig.prefix = strings.Split(filepath.ToSlash(below), "/")
	}
	// Git follows a symbolic link here, but none that is part of a work tree.
	if err := ig.readAbove(os.Stat, filepath.Join(top, ".git", "info", "exclude"), nil); err != nil {
		return nil, err
	}
	for n := range ig.prefix {
		above := filepath.Join(top, filepath.Join(ig.prefix[:n]...), ignoreName)
		if err := ig.readAbove(os.Lstat, above, ig.prefix[:n]); err != nil {
			return nil, err
		}
	}
	return ig, nil
}

// workTree returns the innermost folder around name that has a .git, which is a file in linked work trees.
func workTree(name string) (string, bool) {
	for {
		if _, err := os.Lstat(filepath.Join(name, ".git")); err == nil {
			return name, true
		}
		parent := filepath.Dir(name)
		if parent == name {
			return "", false
		}
		name = parent
	}
}

// enter takes the ignore file of the folder that root is opened on into account, given by the parts of its path and what
// lies in it, until the returned function is called.
func (ig *ignore) enter(root *os.Root, parts []string, entries []fs.DirEntry) (func(), error) {
	before := len(ig.patterns)
	leave := func() { ig.patterns = ig.patterns[:before] }
	if !ig.inTree || !hasFile(entries, ignoreName) {
		return leave, nil
	}
	return leave, ig.read(root.OpenFile, ignoreName, slices.Concat(ig.prefix, parts))
}

// readAbove adds the patterns of an ignore file outside of the folder. One that is missing, or is no file to look, has
// none.
func (ig *ignore) readAbove(look func(string) (fs.FileInfo, error), name string, domain []string) error {
	info, err := look(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	return ig.read(os.OpenFile, name, domain)
}

// read adds the patterns of an ignore file that holds for the folder domain.
func (ig *ignore) read(open func(string, int, fs.FileMode) (*os.File, error), name string, domain []string) error {
	f, err := open(name, openForReading, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxIgnoreFile+1))
	if err != nil {
		return err
	}
	if len(data) > maxIgnoreFile {
		return fmt.Errorf("ignore file is larger than %d bytes", maxIgnoreFile)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			ig.patterns = append(ig.patterns, gitignore.ParsePattern(line, domain))
		}
	}
	return nil
}

// match reports whether Git ignores what lies at the parts of a path below the folder.
func (ig *ignore) match(parts []string, isDir bool) bool {
	if len(ig.patterns) == 0 {
		return false
	}
	return gitignore.NewMatcher(ig.patterns).Match(slices.Concat(ig.prefix, parts), isDir)
}
