package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
)

type historyFlags struct {
	git, policy, file, since string
	limit                    int
}

func (a *app) historyCommand() *cobra.Command {
	var flags historyFlags
	cmd := &cobra.Command{
		Use:   "history",
		Short: "Show what was written when, read from the commits' trailers",
		Long: `Show what was written to Git, when and by which policy, the latest first. It is read from the trailers of the
commits: of the branch, and of the branches of image-updater's own what is not merged yet. Only commits are
fetched, at most 10,000 one behind the other, and no registry is asked.`,
		Example: `  image-updater history
  image-updater history --policy nginx --since 2026-01-01
  image-updater history --follow-file apps/web/deployment.yaml -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.history(cmd.Context(), flags)
		},
	}
	cmd.Flags().StringVar(&flags.git, "git", "", "only this Git repository of the policy file")
	cmd.Flags().StringVar(&flags.policy, "policy", "", "only this policy, which may be one that is gone")
	cmd.Flags().StringVar(&flags.file, "follow-file", "", "only this file, by its path in the repository")
	cmd.Flags().StringVar(&flags.since, "since", "", "only from then on: 2026-11-21 (in UTC) or 2026-11-21T10:00:00Z")
	cmd.Flags().IntVar(&flags.limit, "limit", 0, "show only so many, the latest (default all)")
	return cmd
}

func (a *app) history(ctx context.Context, flags historyFlags) error {
	since, err := parseSince(flags.since)
	if err != nil {
		return usage(fmt.Errorf("--since: %w", err))
	}
	if flags.limit < 0 {
		return usage(fmt.Errorf("--limit: %d is negative", flags.limit))
	}
	c, err := a.policies()
	if err != nil {
		return err
	}
	if err := checkSelection(c, reconcile.Selection{Git: flags.git}); err != nil {
		return err
	}
	line := a.newProgress()
	r := &reconcile.Reconciler{Config: c, Writer: a.writer(), Target: a.gitTarget, Now: a.now, Log: a.logger(), Progress: line.step}
	h := r.History(ctx, flags.git)
	line.end()
	if err := knownPolicy(c, h, flags.policy); err != nil { // known only now: it may be one of earlier
		return err
	}
	h.Written = slices.DeleteFunc(h.Written, func(w reconcile.Written) bool { return !flags.want(w, since) })
	left := 0
	if flags.limit > 0 && len(h.Written) > flags.limit {
		left = len(h.Written) - flags.limit
		h.Written = h.Written[:flags.limit]
	}
	if err := a.printHistory(h); err != nil {
		return err
	}
	if left > 0 {
		fmt.Fprintf(a.stderr, "note: %s not shown\n", count(left, "older change is", "older changes are"))
	}
	for _, git := range h.Cut {
		fmt.Fprintf(a.stderr, "note: git %q has older commits, which were not looked at\n", git)
	}
	return historyFailures(h.Errors)
}

// knownPolicy refuses a name that neither the policy file nor a commit knows: most often it is misspelled. Where a history
// could not be read nobody can say.
func knownPolicy(c *config.Config, h reconcile.History, name string) error {
	_, err := c.PolicyNamed(name)
	if name == "" || err == nil || len(h.Errors) > 0 || slices.ContainsFunc(h.Written, func(w reconcile.Written) bool {
		return slices.Contains(w.Policies, name)
	}) {
		return nil
	}
	return failed(fmt.Errorf("--policy: %w, and no commit names it", err))
}

func (f historyFlags) want(w reconcile.Written, since time.Time) bool {
	return (f.policy == "" || slices.Contains(w.Policies, f.policy)) &&
		(f.file == "" || w.Path == path.Clean(f.file)) &&
		!w.When.Before(since)
}

func (a *app) printHistory(h reconcile.History) error {
	if a.json() {
		return a.printJSON(h.JSON())
	}
	if len(h.Written) == 0 && len(h.Errors) == 0 {
		fmt.Fprintln(a.stdout, "nothing was written")
		return nil
	}
	t := a.table()
	for _, w := range h.Written {
		policy := w.Policy()
		if policy == "" {
			policy = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\t%s\n", moment(w.When), printableLine(policy), w.Git, printableLine(w.Branch),
			printableLine(w.Path), w.Image.Familiar(), w.Step(), short(w.Commit), printableLine(w.Author))
	}
	return t.Flush()
}

// historyFailures turns what could not be read into the error of the command.
func historyFailures(problems []reconcile.Problem) error {
	errs := make([]error, len(problems))
	for i, p := range problems {
		errs[i] = fmt.Errorf("git %q: %w", p.Git, p.Err)
	}
	if err := errors.Join(errs...); err != nil {
		return failed(err)
	}
	return nil
}
