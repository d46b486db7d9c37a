package forge

import (
	"context"
	"strings"
	"time"
)

// Kind is a make of forge, by its word in the policy file.
type Kind string

// The makes of forge. Forgejo speaks as Gitea does.
const (
	GitHub          Kind = "github"
	GitLab          Kind = "gitlab"
	Gitea           Kind = "gitea"
	Forgejo         Kind = "forgejo"
	BitbucketCloud  Kind = "bitbucket-cloud"
	BitbucketServer Kind = "bitbucket-server" // Bitbucket Data Center
	AzureDevOps     Kind = "azure-devops"
)

// Forge opens pull requests for one repository and looks after them. Branches are none of its business: they are pushed
// and deleted by Git. What a forge calls otherwise (a merge request, to decline, to abandon) is called here as everywhere
// in this program.
//
// Requests that only read are made again after a passing fault. Those that write are made again only where that cannot
// do a thing twice; [Forge.Create] looks first whether it was done. An error is one of:
//
//   - [ErrUnsupported]: the forge has no such thing, as [Forge.Limits] tells beforehand;
//   - [*RightsError]: an optional call that the forge declined; the pull request is as it was, and a warning will do;
//   - [*RateLimitError]: nothing is asked of this forge before its Until;
//   - [ErrTimeSpent]: the requests of this client have taken as long as they may;
//   - [*StatusError]: any other answer that is none, [StatusError.Temporary] if the next pass may do better;
//   - anything else: no answer at all, or one that cannot be understood.
//
// None of them holds a secret. A Forge may be used by several goroutines.
type Forge interface {
	// Limits says what the forge can do, and how long texts may be. It asks nothing.
	Limits() Limits
	// Home tells where the forge's pages are. It asks nothing.
	Home() Home

	// Find returns the pull requests of the branch head of this very repository (never of a fork's branch of the same
	// name) into base, or into any branch if base is empty: those that are open first, then the others, the newest first;
	// 20 at most.
	Find(ctx context.Context, head, base string) ([]PullRequest, error)
	// Opened returns the open pull requests whose head is a branch of this repository that begins with prefix, the newest
	// first. Where the forge shortens bodies in lists, so are these. It is an error if more than 1,000 are open.
	Opened(ctx context.Context, prefix string) ([]PullRequest, error)

	// Create opens a pull request. One that is open already for the same two branches is returned as it is.
	Create(ctx context.Context, p Proposal) (PullRequest, error)
	// Update gives an open pull request another title and body, and leaves it the draft it is or is not.
	Update(ctx context.Context, p PullRequest, title, body string) (PullRequest, error)
	// Close closes a pull request without merging it. One that is closed or merged is left as it is.
	Close(ctx context.Context, p PullRequest) error

	// Comments returns what was said about a pull request as a whole, the oldest first; the newest 500 at most.
	Comments(ctx context.Context, p PullRequest) ([]Comment, error)
	// Comment says something. A cut connection leaves open whether it was said: a hidden part in the text tells, by
	// Comments.
	Comment(ctx context.Context, p PullRequest, text string) error

	// AddLabels adds labels to those that are there. A label that the repository does not know is made.
	AddLabels(ctx context.Context, p PullRequest, names []string) error
	// RemoveLabel takes a label away, if it is there.
	RemoveLabel(ctx context.Context, p PullRequest, name string) error
	// RequestReview asks people for their review by user name, and where the forge has them teams as "organization/team".
	RequestReview(ctx context.Context, p PullRequest, names []string) error
	// Assign makes people responsible, by user name.
	Assign(ctx context.Context, p PullRequest, names []string) error
	// AutoMerge asks the forge to merge once everything that the repository asks for is there. Where nothing is asked for,
	// or nothing yet, it is declined, or merged at once: as the forge does it.
	AutoMerge(ctx context.Context, p PullRequest) error

	// Release returns the release of a tag in any repository of the forge, by the address of the repository's page. One
	// that is not there, or not to be seen with the token, is [ErrNoRelease]: so is every one that is elsewhere, and of
	// forges that know no releases.
	Release(ctx context.Context, repository, tag string) (Release, error)

	// CloseIdleConnections lets go of the connections that are kept for the next request.
	CloseIdleConnections()
}

// State is what has become of a pull request.
type State string

// The states of a pull request.
const (
	Open   State = "open"
	Closed State = "closed" // without having been merged
	Merged State = "merged"
)

// Proposal is a pull request to be opened.
type Proposal struct {
	Title, Body string
	Head, Base  string // branches of the repository
	Draft       bool   // not to be merged yet; where the forge has no drafts it is opened as any other
}

// PullRequest is one as it was when the forge was asked.
type PullRequest struct {
	Number int
	URL    string // its page
	Title  string // without the word by which some forges tell a draft
	Body   string
	Head   string // branch it comes from
	Base   string // branch it goes to
	// HeadTip is the id of the commit at the tip of Head, or the beginning of the id: see [PullRequest.At].
	HeadTip string
	// MergeCommit is the id, or its beginning, of the commit on Base that it was merged with, where the forge tells.
	MergeCommit string
	State       State
	Draft       bool
	Labels      []string
	Author      string    // user name
	Created     time.Time // a zero time is one that the forge does not tell
	Updated     time.Time
	Closed      time.Time // or merged
	ClosedBy    string    // user name of who closed or merged it, "" where the forge does not tell at no further cost
}

// At reports whether the pull request was at commit id when the forge was asked. Bitbucket Cloud tells the first 12
// digits only.
func (p PullRequest) At(id string) bool {
	return len(p.HeadTip) >= 7 && strings.HasPrefix(id, p.HeadTip)
}

// Comment is what somebody said about a pull request.
type Comment struct {
	Author  string // user name
	Body    string
	Created time.Time
}
