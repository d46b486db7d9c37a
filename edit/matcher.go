package edit

import (
	"slices"
	"strings"
)

// Matcher is [Paths] made ready for many files: ten thousand globs of as many folders cost each file no more than those of
// its own folders.
type Matcher struct {
	all   bool                // there are no globs
	globs map[string][]string // by the folder in front of their first special character, with a slash; "" for the root
	above map[string]bool     // these folders, and those on the way to them
}

// Matcher returns the globs by their folders.
func (p Paths) Matcher() *Matcher {
	m := &Matcher{all: len(p) == 0, globs: make(map[string][]string, len(p)), above: make(map[string]bool, len(p))}
	for _, glob := range p {
		folder := literalFolder(glob)
		m.globs[folder] = append(m.globs[folder], glob)
		for above := folder; above != "" && !m.above[above]; above = literalFolder(strings.TrimSuffix(above, "/")) {
			m.above[above] = true
		}
	}
	return m
}

// Match is [Paths.Match].
func (m *Matcher) Match(path string) bool {
	return m.all || m.any(path, func(glob string) bool { return matchGlob(glob, path) })
}

// MayContain is [Paths.MayContain].
func (m *Matcher) MayContain(dir string) bool {
	return m.all || dir == "" || dir == "." || m.above[dir+"/"] ||
		m.any(dir, func(glob string) bool { return mayContain(glob, dir) })
}

// any asks about the globs of the folders that a path lies in.
func (m *Matcher) any(path string, is func(glob string) bool) bool {
	for end := 0; ; {
		if slices.ContainsFunc(m.globs[path[:end]], is) {
			return true
		}
		next := strings.IndexByte(path[end:], '/')
		if next < 0 {
			return false
		}
		end += next + 1
	}
}
