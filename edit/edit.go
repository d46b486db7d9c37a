package edit

import (
	"fmt"

	"github.com/image-updater/image-updater/image"
)

// MaxFile is the size of the largest file that is read; larger ones are refused.
const MaxFile = 1 << 20

// File is a file of a Git repository or folder.
type File struct {
	Path  string // separated by slashes, relative to the root
	Data  []byte
	Chart string // folder of the Helm chart it lies in ("." is the root's), "" when in none
}

// Site is an image reference at its place in a file.
type Site struct {
	Path         string
	Line, Column int // of the scalar that is written first; columns count characters
	Format       Format
	Image        image.Repository
	Name         string // the repository as it is spelled there
	Tag          string // "" when it has none
	Digest       image.Digest
	Named        bool   // a marker or target names it: written even without a usable current tag
	Policy       string // the policy that the marker or target names; "" when found by itself

	at *place
}

// Refusal says why a reference or file is not edited.
type Refusal struct {
	Path   string
	Line   int // 0 when it is about the whole file
	Image  image.Repository
	Policy string
	Reason string
	Hint   string // what a person can do about it, or ""

	Variable bool // the tag is a variable's, which may be set in another file: see SettleVariables
}

// Found is what Find saw in one file or, added up, in many.
type Found struct {
	Sites       []Site
	Refused     []Refusal // names a sought image but cannot be edited safely
	Notes       []Refusal // left out on purpose
	TargetFiles []TargetFile
}

// TargetFile says that a file matched the glob of a target, and how often the target's key matched in it.
type TargetFile struct {
	Target  int // index in Query.Targets
	Path    string
	Matches int
	Unread  bool // the file was refused for the target, so that nothing was looked for
}

// Change is a site with the tag and digest it is to have.
type Change struct {
	Site   Site
	Tag    string
	Digest image.Digest // "" adds none
}

// Edited is what Apply made of a file.
type Edited struct {
	Data      []byte    // the File's own Data when nothing changed
	Applied   []Change  // written
	Unchanged []Change  // already as wanted
	Refused   []Refusal // not written, and why
	Notes     []Refusal
	Stale     bool // the file is not the one in which some site was found

	// Found is what [Scanner.Find] would find in the file as it is now. It is set by [Scanner.Apply], if anything was written.
	Found Found
}

// String returns "path:line: reason".
func (r Refusal) String() string {
	if r.Line == 0 {
		return r.Path + ": " + r.Reason
	}
	return fmt.Sprintf("%s:%d: %s", r.Path, r.Line, r.Reason)
}

// Add appends what was found in another file.
func (f *Found) Add(other Found) {
	f.Sites = append(f.Sites, other.Sites...)
	f.Refused = append(f.Refused, other.Refused...)
	f.Notes = append(f.Notes, other.Notes...)
	f.TargetFiles = append(f.TargetFiles, other.TargetFiles...)
}
