package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/image-updater/image-updater/internal/proposal"
)

// Forge opens pull requests for one Git repository and looks after them. Those that people have to do with are known by
// their numbers: a number was told by Find, Opened or Create before.
type Forge interface {
	// Limits asks nothing.
	Limits() proposal.Limits
	Finder
	Editor
	Conversation
	Extras
	Releases
	CloseIdleConnections()
}

// Finder finds pull requests.
type Finder interface {
	// Find returns the pull requests of a branch, into whichever other one.
	Find(ctx context.Context, head string) ([]proposal.Pull, error)
	// Opened returns the open pull requests of all branches whose names begin with prefix.
	Opened(ctx context.Context, prefix string) ([]proposal.Pull, error)
}

// Editor makes a pull request what it is to be.
type Editor interface {
	// Create opens a pull request, or returns the one that is open for the same branches.
	Create(ctx context.Context, p NewPull) (proposal.Pull, error)
	Update(ctx context.Context, number int, title, body string) error
	Close(ctx context.Context, number int) error
}

// Conversation is what is said about a pull request.
type Conversation interface {
	// Comments returns the texts of what was said.
	Comments(ctx context.Context, number int) ([]string, error)
	// Comment may end with [ErrDeclined].
	Comment(ctx context.Context, number int, text string) error
}

// Extras are what a pull request can be without: each may end with [ErrDeclined].
type Extras interface {
	AddLabels(ctx context.Context, number int, names []string) error
	RemoveLabel(ctx context.Context, number int, name string) error
	RequestReview(ctx context.Context, number int, names []string) error
	Assign(ctx context.Context, number int, names []string) error
	AutoMerge(ctx context.Context, number int) error
}

// Releases tells of the releases on a forge.
type Releases interface {
	// Release returns the release of a tag, of the repository whose page has the address. [ErrNoRelease] says that there is
	// none, or that this forge knows of none.
	Release(ctx context.Context, repository, tag string) (proposal.Release, error)
}

// What a [Forge] answers beside what it says itself.
var (
	// ErrDeclined is what the forge does not let the token do, or does not have.
	ErrDeclined = errors.New("the forge has declined")
	// ErrNoRelease is a release that it does not know.
	ErrNoRelease = errors.New("there is no such release")
	// ErrForgeTime says that it has taken [ForgeWithin].
	ErrForgeTime = errors.New("the forge has taken all the time of a pass")
)

// ForgeWithin is the most time that a pass spends on requests to the forge of one Git repository. What is left then waits
// for the next pass.
const ForgeWithin = 2 * time.Minute

// NewPull is a pull request to be opened.
type NewPull struct {
	Title, Body string
	Head, Base  string // branches
	Draft       bool
}
