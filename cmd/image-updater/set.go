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

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/writeback"
)

type setFlags struct {
	dir string
	git string
}

func (a *app) setCommand() *cobra.Command {
	var flags setFlags
	cmd := &cobra.Command{
		Use:   "set IMAGE:TAG[@DIGEST] ...",
		Short: "Write known tags, without scanning: the CI step after a build",
		Long: `Write the tags given into every reference to the images given, in a folder or as a commit in Git. No registry
is asked and no policy stops it, so it also goes back to an older tag; a policy that would not have done
so says it on stderr. Markers, targets and paths of the policy file are obeyed when there is one.
Prints the diff. A tag that is already there is success; an image that nothing refers to is not.`,
		Example: `  image-updater set nginx:1.27.4 --dir .
  image-updater set ghcr.io/acme/api:$VERSION ghcr.io/acme/web:$VERSION --git fleet`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.set(cmd.Context(), args, flags)
		},
	}
	cmd.Flags().StringVar(&flags.dir, "dir", "", "edit the files below this folder in place")
	cmd.Flags().StringVar(&flags.git, "git", "", "commit to this Git repository of the policy file")
	return cmd
}

func (a *app) set(ctx context.Context, args []string, flags setFlags) error {
	wanted, err := parseWanted(args)
	if err != nil {
		return usage(err)
	}
	if (flags.dir == "") == (flags.git == "") {
		return usage(errors.New("want one of --dir FOLDER and --git NAME"))
	}
	c, found, err := a.policiesIfAny()
	if err != nil {
		return err
	}
	s, err := newSetter(a, c, found, wanted)
	if err != nil {
		return failed(err)
	}
	var done outcome
	if flags.dir != "" {
		done, err = s.folder(ctx, flags.dir)
	} else {
		done, err = s.branch(ctx, flags.git)
	}
	if err != nil {
		return err
	}
	return a.printSet(s, done)
}

// parseWanted reads the references of the command line: each with a tag, and no image twice.
func parseWanted(args []string) ([]image.Reference, error) {
	var wanted []image.Reference
	var errs []error
	for _, arg := range args {
		ref, err := image.ParseReference(arg)
		switch {
		case err != nil:
			errs = append(errs, err)
			continue
		case ref.Tag == "":
			errs = append(errs, fmt.Errorf("reference %q has no tag, want IMAGE:TAG", arg))
			continue
		}
		if slices.ContainsFunc(wanted, func(w image.Reference) bool { return w.Repository == ref.Repository }) {
			errs = append(errs, fmt.Errorf("image %s is given twice", ref.Repository))
			continue
		}
		wanted = append(wanted, ref)
	}
	return wanted, errors.Join(errs...)
}

// setter is one call of set: what to look for, and where.
type setter struct {
	app      *app
	config   *config.Config
	wanted   []image.Reference
	scanner  *edit.Scanner
	policies []plan.Policy // of the wanted images
	paths    edit.Paths
	base     string // what messages put before a path: the way from the current directory to --dir, "" for Git
}

// outcome is what a setter did.
type outcome struct {
	plan    plan.Set
	preview writeback.Preview
	commits []reconcile.Commit
	failed  error // some files could not be written, and the others were
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

// folder edits the files below dir in place.
func (s *setter) folder(ctx context.Context, dir string) (outcome, error) {
	d, err := writeback.OpenDir(dir)
	if err != nil {
		return outcome{}, failed(err)
	}
	defer d.Close()
	s.base = fromHere(dir)
	// A folder is looked through file by file, and next to nothing of it is kept: collecting garbage at the usual four
	// megabytes costs a tenth of the time and saves no memory worth it.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	found, err := d.Find(ctx, s.scanner, s.paths)
	if err != nil {
		return outcome{}, failed(err)
	}
	made := s.plan("", found)
	preview, err := d.Write(ctx, made.Group.Edits())
	return outcome{plan: made, preview: preview, failed: err}, nil
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
func (s *setter) branch(ctx context.Context, name string) (outcome, error) {
	g, err := s.config.GitNamed(name)
	if err != nil {
		return outcome{}, usage(fmt.Errorf("--git: %w", err))
	}
	target, err := s.app.writeTarget(*g)
	if err != nil {
		return outcome{}, failed(fmt.Errorf("git %q: %w", name, err))
	}
	b, err := s.app.writer().Open(ctx, target)
	if err != nil {
		return outcome{}, failed(fmt.Errorf("git %q: %w", name, err))
	}
	defer b.Close()
	var done outcome
	published, err := b.Publish(ctx, writeback.Publication{
		Scanner: s.scanner, Paths: s.paths,
		Decide: func(_ context.Context, found edit.Found) ([]writeback.Commit, error) {
			done.plan = s.plan(name, found)
			return reconcile.Commits([]plan.Group{done.plan.Group}), nil
		},
	})
	if err != nil {
		return outcome{}, failed(fmt.Errorf("git %q: %w", name, err))
	}
	done.preview, done.commits = published.Preview, reconcile.Pushed(name, published)
	return done, nil
}

// printSet prints the diff, or that nothing differs, and tells on stderr what was refused, skipped or doubted.
func (a *app) printSet(s *setter, done outcome) error {
	report := reconcile.Report{Changes: done.plan.Group.Only(done.preview.Applied).Changes, Commits: done.commits}
	var problems []error
	var hints []string
	for _, r := range slices.Concat(done.plan.Refused, done.preview.Refused) {
		problem := &plan.RefusedError{Refusal: s.shown(r)}
		problems = append(problems, problem)
		report.Errors = append(report.Errors, reconcile.Problem{Policy: r.Policy, Err: problem})
		if r.Hint != "" {
			hints = append(hints, r.Hint)
		}
	}
	for _, problem := range separate(done.failed) {
		problems = append(problems, problem)
		report.Errors = append(report.Errors, reconcile.Problem{Err: problem})
	}
	for _, absent := range done.plan.Absent {
		problem := fmt.Errorf("no reference to %s found", absent.Image)
		problems = append(problems, problem)
		report.Errors = append(report.Errors, reconcile.Problem{Err: problem})
		for i, skipped := range absent.Skipped {
			absent.Skipped[i] = s.shown(skipped)
		}
		hints = append(hints, absent.Hint())
	}
	for _, n := range slices.Concat(done.plan.Notes, done.preview.Notes) {
		fmt.Fprintln(a.stderr, "note:", printable(s.shown(n).String()))
	}
	for _, doubt := range done.plan.Doubts {
		fmt.Fprintln(a.stderr, "note:", printable(doubt))
	}
	if a.json() {
		if err := a.printJSON(report.RunJSON(nil)); err != nil {
			return err
		}
	} else {
		a.printSetText(s, done)
	}
	if len(problems) == 0 {
		return nil
	}
	return failed(errors.Join(problems...), hints...)
}

func (a *app) printSetText(s *setter, done outcome) {
	for _, f := range done.preview.Files {
		a.printDiff(edit.Diff(path.Join(s.base, f.Path), f.Old, f.New))
	}
	for _, c := range done.commits {
		fmt.Fprintf(a.stdout, "%s %s %s: %s\n", c.Git, c.Branch, a.paint(yellow, short(c.ID)), printable(c.Subject))
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
}
