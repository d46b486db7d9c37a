package writeback

import (
	"context"

	"github.com/image-updater/image-updater/edit"
)

// Decide is called with what stands at the tip, again after each lost race, and returns the commits to make there.
type Decide func(ctx context.Context, found edit.Found) ([]Commit, error)

// Publication is what is to be published.
type Publication struct {
	Scanner *edit.Scanner
	Paths   edit.Paths
	// Head is the branch to push to: "" or the base branch itself, or a branch of our own that is rebuilt from its tip.
	Head   string
	Decide Decide
}

// Published says what became of a publication.
type Published struct {
	Branch   string   // pushed to
	Tip      string   // where that branch stands now
	Commits  []Pushed // none: there was nothing to do
	Preview  Preview
	Attempts int // pushes that were tried
}

// Pushed is one commit.
type Pushed struct {
	ID      string
	Message string
	Changes []edit.Change
}

// Publish finds, decides, commits and pushes.
func (b *Branch) Publish(ctx context.Context, p Publication) (Published, error) {
	return Published{}, nil
}
