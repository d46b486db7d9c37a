package reconcile

import (
	"slices"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
)

// Report tells what a pass did, or would do. Its order follows from the policy file and the files in Git alone.
type Report struct {
	Changes []plan.Change // made, or to be made
	Files   []File        // what they do to the files
	Commits []Commit      // pushed; none from Plan
	Planned []Commit      // that would be pushed; none but from Plan
	Held    []Held
	Errors  []Problem
	Notes   []Note
	// PullRequests are those of the groups that are written by one; nil if none is.
	PullRequests []PullRequest
	Warnings     []Warning
	// References tell what was decided about each of them.
	References []Reference
	Trees      []Tree
}

// Reference is a plan's ruling, with its Git repository.
type Reference struct {
	Git string
	plan.Ruling
}

// Tree is one Git repository that was read, or was to be.
type Tree struct {
	Git      string
	Branch   string             // "" where it could not be read
	Read     string             // where it stood when it was read first
	Tip      string             // where it stands when the pass ends
	Policies []string           // that were decided
	Images   []image.Repository // that its files refer to, of all policies that write there
	Retries  int                // pushes that were made again
	Err      error              // why it could not be read
	// Unfinished says that pull requests wait for the next pass, since the forge has taken [ForgeWithin].
	Unfinished bool
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

// OfPullRequest reports whether it is a pull request that is held back, and not the choice of a tag.
func (h Held) OfPullRequest() bool {
	switch h.Rule {
	case proposal.Rejected, proposal.HoldLabel, proposal.Edited, proposal.MaxOpen, proposal.Settle:
		return true
	}
	return false
}

// Problem is a failure of one policy in one Git repository.
type Problem struct {
	Git    string
	Policy string
	Err    error
	Hint   string // what a person can do about it; the caller knows that of most errors better than a pass
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
		all.Planned = append(all.Planned, r.Planned...)
		all.Held = append(all.Held, r.Held...)
		all.Errors = append(all.Errors, r.Errors...)
		all.Notes = append(all.Notes, r.Notes...)
		all.Warnings = append(all.Warnings, r.Warnings...)
		all.References = append(all.References, r.References...)
		all.Trees = append(all.Trees, r.Trees...)
		if r.PullRequests != nil {
			all.PullRequests = append(slices.Grow(all.PullRequests, 1), r.PullRequests...)
		}
	}
	return all
}
