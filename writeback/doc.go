// Package writeback brings changes of image references into one branch of a Git repository, or into a folder of files.
//
// A [Branch] is a branch of a remote repository without a clone: the trees of what is looked at, and of its files only those
// that may hold references. [Branch.Find] says what references stand there, [Branch.Preview] what edits would make of them, and
// [Branch.Publish] commits and pushes them:
//
//	var w writeback.Writer
//	branch, err := w.Open(ctx, writeback.Target{Name: "fleet", URL: url, Branch: "main", Author: author})
//	defer branch.Close()
//	published, err := branch.Publish(ctx, writeback.Publication{
//		Scanner: scanner,
//		Decide: func(ctx context.Context, found edit.Found) ([]writeback.Commit, error) {
//			return plan(found), nil // asked again for each new tip
//		},
//	})
//
// # Races
//
// Nothing is merged. A push carries the commit it was made for; when somebody else was faster the new tip is fetched,
// its references are found and decided upon again, and the commits are made anew on it. So an edit is never carried
// over to a file that it was not decided for. Publications of one Writer to the same remote queue up and do not race
// each other.
//
// Whether a push that the server turned down is a lost race or a refusal is told by the branch alone: it has moved, or
// it stands where it stood. A refusal is a [*RefusedError] with the server's words. When the answer to a push is lost,
// the branch tells as well: standing at, or leading back to, our commit means that it was accepted.
//
// A publication whose context ends lets a push that is on its way come to its end, for four seconds at most. Either it is
// known then what became of it, or the error is an [*UnsureError] that names the commit.
//
// # Kept scans
//
// A search compares folder by folder and file by file with the one before, and looks at what differs. With Writer.Scans set
// a process leaves its last search behind for the next one that asks the same, in a file of its own for each query: what
// was found, and the trees that were walked. A branch that has not moved since then costs one request, however much was
// found, and one that has moved costs what was changed. What is read from such a file is checked, and the folder may be
// deleted at any time: a file that cannot be read, or written, costs time and nothing else. It holds what Find returns, and
// names and ids of files.
//
// The history of a branch, where [Branch.History] was called, is kept in the same way: commits without addresses, and of their
// messages what Writer.Gist leaves. Whoever reads what is new of the branch moves it on.
//
// # Commits
//
// Author and committer are the target's identity, the time is the Writer's clock: the same edit of the same tip at the
// same second is the same commit. Only the bytes of references change; modes, symbolic links, submodules, line ends and
// all that is not an edited file keep their ids. No empty commit is made, and without a commit nothing is pushed.
//
// A branch of our own (Publication.Head) is rebuilt from the tip of the base. It is left alone while it carries exactly
// what would be pushed, and it is never overwritten once it holds a commit that is not ours. Ours carry the trailer
// Image-Updater-Change and have the target's identity as author and committer, at one and the same second: what a person
// has amended, rebased or squashed is his. A target that has been given another identity takes its earlier branches for
// somebody else's.
//
// # History
//
// [Branch.History] and [Writer.History] return commits with their messages, without fetching a tree: what was written
// before is known from the trailers alone.
//
// # Folders
//
// A [Dir] finds references in the files of a folder and writes them in place, each file as a whole or not at all. It
// passes over .git and what Git ignores there, and follows no symbolic link. Several processes may write to one folder: a
// file is locked while it is written, and what has changed since it was read is searched anew.
//
// The package opens no pull requests, deletes no branches, and decides nothing about tags.
package writeback
