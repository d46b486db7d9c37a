package writeback

import (
	"fmt"
	"strings"
)

// RefusedError is a push that the server does not want, whatever the branch holds: a protected branch, a hook.
type RefusedError struct {
	Branch string
	Reason string // of the server's report
	Words  string // what it said to people, "" when nothing
	Own    bool   // the branch is one of our own
}

func (e *RefusedError) Error() string {
	text := fmt.Sprintf("pushing to branch %q was refused: %s", e.Branch, e.Reason)
	if e.Words != "" {
		text += ": " + e.Words
	}
	return text
}

// UnsureError is a push of which it is not known whether the branch has got it: neither the answer to it nor a look at the
// branch has told.
type UnsureError struct {
	Branch string
	Commit string
	Err    error
}

func (e *UnsureError) Error() string {
	return fmt.Sprintf("it is not known whether branch %q has got commit %.10s: %s", e.Branch, e.Commit, e.Err)
}

// Unwrap returns why that is not known.
func (e *UnsureError) Unwrap() error { return e.Err }

// UnreadError is a file or folder that could not be read.
type UnreadError struct {
	Path string // in the folder
	Err  error
}

func (e *UnreadError) Error() string { return fmt.Sprintf("reading %s: %s", e.Path, e.Err) }

// Unwrap returns the error without the file.
func (e *UnreadError) Unwrap() error { return e.Err }

// FileError is a file of a folder that could not be written. It stays as it was.
type FileError struct {
	Path string // in the folder
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("writing %s: %s", e.Path, e.Err) }

// Unwrap returns the error without the file.
func (e *FileError) Unwrap() error { return e.Err }

// OccupiedError is a branch of ours on which somebody else has made commits, or changed ours.
type OccupiedError struct {
	Branch  string
	Commit  string // the latest that is not ours
	Subject string
	// Committer is "Name <address>" of who made it, or changed one of ours.
	Committer string
	// Alike says that it tells what it changes as ours do, and that nobody has changed it since: it is ours if we had
	// another author then, and else a person's who took our words.
	Alike bool
}

func (e *OccupiedError) Error() string {
	by := ""
	if e.Committer != "" {
		by = fmt.Sprintf(" by %q", e.Committer)
	}
	return fmt.Sprintf("branch %q is not overwritten: commit %.10s %q%s on it is not ours", e.Branch, e.Commit, e.Subject, by)
}

// MissingBranchError is a branch that the repository does not have.
type MissingBranchError struct {
	Branch string
	Near   []string // branches with a similar name
}

func (e *MissingBranchError) Error() string {
	text := fmt.Sprintf("branch %q does not exist", e.Branch)
	if len(e.Near) > 0 {
		text += fmt.Sprintf(" (did you mean %s?)", strings.Join(e.Near, ", "))
	}
	return text
}
