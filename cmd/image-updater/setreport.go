package main

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/writeback"
)

// printSet prints the diff, or that nothing differs, and tells on stderr what was refused, skipped or doubted.
func (a *app) printSet(s *setter, done outcome) error {
	problems, hints := s.problems(done)
	for _, n := range slices.Concat(done.plan.Notes, done.preview.Notes) {
		fmt.Fprintln(a.stderr, "note:", printableLine(s.shown(n).String()))
	}
	for _, doubt := range done.plan.Doubts {
		fmt.Fprintln(a.stderr, "note:", printableLine(doubt))
	}
	if a.json() {
		group := done.plan.Group
		report := reconcile.Report{Changes: group.Only(done.preview.Applied).Changes, Commits: done.commits, Errors: problems}
		if err := a.printJSON(report.SetJSON(group.Only(done.preview.Unchanged).Changes, s.dryRun)); err != nil {
			return err
		}
	} else {
		a.printSetText(s, done)
	}
	if len(problems) == 0 {
		return nil
	}
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = p.Err
	}
	return failed(errors.Join(errs...), hints...)
}

// problems returns what keeps set from success, and what can be done about it.
func (s *setter) problems(done outcome) (problems []reconcile.Problem, hints []string) {
	for _, r := range slices.Concat(done.plan.Refused, done.preview.Refused) {
		problems = append(problems, reconcile.Problem{Policy: r.Policy, Err: &plan.RefusedError{Refusal: s.shown(r)}, Hint: r.Hint})
		if r.Hint != "" {
			hints = append(hints, r.Hint)
		}
	}
	for _, err := range separate(done.failed) {
		if e, ok := errors.AsType[*writeback.FileError](err); ok {
			err = &writeback.FileError{Path: path.Join(s.base, e.Path), Err: e.Err}
		} else if e, ok := errors.AsType[*writeback.UnreadError](err); ok {
			err = &writeback.UnreadError{Path: path.Join(s.base, e.Path), Err: e.Err}
		}
		problems = append(problems, reconcile.Problem{Err: err, Hint: gitHint(err)}) // which stderr has with the error
	}
	for _, f := range done.preview.Failed {
		problems = append(problems, reconcile.Problem{Err: fmt.Errorf("git %q: %w", done.git, f.Err)})
		hints = append(hints, pushedNothing...)
	}
	for _, absent := range done.plan.Absent {
		for i, skipped := range absent.Skipped {
			absent.Skipped[i] = s.shown(skipped)
		}
		problems = append(problems, reconcile.Problem{Err: fmt.Errorf("no reference to %s found", absent.Image), Hint: absent.Hint()})
		hints = append(hints, absent.Hint())
	}
	return problems, slices.Concat(hints, done.hints)
}

func (a *app) printSetText(s *setter, done outcome) {
	for _, f := range done.preview.Files {
		a.printDiff(edit.Diff(path.Join(s.base, f.Path), f.Old, f.New))
	}
	for _, c := range done.commits {
		fmt.Fprintf(a.stdout, "%s %s %s: %s\n", c.Git, c.Branch, a.paint(yellow, short(c.ID)), printableLine(c.Subject))
	}
	for _, w := range s.wanted {
		there := 0
		for _, c := range done.preview.Unchanged {
			if c.Site.Image == w.Repository {
				there++
			}
		}
		if there > 0 {
			fmt.Fprintf(a.stdout, "%s is already there (%s)\n", w, count(there, "reference", "references"))
		}
	}
	switch {
	case done.subject != "":
		fmt.Fprintf(a.stdout, "%s %s: %s\n", done.git, done.branch, printableLine(done.subject))
		fmt.Fprintln(a.stdout, "dry run: nothing was pushed")
	case s.dryRun && len(done.preview.Files) > 0:
		fmt.Fprintln(a.stdout, "dry run: nothing was written")
	case done.git != "" && done.failed == nil && len(done.commits) == 0 && len(done.preview.Unchanged) > 0:
		fmt.Fprintf(a.stdout, "%s %s: nothing to push\n", done.git, done.branch)
	}
}
