package edit

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// Query says what is looked for. The zero Query finds every reference of every image. A name that can be read in several
// ways, behind a registry of its own or the chart's, is then read as the image of a policy in Markers, if it may be one.
type Query struct {
	Images  []image.Repository          // only these; empty = all
	Markers map[string]image.Repository // policy name -> its image: what a marker may name; nil = markers are ignored
	Targets []Target                    // those of images that are not sought are left out
}

// Target is a place that a policy names beyond the references that are found by themselves.
type Target struct {
	Policy string
	Image  image.Repository
	File   string // a glob: see CheckGlob
	Key    string // the path to the value: see CheckKey
	Regexp string // or a regexp (RE2, ^ and $ match at lines) with one group around what is written
	Value  string // what is written, with {tag}, {digest} and {image} in it; "" = "{tag}"
	Expect int    // how often it matches in each file that matches; 0 = once
}

// TargetError is what is wrong with a target of a Query.
type TargetError struct {
	Index int    // in Query.Targets
	Field string // "file", "key", "regexp", "value" or "expect"
	Err   error
}

// Error returns "targets[0].key: ...".
func (e *TargetError) Error() string {
	return fmt.Sprintf("targets[%d].%s: %v", e.Index, e.Field, e.Err)
}

// Unwrap returns what is wrong with the field.
func (e *TargetError) Unwrap() error { return e.Err }

// Scanner finds references in files. It holds nothing that changes, so many goroutines may use one.
type Scanner struct {
	query    Query
	screen   screen
	targets  []*target
	byFolder targetIndex
}

// NewScanner compiles a query. The error joins a *TargetError for each wrong field of a target.
func NewScanner(q Query) (*Scanner, error) {
	s := &Scanner{query: q, screen: newScreen(q.Images)}
	if len(q.Images) == 0 && len(q.Markers) > 0 {
		s.screen.known = knownOf(q.Markers)
	}
	var errs []error
	for i, t := range q.Targets {
		compiled, err := compileTarget(i, t)
		if err != nil {
			errs = append(errs, err)
		}
		if s.screen.seeks(t.Image) {
			s.targets = append(s.targets, compiled)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	s.byFolder = indexTargets(s.targets)
	return s, nil
}

// knownOf makes a screen of the images of policies, in an order that is always the same.
func knownOf(policies map[string]image.Repository) *screen {
	var images []image.Repository
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		images = append(images, policies[name])
	}
	known := newScreen(images)
	return &known
}

// Wants reports, by its name alone, whether a file may hold references, so that others need not be fetched.
func (s *Scanner) Wants(path string) bool {
	_, wanted := s.class(path)
	return wanted || len(s.byFolder.of(path)) > 0
}

// class tells how a file is read when it is looked at for its own sake, not for a target's.
func (s *Scanner) class(name string) (syntax, bool) {
	base := path.Base(name)
	switch path.Ext(base) {
	case ".yaml", ".yml":
		return yamlSyntax, true
	case ".json":
		return jsonSyntax, true
	}
	switch {
	case isKustomization(base):
		return yamlSyntax, true
	case isDockerfile(base):
		return dockerSyntax, true
	}
	if isAssignments(base) {
		return textSyntax, len(s.query.Markers) > 0
	}
	return rawSyntax, false
}

// isAssignments tells the files in which markers are looked for on KEY=value lines: those without an extension and those
// of formats that have such lines and # comments.
func isAssignments(base string) bool {
	lower := strings.ToLower(base)
	ext := path.Ext(lower)
	return ext == "" || strings.HasPrefix(lower, ".env") || slices.Contains(assignmentExtensions, ext)
}

var assignmentExtensions = []string{".bash", ".cfg", ".conf", ".env", ".hcl", ".ini", ".mk", ".properties", ".sh", ".tf",
	".tfvars", ".toml", ".txt"}

// Find returns the references in a file. A file that holds no sought name and no marker is not parsed.
func (s *Scanner) Find(f File) Found { return s.find(f, nil) }

// find is Find in a file of which the tree may be known already.
func (s *Scanner) find(f File, parsed *tree) Found {
	class, wanted := s.class(f.Path)
	search := search{scanner: s, file: f, targets: s.byFolder.of(f.Path), syntax: class, tree: parsed}
	if !wanted && len(search.targets) == 0 {
		return Found{}
	}
	if class == rawSyntax && slices.ContainsFunc(search.targets, func(t *target) bool { return t.pattern == nil }) {
		search.syntax = yamlSyntax // a key is asked of a file with an unknown name
	}
	search.run(wanted)
	return search.found
}

// Missing returns, once all files were searched and their finds added up, the targets that matched nowhere.
func (s *Scanner) Missing(found Found) []Refusal {
	files, matches, unread := map[int]int{}, map[int]int{}, map[int]bool{}
	for _, f := range found.TargetFiles {
		files[f.Target]++
		matches[f.Target] += f.Matches
		unread[f.Target] = unread[f.Target] || f.Unread
	}
	var missing []Refusal
	for _, t := range s.targets {
		reason := ""
		switch {
		case files[t.index] == 0:
			reason = "target matches no file"
		case matches[t.index] == 0 && unread[t.index]:
			continue // it was told why nothing can be looked for
		case matches[t.index] == 0:
			reason = fmt.Sprintf("%s of the target matches nothing in %s", t.way(), count(files[t.index], "file"))
		default:
			continue
		}
		missing = append(missing, Refusal{Path: t.File, Image: t.Image, Policy: t.Policy, Reason: reason})
	}
	return missing
}

// count returns "1 file" or "2 files".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
