package writeback

import (
	"context"

	"github.com/image-updater/image-updater/edit"
)

// Branch is a branch of a remote repository as it stood when it was last looked at.
type Branch struct{}

// Tip is the commit at which the branch was last seen.
func (b *Branch) Tip() string { return "" }

// Name is the short name of the branch.
func (b *Branch) Name() string { return "" }

// Find returns the references that s finds in the files that match paths.
func (b *Branch) Find(ctx context.Context, s *edit.Scanner, paths edit.Paths) (edit.Found, error) {
	return edit.Found{}, nil
}

// Commit is a set of changes that belong together.
type Commit struct {
	// Message is the whole commit message with its trailers.
	Message string
	// Compose, if set, writes the message instead, from the changes that were really made: an edit may be refused.
	Compose func(applied []edit.Change) string
	Changes []edit.Change
}

// Preview is what edits make of files.
type Preview struct {
	Files     []FileDiff    // changed files by path
	Applied   []edit.Change // in the order of the commits
	Unchanged []edit.Change // already as wanted
	Refused   []edit.Refusal
	Notes     []edit.Refusal
}

// FileDiff is a file before and after.
type FileDiff struct {
	Path     string
	Old, New []byte
}

// Preview makes the edits of commits without publishing them.
func (b *Branch) Preview(ctx context.Context, commits []Commit) (Preview, error) {
	return Preview{}, nil
}

// Close lets go of the connection to the remote.
func (b *Branch) Close() error { return nil }
