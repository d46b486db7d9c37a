package writeback

import (
	"maps"
	"strings"

	"github.com/image-updater/image-updater/writeback/git"
)

// changeTrailer begins the trailers that our commits carry.
const changeTrailer = "Image-Updater-Change:"

// onlyOurs returns an [*OccupiedError] if a branch of ours holds commits of others. A commit is ours if it says what it
// changes and is as we made it: one that a person has amended or picked keeps our message, and mostly our name as its
// author, but not as its committer at the same second.
func onlyOurs(branch string, by git.Signature, ahead *git.Ahead) error {
	for _, c := range ahead.Commits {
		says := len(changes(c.Message)) > 0
		if !says || !c.MadeBy(by) {
			subject, _, _ := strings.Cut(strings.TrimSpace(c.Message), "\n")
			committer := c.Committer[:strings.LastIndexByte(c.Committer, '>')+1] // the time is of no interest
			return &OccupiedError{Branch: branch, Commit: c.ID.String(), Subject: subject, Committer: committer,
				Alike: says && c.Author == c.Committer}
		}
	}
	if ahead.Cut {
		oldest := ahead.Commits[len(ahead.Commits)-1]
		return &OccupiedError{Branch: branch, Commit: oldest.ID.String(), Subject: "and what lies before it"}
	}
	return nil
}

// carries reports whether a branch of ours says and holds exactly what is wanted: the same changes in the trailers of its
// commits, and the same bytes in the files.
func carries(ahead *git.Ahead, messages []string, files []FileDiff) bool {
	theirs, ours := map[string]bool{}, map[string]bool{}
	for _, c := range ahead.Commits {
		maps.Copy(theirs, changes(c.Message))
	}
	for _, message := range messages {
		maps.Copy(ours, changes(message))
	}
	if !maps.Equal(theirs, ours) {
		return false
	}
	for _, f := range files {
		if e, ok := ahead.Lookup(f.Path); !ok || e.Hash != git.BlobID(f.New) {
			return false
		}
	}
	return true
}

// changes returns the values of the change trailers of a message.
func changes(message string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(message) {
		if value, ok := strings.CutPrefix(line, changeTrailer); ok {
			found[strings.TrimSpace(value)] = true
		}
	}
	return found
}
