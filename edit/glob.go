package edit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// CheckGlob reports why glob is no pattern for files of the repository. Patterns are those of doublestar: *, ?, [a-z],
// {a,b} inside a folder's name or a file's, and ** for any number of folders.
func CheckGlob(glob string) error {
	switch {
	case glob == "":
		return errors.New("glob is empty")
	case strings.HasPrefix(glob, "/"):
		return fmt.Errorf("glob %q begins with a slash, want it relative to the repository's root", glob)
	case strings.HasSuffix(glob, "/"):
		return fmt.Errorf("glob %q names a folder, want %q", glob, glob+"**")
	case !doublestar.ValidatePattern(glob):
		return fmt.Errorf("glob %q is malformed", glob)
	}
	for part := range strings.SplitSeq(strings.NewReplacer("{", "/", "}", "/", ",", "/").Replace(glob), "/") {
		if part == ".." {
			return fmt.Errorf("glob %q leaves the repository", glob)
		}
	}
	return nil
}

// Paths is a list of globs, each good by [CheckGlob]; the empty list is the whole repository.
type Paths []string

// Match reports whether one of the globs matches a file.
func (p Paths) Match(path string) bool {
	for _, glob := range p {
		if matchGlob(glob, path) {
			return true
		}
	}
	return len(p) == 0
}

// MayContain reports whether a glob can match anything below a folder ("" or "." for the root), so that a walk can
// pass by the others.
func (p Paths) MayContain(dir string) bool {
	for _, glob := range p {
		if mayContain(glob, dir) {
			return true
		}
	}
	return len(p) == 0
}

// Folders returns the folders that hold all files the globs can match, none of them within another; nil when only the
// root does.
func (p Paths) Folders() []string {
	var folders []string
	for _, glob := range p {
		folder := strings.TrimSuffix(literalFolder(glob), "/")
		if folder == "" {
			return nil
		}
		folders = append(folders, folder)
	}
	slices.Sort(folders)
	folders = slices.Compact(folders)
	all := make(map[string]bool, len(folders))
	for _, folder := range folders {
		all[folder] = true
	}
	return slices.DeleteFunc(folders, func(folder string) bool {
		for i, c := range folder {
			if c == '/' && all[folder[:i]] {
				return true
			}
		}
		return false
	})
}

// globSpecial are the characters that stand for others in a glob.
const globSpecial = `*?[{\`

// matchGlob compares what stands before the first special character by itself: nearly all files fail there.
func matchGlob(glob, path string) bool {
	literal := strings.IndexAny(glob, globSpecial)
	if literal < 0 {
		return glob == path
	}
	return strings.HasPrefix(path, glob[:literal]) && doublestar.MatchUnvalidated(glob, path)
}

// mayContain compares a glob with a folder, part by part.
func mayContain(glob, dir string) bool {
	if dir == "" || dir == "." {
		return true
	}
	if strings.ContainsAny(glob, `{\`) {
		return mayContainLiteral(glob, dir)
	}
	for folder := range strings.SplitSeq(dir, "/") {
		part, rest, more := strings.Cut(glob, "/")
		if part == "**" {
			return true
		}
		if !more || !doublestar.MatchUnvalidated(part, folder) {
			return false
		}
		glob = rest
	}
	return true
}

// mayContainLiteral is for globs that do not fall apart at each slash: the part before their first special character
// decides.
func mayContainLiteral(glob, dir string) bool {
	literal := glob[:strings.IndexAny(glob, globSpecial)]
	dir += "/"
	return strings.HasPrefix(literal, dir) || strings.HasPrefix(dir, literal)
}
