package reconcile

import (
	"slices"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
)

// Report tells what a pass did, or would do. Its order follows from the policy file and the files in Git alone.
type Report struct {
	// Config is what held: that of the Reconciler, and the policies that Git repositories have themselves.
	Config *config.Config

	Changes []plan.Change // made, or to be made
	Files   []File        // what they do to the files
	Commits []Commit      // pushed; none from Plan
	Held    []Held
	Errors  []Problem
	Notes   []Note
	// PullRequests are those of the groups that are written by one; nil if none is.
	PullRequests []PullRequest
	Warnings     []Warning
}

// File is a file before and after.
type File struct {
	Git, Path string
	Old, New  []byte
}

// Commit is one that was pushed.
type Commit struct {
	Git      string
	Branch   string
	ID       string
	Subject  string
	Policies []string
	URL      string // page of the commit, "" where the forge is not known
}

// Held is a plan's, with its Git repository.
type Held struct {
	Git string
	plan.Held
}

// Problem is a failure of one policy in one Git repository.
type Problem struct {
	Git    string
	Policy string
	Err    error
}

// Note is something that was left out on purpose.
type Note struct {
	Git string
	edit.Refusal
}

// join puts the reports of the trees together in their order.
func join(reports []Report) Report {
	var all Report
	for _, r := range reports {
		all.Changes = append(all.Changes, r.Changes...)
		all.Files = append(all.Files, r.Files...)
		all.Commits = append(all.Commits, r.Commits...)
		all.Held = append(all.Held, r.Held...)
		all.Errors = append(all.Errors, r.Errors...)
		all.Notes = append(all.Notes, r.Notes...)
		all.Warnings = append(all.Warnings, r.Warnings...)
		if r.PullRequests != nil {
			all.PullRequests = append(slices.Grow(all.PullRequests, 1), r.PullRequests...)
		}
	}
	return all
}
