package writeback

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"path"
	"slices"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/writeback/git"
)

// Commit is a set of changes that belong together.
type Commit struct {
	// Message is the whole commit message with its trailers.
	Message string
	// Compose, if set, writes the message instead, from the changes that were really made: an edit may be refused. With an
	// error the commit is not made, and the others of the chain are.
	Compose func(applied []edit.Change) (string, error)
	Changes []edit.Change
}

// Preview is what edits make of files.
type Preview struct {
	Files     []FileDiff    // changed files by path
	Applied   []edit.Change // in the order of the commits, each by path
	Unchanged []edit.Change // already as wanted
	Refused   []edit.Refusal
	Notes     []edit.Refusal
	Failed    []Failure // in the order of the commits
	Messages  []Message // of the commits that change something, in their order
}

// Message is that of a commit that was made, or would be.
type Message struct {
	Commit int // its index among those that were asked for
	Text   string
}

// Failure is a commit that was not made since no message could be written for it.
type Failure struct {
	Changes []edit.Change
	Err     error
}

// FileDiff is a file before and after.
type FileDiff struct {
	Path     string
	Old, New []byte
}

// edited is what a chain of commits makes of files.
type edited struct {
	steps   []step
	preview Preview
	files   map[string]edit.Edited // those that it changes, as they stand after the last
}

// step is one commit that changes something.
type step struct {
	message string
	changes []edit.Change
	files   map[string]edit.Edited // the changed files as they stand after it
}

// applying makes changes in a file: [edit.Apply] or a scanner's.
type applying func(edit.File, []edit.Change) edit.Edited

// chain applies commits one after the other.
type chain struct {
	apply   applying
	files   map[string]edit.File
	changes map[string][]edit.Change // made so far, by path
	edited  edited
}

// part is what one commit changes in one file, and what that alone makes of it.
type part struct {
	path    string
	changes []edit.Change
	alone   edit.Edited
}

// applyAll makes the edits of commits on files, which are as they stand before the first. A site is a place in a file as
// it was found, so the edits of a later commit cannot be made on what an earlier one has left: each time all changes
// up to that commit are made on the original.
func applyAll(apply applying, files map[string]edit.File, commits []Commit) edited {
	c := chain{apply: apply, files: files, changes: map[string][]edit.Change{}, edited: edited{files: map[string]edit.Edited{}}}
	parts := c.parts(commits)
	for i, commit := range commits {
		c.commit(i, commit, parts[i])
	}
	made := &c.edited
	for _, path := range slices.Sorted(maps.Keys(made.files)) {
		if old, now := files[path].Data, made.files[path].Data; !bytes.Equal(old, now) {
			made.preview.Files = append(made.preview.Files, FileDiff{Path: path, Old: old, New: now})
		}
	}
	return *made
}

// parts returns the parts of each commit by path. What they make of the files is proved by parsing, which is most of the work
// of a push and concerns one file each: so it is done on all processors.
func (c *chain) parts(commits []Commit) [][]*part {
	of, all := make([][]*part, len(commits)), []*part{}
	for i, commit := range commits {
		byPath := map[string]*part{}
		for _, change := range commit.Changes {
			at := byPath[change.Site.Path]
			if at == nil {
				at = &part{path: change.Site.Path}
				byPath[at.path] = at
			}
			at.changes = append(at.changes, change)
		}
		for _, path := range slices.Sorted(maps.Keys(byPath)) {
			of[i] = append(of[i], byPath[path])
		}
		all = append(all, of[i]...)
	}
	onAllProcessors(all, func(p *part) {
		if file, there := c.files[p.path]; there {
			p.alone = c.apply(file, p.changes)
		}
	})
	return of
}

func (c *chain) commit(index int, commit Commit, parts []*part) {
	s := step{files: map[string]edit.Edited{}}
	for _, p := range parts {
		if now, changed := c.file(p); changed {
			s.changes = append(s.changes, p.alone.Applied...)
			s.files[p.path] = now
		}
	}
	if len(s.files) == 0 {
		return
	}
	s.message = commit.Message
	if commit.Compose != nil {
		var err error
		if s.message, err = commit.Compose(slices.Clone(s.changes)); err != nil {
			c.edited.preview.Failed = append(c.edited.preview.Failed, Failure{Changes: s.changes, Err: err})
			return
		}
	}
	for _, change := range s.changes {
		c.changes[change.Site.Path] = append(c.changes[change.Site.Path], change)
	}
	maps.Copy(c.edited.files, s.files)
	c.edited.preview.Applied = append(c.edited.preview.Applied, s.changes...)
	c.edited.preview.Messages = append(c.edited.preview.Messages, Message{Commit: index, Text: s.message})
	c.edited.steps = append(c.edited.steps, s)
}

// file returns what the changes of one commit in one file, and those before them, make of it, if they change it.
func (c *chain) file(of *part) (now edit.Edited, changed bool) {
	p := &c.edited.preview
	file, ok := c.files[of.path]
	if !ok {
		for _, change := range of.changes {
			p.Refused = append(p.Refused, edit.Refusal{
				Path: of.path, Line: change.Site.Line, Image: change.Site.Image, Policy: change.Site.Policy,
				Reason: "the file is not there any more",
			})
		}
		return now, false
	}
	alone := of.alone
	p.Refused = append(p.Refused, alone.Refused...)
	p.Notes = append(p.Notes, alone.Notes...)
	p.Unchanged = append(p.Unchanged, alone.Unchanged...)
	if len(alone.Applied) == 0 {
		return now, false
	}
	now = alone
	if before := c.changes[of.path]; len(before) > 0 {
		now = c.apply(file, slices.Concat(before, alone.Applied))
		if len(now.Refused) > 0 { // an earlier commit has written the same place
			p.Refused = append(p.Refused, now.Refused...)
			return now, false
		}
	}
	was := file.Data
	if earlier, ok := c.edited.files[of.path]; ok {
		was = earlier.Data
	}
	return now, !bytes.Equal(was, now.Data)
}

// apply makes the edits of commits on the files of the branch.
func (b *Branch) apply(ctx context.Context, commits []Commit) (edited, error) {
	paths := changedPaths(commits)
	if len(paths) == 0 {
		return edited{}, nil
	}
	tree, err := b.trees(ctx, edit.Paths(paths).Folders())
	if err != nil {
		return edited{}, err
	}
	if err := tree.Reach(ctx, paths); err != nil {
		return edited{}, err
	}
	files, err := b.files(ctx, tree, paths)
	if err != nil {
		return edited{}, err
	}
	apply := edit.Apply
	if b.scan != nil {
		apply = b.scan.scanner.Apply
	}
	return applyAll(apply, files, commits), nil
}

// files reads the files of paths, as far as they exist.
func (b *Branch) files(ctx context.Context, tree *git.Tree, paths []string) (map[string]edit.File, error) {
	files := map[string]edit.File{}
	unread := map[git.Hash][]string{}
	for _, name := range paths {
		e, ok := tree.Lookup(name)
		if !ok || !e.Mode.IsRegular() {
			continue
		}
		files[name] = edit.File{Path: name, Data: b.read.bytes[e.Hash], Chart: chartOf(tree, name)}
		if files[name].Data == nil {
			unread[e.Hash] = append(unread[e.Hash], name)
		}
	}
	ids := slices.SortedFunc(maps.Keys(unread), func(a, b git.Hash) int { return bytes.Compare(a[:], b[:]) })
	err := tree.Blobs(ctx, ids, maxRead, func(id git.Hash, data []byte) error {
		for _, name := range unread[id] {
			f := files[name]
			f.Data = data
			files[name] = f
		}
		return nil
	})
	return files, err
}

// chartOf returns the folder of the innermost chart that a file lies in, "" for none.
func chartOf(tree *git.Tree, file string) string {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		if e, ok := tree.Lookup(path.Join(dir, chartFile)); ok && e.Mode.IsRegular() {
			return dir
		}
		if dir == "." {
			return ""
		}
	}
}

func changedPaths(commits []Commit) []string {
	var paths []string
	for _, c := range commits {
		for _, change := range c.Changes {
			paths = append(paths, change.Site.Path)
		}
	}
	slices.SortFunc(paths, cmp.Compare)
	return slices.Compact(paths)
}
