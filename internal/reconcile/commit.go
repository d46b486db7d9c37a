package reconcile

import (
	"cmp"
	"strings"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/writeback"
)

// Pushed reports the commits of a publication.
func Pushed(git string, published writeback.Published) []Commit {
	pushed := make([]Commit, len(published.Commits))
	for i, c := range published.Commits {
		policies, _ := plan.ParseTrailers(c.Message)
		subject, _, _ := strings.Cut(c.Message, "\n")
		pushed[i] = Commit{Git: git, Branch: published.Branch, ID: c.ID, Subject: subject,
			Policies: append([]string{}, policies...), URL: c.URL}
	}
	return pushed
}

// Wording writes the message of a group's commit.
type Wording func(plan.Group) (string, error)

// WordingOf returns how the messages of commits to a branch of a Git repository are written: by its templates, if it has any.
func WordingOf(git config.Git, branch string) Wording {
	return func(g plan.Group) (string, error) {
		text, err := git.Templates.Text(g.Commit(git.Name, branch))
		if err != nil {
			return "", err
		}
		return g.Worded(text), nil
	}
}

// message writes the message of a group's commit.
func (t *tree) message(g plan.Group) (string, error) {
	return WordingOf(t.git, cmp.Or(t.head(g), t.branch.Name()))(g)
}

// Commits turns groups into what writeback takes, a commit each. The message is composed last, for an edit may still be refused.
func Commits(groups []plan.Group, message Wording) []writeback.Commit {
	made := make([]writeback.Commit, len(groups))
	for i, g := range groups {
		made[i] = writeback.Commit{
			Changes: g.Edits(),
			Compose: func(applied []edit.Change) (string, error) { return message(g.Only(applied)) },
		}
	}
	return made
}
