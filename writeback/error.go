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
}

func (e *RefusedError) Error() string {
	text := fmt.Sprintf("pushing to branch %q was refused: %s", e.Branch, e.Reason)
	if e.Words != "" {
		text += ": " + e.Words
	}
	return text
}

// OccupiedError is a branch of ours on which somebody else has made commits, or changed ours.
type OccupiedError struct {
	Branch  string
	Commit  string // the latest that is not ours
	Subject string
	// Committer is "Name <address>" of who made it, or changed one of ours.
	Committer string
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
