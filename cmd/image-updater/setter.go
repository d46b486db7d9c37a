package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/writeback"
)

// setter is one call of set: what to look for, and where.
type setter struct {
	app      *app
	config   *config.Config
	wanted   []image.Reference
	scanner  *edit.Scanner
	policies []plan.Policy // of the wanted images
	paths    edit.Paths
	base     string        // what messages put before a path: the way from the current directory to --dir, "" for Git
	words    *message.Text // of the commit; nil = as run words it
	dryRun   bool
}

// outcome is what a setter did.
type outcome struct {
	plan    plan.Set
	preview writeback.Preview
	git     string // "" for a folder
	branch  string // of git
	subject string // of the commit that would be made; "" but for a dry run
	commits []reconcile.Commit
	failed  error    // some files could not be written and the others were, or the commit could not be pushed
	hints   []string // on failed
}

// newSetter prepares the search. Without a policy file markers mean nothing; with one they may name any policy in it.
func newSetter(a *app, c *config.Config, haveFile bool, wanted []image.Reference) (*setter, error) {
	s := &setter{app: a, config: c, wanted: wanted}
	var query edit.Query
	if haveFile {
		query.Markers = map[string]image.Repository{}
	}
	bounded := map[image.Repository]bool{} // images whose policies all have paths
	for _, w := range wanted {
		query.Images = append(query.Images, w.Repository)
	}
	for _, p := range c.Policies { // none without a policy file
		query.Markers[p.Name] = p.Image
		if !slices.Contains(query.Images, p.Image) {
			continue
		}
		if of, seen := bounded[p.Image]; len(p.Paths) == 0 || seen && !of {
			bounded[p.Image] = false
		} else {
			bounded[p.Image] = true
		}
		query.Targets = append(query.Targets, p.Targets...)
		s.policies = append(s.policies, plan.Policy{Name: p.Name, Image: p.Image, Choice: p.Choice, Paths: p.Paths})
	}
	if !slices.ContainsFunc(query.Images, func(r image.Repository) bool { return !bounded[r] }) {
		s.paths = plan.LookedAt(s.policies, query.Targets)
	}
	var err error
	s.scanner, err = edit.NewScanner(query)
	return s, err
}

func (s *setter) plan(git string, found edit.Found) plan.Set {
	found.Refused = append(slices.Clone(found.Refused), s.scanner.Missing(found)...)
	return plan.MakeSet(plan.SetInput{Git: git, Wanted: s.wanted, Policies: s.policies, Found: found, Now: s.app.now()})
}

// lookingGCPercent is for looking through a folder: that goes file by file, and next to nothing of it is kept. Collecting
// garbage at the usual four megabytes costs a tenth of the time and saves no memory worth it.
const lookingGCPercent = 400

// writingGCPercent is for writing what was found: each file is kept, old and new, until its diff is printed.
const writingGCPercent = 200

// folder edits the files below dir in place.
func (s *setter) folder(ctx context.Context, dir string) outcome {
	s.base = fromHere(dir)
	d, err := writeback.OpenDir(dir)
	if err != nil {
		return outcome{failed: err}
	}
	defer d.Close()
	defer debug.SetGCPercent(debug.SetGCPercent(lookingGCPercent))
	found, unread := d.Find(ctx, s.scanner, s.paths)
	if _, ok := errors.AsType[*writeback.UnreadError](unread); unread != nil && !ok {
		return outcome{failed: unread}
	}
	write := d.Write
	if s.dryRun {
		write = d.Preview
	}
	debug.SetGCPercent(writingGCPercent)
	done := outcome{plan: s.plan("", found)}
	done.preview, err = write(ctx, done.plan.Group.Edits())
	done.failed = errors.Join(unread, err) // what cannot be read may hold the image
	return done
}

// fromHere returns the way from the current directory to a folder, with slashes.
func fromHere(dir string) string {
	if absolute, err := filepath.Abs(dir); err == nil {
		if here, err := os.Getwd(); err == nil {
			if relative, err := filepath.Rel(here, absolute); err == nil {
				return filepath.ToSlash(relative)
			}
		}
	}
	return filepath.ToSlash(dir)
}

// shown returns a refusal with its path as messages name it.
func (s *setter) shown(r edit.Refusal) edit.Refusal {
	r.Path = path.Join(s.base, r.Path)
	return r
}

// branch commits to the branch itself, whatever the repository's mode of writing: set does as it is told.
func (s *setter) branch(ctx context.Context, g config.Git) outcome {
	done := outcome{git: g.Name}
	if err := s.commitTo(ctx, g, &done); err != nil {
		done.failed = &setError{fmt.Errorf("git %q: %w", g.Name, err)}
		if _, unsure := errors.AsType[*writeback.UnsureError](err); !unsure {
			done.hints = pushedNothing
		}
	}
	return done
}

// setError is why set could not commit: what can be done about it may be another thing than for run.
type setError struct{ error }

// Unwrap returns the reason.
func (e *setError) Unwrap() error { return e.error }

func (s *setter) commitTo(ctx context.Context, g config.Git, done *outcome) error {
	target, err := s.app.writeTarget(g)
	if err != nil {
		return err
	}
	b, err := s.app.writer().Open(ctx, target)
	if err != nil {
		return err
	}
	defer b.Close()
	done.branch = b.Name()
	if s.dryRun {
		return s.preview(ctx, b, s.wording(g, b.Name()), done)
	}
	return s.publish(ctx, b, s.wording(g, b.Name()), done)
}

// pushedNothing is what a pipeline needs to know of a push that failed.
var pushedNothing = []string{"nothing was pushed"}

// publish pushes the commit.
func (s *setter) publish(ctx context.Context, b *writeback.Branch, words reconcile.Wording, done *outcome) error {
	published, err := b.Publish(ctx, writeback.Publication{
		Scanner: s.scanner, Paths: s.paths,
		Decide: func(_ context.Context, found edit.Found) ([]writeback.Commit, error) {
			done.plan = s.plan(done.git, found)
			return reconcile.Commits([]plan.Group{done.plan.Group}, words), nil
		},
	})
	done.preview, done.commits = published.Preview, reconcile.Pushed(done.git, published)
	if err != nil { // what was edited has not got anywhere
		done.preview.Files, done.preview.Applied = nil, nil
	}
	return err
}

// preview makes the commit and keeps it.
func (s *setter) preview(ctx context.Context, b *writeback.Branch, words reconcile.Wording, done *outcome) error {
	found, err := b.Find(ctx, s.scanner, s.paths)
	if err != nil {
		return err
	}
	done.plan = s.plan(done.git, found)
	commits := reconcile.Commits([]plan.Group{done.plan.Group}, words)
	if done.preview, err = b.Preview(ctx, commits); err != nil {
		return err
	}
	if len(done.preview.Applied) == 0 {
		return nil
	}
	text, err := commits[0].Compose(done.preview.Applied)
	done.subject, _, _ = strings.Cut(text, "\n")
	return err
}

// wording returns how the message is written: in the words of the caller if there are any.
func (s *setter) wording(g config.Git, branch string) reconcile.Wording {
	if s.words == nil {
		return reconcile.WordingOf(g, branch)
	}
	return func(g plan.Group) (string, error) { return g.Worded(*s.words), nil }
}
