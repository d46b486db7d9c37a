package main

import (
	"context"
	"errors"
	"fmt"
	"path"
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

type referencesFlags struct {
	dir        string
	git        string
	images     []string
	ungoverned bool
	exitCode   bool
}

func (a *app) referencesCommand() *cobra.Command {
	var flags referencesFlags
	cmd := &cobra.Command{
		Use:   "references",
		Short: "List the image references of a folder or Git repository, and which policy governs each",
		Long: `List every image reference in the files of a folder or a Git repository, with its line, its format and the
policy that governs it or "none", and what was refused or skipped, and why. It works without a policy file,
asks no registry and writes nothing. With a policy file its markers and targets count; what they lead to is
"named".`,
		Example: `  image-updater references
  image-updater references --dir deploy --image nginx
  image-updater references --git fleet --ungoverned --exit-code`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.references(cmd.Context(), flags)
		},
	}
	cmd.Flags().StringVar(&flags.dir, "dir", "", "look through the files below this folder (default .)")
	cmd.Flags().StringVar(&flags.git, "git", "", "look through this Git repository of the policy file")
	cmd.Flags().StringArrayVar(&flags.images, "image", nil, "only references to this image; may be given many times")
	cmd.Flags().BoolVar(&flags.ungoverned, "ungoverned", false, "only references that no policy governs")
	cmd.Flags().BoolVar(&flags.exitCode, "exit-code", false, "end with exit code 3 when there are references that no policy governs")
	return cmd
}

func (a *app) references(ctx context.Context, flags referencesFlags) error {
	l, err := a.newLister(ctx, flags)
	if err != nil {
		return err
	}
	found, err := l.find(ctx, flags.dir)
	if err != nil {
		return err
	}
	listed := plan.MakeReferences(plan.ReferencesInput{Policies: l.policies, Found: found, Now: a.now()})
	ungoverned := listed.Ungoverned()
	if flags.ungoverned {
		listed = ungoverned
	}
	if a.json() {
		err = a.printJSON(l.answer(listed, flags.git))
	} else {
		l.print(listed)
	}
	if err == nil && len(l.unread) > 0 {
		return failed(l.unreadErrors())
	}
	if err == nil && flags.exitCode && len(ungoverned.References) > 0 {
		return &exit{code: exitChanges}
	}
	return err
}

// lister is one call of references: what to look for, and where.
type lister struct {
	app      *app
	config   *config.Config
	haveFile bool
	git      *config.Git // nil for a folder
	base     string      // what a person puts before a path: see setter
	policies []plan.Policy
	scanner  *edit.Scanner
	unread   []*writeback.UnreadError // what could not be read, which is told after the rest; its paths are those of found
}

// newLister prepares the search. A folder is looked through for all policies, a Git repository for those that write to it,
// as in a pass.
func (a *app) newLister(ctx context.Context, flags referencesFlags) (*lister, error) {
	if flags.dir != "" && flags.git != "" {
		return nil, usage(errors.New("want one of --dir FOLDER and --git NAME"))
	}
	l := &lister{app: a}
	var query edit.Query
	for _, name := range flags.images {
		i, err := image.ParseRepository(name)
		if err != nil {
			return nil, usage(fmt.Errorf("--image: %w", err))
		}
		query.Images = append(query.Images, i)
	}
	var err error
	if l.config, l.haveFile, err = a.policiesIfAny(); err != nil {
		return nil, err
	}
	if flags.git != "" {
		if l.git, err = gitOfFlag(l.config, l.haveFile, flags.git); err != nil {
			return nil, err
		}
		if l.config, err = a.withOwnPolicies(ctx, l.config, flags.git); err != nil {
			return nil, err
		}
	}
	if l.haveFile {
		query.Markers = map[string]image.Repository{}
	}
	for _, p := range l.config.Policies { // none without a policy file
		query.Markers[p.Name] = p.Image
		if l.git != nil && !slices.Contains(p.Git, l.git.Name) {
			continue
		}
		query.Targets = append(query.Targets, p.Targets...)
		l.policies = append(l.policies, plan.Policy{
			Name: p.Name, Image: p.Image, Choice: p.Choice, Paths: p.Paths, Gate: reconcile.Gate(p), Git: p.Git})
	}
	if l.scanner, err = edit.NewScanner(query); err != nil {
		return nil, failed(err)
	}
	return l, nil
}

func (l *lister) find(ctx context.Context, dir string) (found edit.Found, err error) {
	if l.git != nil {
		found, err = l.branch(ctx)
	} else {
		if dir == "" {
			dir = "."
		}
		found, err = l.folder(ctx, dir)
	}
	if err != nil {
		return edit.Found{}, err
	}
	missing := l.scanner.Missing(found)
	if l.git == nil && len(l.config.Git) > 1 {
		found.Notes = append(found.Notes, missing...) // they may lead into another repository than the one of this folder
	} else {
		found.Refused = append(found.Refused, missing...)
	}
	return found, nil
}

func (l *lister) folder(ctx context.Context, dir string) (edit.Found, error) {
	d, err := writeback.OpenDir(dir)
	if err != nil {
		return edit.Found{}, failed(err)
	}
	defer d.Close()
	l.base = fromHere(dir)
	defer debug.SetGCPercent(debug.SetGCPercent(lookingGCPercent))
	found, err := d.Find(ctx, l.scanner, nil)
	for _, err := range separate(err) {
		unread, ok := errors.AsType[*writeback.UnreadError](err)
		if !ok {
			return edit.Found{}, failed(err)
		}
		l.unread = append(l.unread, unread)
	}
	return found, nil
}

// unreadErrors tells what could not be read, with paths as messages name them.
func (l *lister) unreadErrors() error {
	errs := make([]error, len(l.unread))
	for i, unread := range l.unread {
		errs[i] = &writeback.UnreadError{Path: path.Join(l.base, unread.Path), Err: unread.Err}
	}
	return errors.Join(errs...)
}

func (l *lister) branch(ctx context.Context) (edit.Found, error) {
	inGit := func(err error) error { return failed(fmt.Errorf("git %q: %w", l.git.Name, err)) }
	target, err := l.app.gitTarget(*l.git)
	if err != nil {
		return edit.Found{}, inGit(err)
	}
	w := l.app.writer()
	w.Scans = "" // it writes nothing, not even to the folder of the state
	b, err := w.Open(ctx, target)
	if err != nil {
		return edit.Found{}, inGit(err)
	}
	defer b.Close()
	found, err := b.Find(ctx, l.scanner, nil)
	if err != nil {
		return edit.Found{}, inGit(err)
	}
	return found, nil
}

// referencesJSON is the answer of references -o json. Lists are never null; the names are those of plan -o json.
type referencesJSON struct {
	References []referenceJSON `json:"references"`
	Refused    []placeJSON     `json:"refused"`
	Skipped    []placeJSON     `json:"skipped"`
	Unread     []placeJSON     `json:"unread"` // folders and files of which nobody knows what they hold
}

type referenceJSON struct {
	Git      string             `json:"git"` // "" for a folder
	File     string             `json:"file"`
	Line     int                `json:"line"`
	Format   edit.Format        `json:"format"`
	Image    string             `json:"image"`
	Name     string             `json:"name"` // the image as it is spelled there
	Tag      string             `json:"tag"`
	Digest   string             `json:"digest,omitempty"`
	Policies []string           `json:"policies"`
	Named    bool               `json:"named,omitempty"`
	Held     *referenceHeldJSON `json:"held,omitempty"`
}

type referenceHeldJSON struct {
	Rule   string `json:"rule"`
	Detail string `json:"detail"`
}

type placeJSON struct {
	Git      string   `json:"git"`
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"`
	Image    string   `json:"image,omitempty"`
	Policies []string `json:"policies"`
	Reason   string   `json:"reason"`
	Hint     string   `json:"hint,omitempty"`
}

func (l *lister) answer(listed plan.References, git string) referencesJSON {
	out := referencesJSON{
		References: make([]referenceJSON, len(listed.References)),
		Refused:    placesOf(listed.Refused, git),
		Skipped:    placesOf(listed.Skipped, git),
		Unread:     make([]placeJSON, len(l.unread)),
	}
	for i, unread := range l.unread {
		out.Unread[i] = placeJSON{Git: git, File: unread.Path, Policies: []string{}, Reason: unread.Err.Error()}
	}
	for i, r := range listed.References {
		s := r.Site
		out.References[i] = referenceJSON{Git: git, File: s.Path, Line: s.Line, Format: s.Format, Image: s.Image.String(), Name: s.Name,
			Tag: s.Tag, Digest: s.Digest.String(), Policies: r.Policies, Named: s.Named}
		if r.Held.Rule != "" {
			out.References[i].Held = &referenceHeldJSON{string(r.Held.Rule), r.Held.Detail}
		}
	}
	return out
}

func placesOf(refused []plan.Refused, git string) []placeJSON {
	places := make([]placeJSON, len(refused))
	for i, r := range refused {
		places[i] = placeJSON{Git: git, File: r.Path, Line: r.Line, Policies: r.Policies, Reason: r.Reason, Hint: r.Hint}
		if r.Image != (image.Repository{}) {
			places[i].Image = r.Image.String()
		}
	}
	return places
}
