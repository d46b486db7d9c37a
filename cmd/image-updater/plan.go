package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/internal/reconcile"
)

func (a *app) planCommand() *cobra.Command {
	var flags passFlags
	var exitCode bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what run would change, and what is held back and why",
		Long: `Make a pass without writing: read Git, list tags, decide, and show the changes as a unified diff together
with what is held back and the rule that holds it. Lists that are younger than a policy's interval are
taken from the cache.`,
		Example: `  image-updater plan
  image-updater plan --policy nginx
  image-updater plan --exit-code -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.plan(cmd.Context(), flags, exitCode)
		},
	}
	a.addPassFlags(cmd, &flags)
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "end with exit code 3 when there are changes")
	return cmd
}

func (a *app) plan(ctx context.Context, flags passFlags, exitCode bool) error {
	report, requests, err := a.pass(ctx, flags, a.gitTarget, (*reconcile.Reconciler).Plan)
	if err != nil {
		return err
	}
	a.printWarnings(report.Warnings)
	if a.json() {
		if err := a.printJSON(report.PlanJSON(requests)); err != nil {
			return err
		}
	} else {
		a.printChanges(report.Files)
		if len(report.Files) > 0 {
			fmt.Fprintln(a.stdout)
		}
		for _, c := range report.Planned {
			fmt.Fprintf(a.stdout, "%s %s %s: %s\n", c.Git, c.Branch, a.paint(yellow, "would get"), printableLine(c.Subject))
		}
		a.printPullRequests(report.PullRequests, true)
		a.printHeld(report.Held)
		a.printNotes(report.Notes)
		fmt.Fprintf(a.stdout, "%s, %d held back; %s\n", count(len(report.Changes), "change", "changes"), len(report.Held), costs(requests))
	}
	if err := failures(report.Errors); err != nil {
		return err
	}
	if exitCode && len(report.Changes) > 0 {
		return &exit{code: exitChanges}
	}
	return nil
}

func (a *app) runCommand() *cobra.Command {
	var flags passFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Make one pass: scan, decide, commit and push or open pull requests",
		Long: `Make one pass, for cron and CI: read Git, list the tags that are due, decide, and push what should change as
commits, or open and update pull requests for it. What fails for one policy is reported at the end and
does not stop the others. Running it again changes nothing.`,
		Example: `  image-updater run
  image-updater run --git fleet --fresh
  image-updater run -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.run(cmd.Context(), flags)
		},
	}
	a.addPassFlags(cmd, &flags)
	return cmd
}

func (a *app) run(ctx context.Context, flags passFlags) error {
	report, requests, err := a.pass(ctx, flags, a.writeTarget, (*reconcile.Reconciler).Run)
	if err != nil {
		return err
	}
	a.printWarnings(report.Warnings)
	if a.json() {
		return errors.Join(a.printJSON(report.RunJSON(requests)), failures(report.Errors))
	}
	for _, c := range report.Commits {
		fmt.Fprintf(a.stdout, "%s %s %s: %s\n", c.Git, c.Branch, a.paint(yellow, short(c.ID)), printableLine(c.Subject))
	}
	a.printPullRequests(report.PullRequests, false)
	a.printHeld(report.Held)
	a.printNotes(report.Notes)
	fmt.Fprintf(a.stdout, "%s, %s, %d held back; %s\n", count(len(report.Commits), "commit", "commits"),
		count(len(report.Changes), "change", "changes"), len(report.Held), costs(requests))
	return failures(report.Errors)
}

// short is how Git shows a commit to people.
func short(id string) string { return id[:min(len(id), 7)] }
