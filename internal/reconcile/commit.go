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
		pushed[i] = commitOf(git, published.Branch, c.Message)
		pushed[i].ID, pushed[i].URL = c.ID, c.URL
	}
	return pushed
}

// commitOf reports what the message of a commit tells of it.
func commitOf(git, branch, message string) Commit {
	policies, _ := plan.ParseTrailers(message)
	subject, _, _ := strings.Cut(message, "\n")
	return Commit{Git: git, Branch: branch, Subject: subject, Policies: append([]string{}, policies...)}
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
