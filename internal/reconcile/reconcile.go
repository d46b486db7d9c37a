package reconcile

import (
	"context"
	"log/slog"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
	"github.com/image-updater/image-updater/writeback"
)

// Source answers what a repository has.
type Source interface {
	// Expect announces the repositories a pass will ask for, so that what they share is asked once.
	Expect(repositories []image.Repository)
	// Tells returns which of the wanted facts a list of tags has, as far as that is known without asking.
	Tells(ctx context.Context, repository image.Repository, want image.Facts) image.Facts
	// Candidates lists all tags, with those of the wanted facts that come at no cost. A list that is second hand is not
	// from the registry itself. One younger than fresh may be an old one; with fresh 0 the registry is asked. An error means
	// that the list is not known, not that it is empty; [ErrUnlisted] is no failure.
	Candidates(ctx context.Context, repository image.Repository, want image.Facts, fresh time.Duration) (
		candidates []policy.Candidate, secondHand bool, err error)
	// Look tells what the registry itself knows of one tag: at least its digest, and when it was first seen. NoQuotaUntil
	// is set when the rest would have cost too much. A tag that is not there is [ErrNoTag]. What was known since then may be
	// told again; with a zero since the registry is asked.
	Look(ctx context.Context, repository image.Repository, tag string, want image.Facts, since time.Time) (policy.Candidate, error)
}

// Reconciler runs passes. They do not change its fields.
type Reconciler struct {
	Config *config.Config
	Source Source
	Writer *writeback.Writer
	// Target resolves what Config says of a Git repository, credentials included, when the pass comes to it.
	Target func(config.Git) (writeback.Target, error)
	// Forge resolves where the pull requests of a Git repository are; it is called where one may be wanted alone.
	Forge    func(config.Git) (Forge, error)
	Memory   Memory                           // of pull requests; nil = none
	Folders  *Folders                         // of earlier passes; nil = none
	Contents Contents                         // of images; nil = pull requests are opened without links
	Fresh    bool                             // ask registries and forges whatever the age of what is at hand
	Now      func() time.Time                 // nil = time.Now
	Log      *slog.Logger                     // nil = discard
	Progress func(stage string, done, of int) // nil = none; calls come one at a time
}

// Selection narrows a pass. Its zero value is everything.
type Selection struct {
	Git    string // name of a Git repository
	Policy string // name of a policy
	// Only names Git repositories, and of each the policies that are decided: nil is all of them. What is looked for there
	// stays the same, so that what was found before serves.
	Only map[string][]string
}

// wants reports whether a Git repository is selected, and which policies of it, nil for all.
func (s Selection) wants(git string) (policies []string, selected bool) {
	if s.Git != "" && s.Git != git {
		return nil, false
	}
	if s.Only == nil {
		return nil, true
	}
	policies, selected = s.Only[git]
	return policies, selected
}

// Plan runs a pass that writes nothing and reports what [Reconciler.Run] would do.
func (r *Reconciler) Plan(ctx context.Context, s Selection) Report {
	return r.pass(ctx, s, (*tree).preview)
}

// Run runs a pass and pushes what it decides.
func (r *Reconciler) Run(ctx context.Context, s Selection) Report {
	return r.pass(ctx, s, (*tree).publish)
}

// pass is the path of every image, in order. finish is what is done with the plan of a tree.
func (r *Reconciler) pass(ctx context.Context, s Selection, finish func(*tree, context.Context, *observation) Report) Report {
	started := r.now()
	r, owns := r.joined(ctx, s)
	trees := r.trees(s, owns)
	r.each("reading Git", trees, func(t *tree) { t.open(ctx) })
	defer closeAll(trees)

	observed := r.observe(ctx, trees)
	observed.complete(ctx, func(known lists, of func(image.Repository) bool) []plan.Missing {
		var missing []plan.Missing
		for _, t := range trees {
			missing = append(missing, t.lacking(t.found, observed, known, of)...)
		}
		return missing
	})

	reports := make([]Report, len(trees))
	r.each("writing", trees, func(t *tree) {
		if t.err != nil {
			reports[t.index] = t.failed(t.policies, t.err)
		} else {
			reports[t.index] = finish(t, ctx, observed)
		}
		reports[t.index].Trees = []Tree{t.told()}
	})
	report := join(append(reports, r.ownReport(owns)))
	if _, err := r.Config.PolicyNamed(s.Policy); err != nil && s.Policy != "" {
		report.Errors = append(report.Errors, Problem{Policy: s.Policy, Err: err})
	}
	log := r.log()
	if len(trees) == 1 {
		log = log.With("git", trees[0].git.Name)
	}
	log.InfoContext(ctx, "pass ended", "changes", len(report.Changes), "held", len(report.Held),
		"errors", len(report.Errors), "took", r.now().Sub(started))
	return report
}

// each is the package's each over trees, with progress.
func (r *Reconciler) each(stage string, trees []*tree, do func(*tree)) {
	tell := r.progress(stage, len(trees))
	each(trees, treesAtOnce, func(t *tree) {
		do(t)
		tell()
	})
}

func (r *Reconciler) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}

func (r *Reconciler) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}
