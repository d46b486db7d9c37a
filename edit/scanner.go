package edit

import "github.com/image-updater/image-updater/image"

// Query says what is looked for. The zero Query finds every reference of every image.
type Query struct {
	Images  []image.Repository          // only these; empty = all
	Markers map[string]image.Repository // policy name -> its image; nil = markers are ignored
	Targets []Target
}

// Target is a place that a policy names beyond the references that are found by themselves.
type Target struct {
	Policy string
	Image  image.Repository
	File   string // glob with **
	Key    string
	Regexp string
	Value  string // "" = "{tag}"
	Expect int    // matches in each file that matches; 0 = 1
}

// Scanner finds references in files.
type Scanner struct{ query Query }

// NewScanner compiles a query.
func NewScanner(q Query) (*Scanner, error) { return &Scanner{q}, nil }

// Wants reports whether a file of that name may hold references.
func (s *Scanner) Wants(path string) bool { return false }

// Find returns the references in a file.
func (s *Scanner) Find(f File) Found { return Found{} }

// Missing returns the targets that matched nowhere.
func (s *Scanner) Missing(found Found) []Refusal { return nil }

// Add appends what was found in other files.
func (f *Found) Add(other Found) {
	f.Sites = append(f.Sites, other.Sites...)
	f.Refused = append(f.Refused, other.Refused...)
	f.Notes = append(f.Notes, other.Notes...)
	f.TargetFiles = append(f.TargetFiles, other.TargetFiles...)
}

// Apply writes changes into a file.
func Apply(f File, changes []Change) Edited { return Edited{Data: f.Data} }

// CheckKey reports why key is no key of a target.
func CheckKey(key string) error { return nil }

// CheckGlob reports why glob is no glob.
func CheckGlob(glob string) error { return nil }

// Paths is a list of globs; the empty list is the whole repository.
type Paths []string

// Match reports whether a file is matched by one of the globs.
func (p Paths) Match(path string) bool { return true }

// MayContain reports whether anything below the folder can match.
func (p Paths) MayContain(dir string) bool { return true }

// Diff returns a unified diff, "" when nothing differs.
func Diff(path string, old, new []byte) string { return "" }
