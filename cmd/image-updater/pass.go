package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/writeback"
)

// passFlags are those that plan and run share.
type passFlags struct {
	selection reconcile.Selection
	fresh     bool
}

func (a *app) addPassFlags(cmd *cobra.Command, flags *passFlags) {
	cmd.Flags().StringVar(&flags.selection.Git, "git", "", "only this Git repository of the policy file")
	cmd.Flags().StringVar(&flags.selection.Policy, "policy", "", "only this policy")
	cmd.Flags().BoolVar(&flags.fresh, "fresh", false, "ask registries whatever the age of the lists at hand, and look each pull request up")
}

// pass sets up a reconciler and gives it to do, with progress on a terminal. The report comes with what was asked of
// the registries.
func (a *app) pass(ctx context.Context, flags passFlags, target func(config.Git) (writeback.Target, error),
	do func(*reconcile.Reconciler, context.Context, reconcile.Selection) reconcile.Report,
) (reconcile.Report, []reconcile.Request, error) {
	none := reconcile.Report{}
	c, err := a.policies()
	if err != nil {
		return none, nil, err
	}
	if err := checkSelection(c, flags.selection); err != nil {
		return none, nil, err
	}
	s, err := a.openSource(ctx, c)
	if err != nil {
		return none, nil, failed(err)
	}
	defer a.hurry()()
	line := a.newProgress()
	report := do(&reconcile.Reconciler{
		Config: c, Source: s, Contents: s, Writer: a.writer(), Target: target, Fresh: flags.fresh,
		Forge: a.forges(s.cache), Memory: pullMemory{cache: s.cache, now: a.now, log: a.logger()},
		Now: a.now, Log: a.logger(), Progress: line.step,
	}, ctx, flags.selection)
	line.end()
	requests := s.requests()
	if err := s.close(); err != nil {
		a.logger().WarnContext(ctx, "closing the cache", "err", err)
	}
	for i, p := range report.Errors {
		report.Errors[i].Hint = hintOf(p.Err)
	}
	return report, requests, nil
}

// hurryGCPercent is for one pass and the end of the process: collecting garbage half as often as usual takes a fifth off its
// time, and costs some megabytes for a moment.
const hurryGCPercent = 200

// hurry collects less garbage until the function it returns is called, unless the environment says how much.
func (a *app) hurry() func() {
	if _, told := a.env("GOGC"); told {
		return func() {}
	}
	before := debug.SetGCPercent(hurryGCPercent)
	return func() { debug.SetGCPercent(before) }
}

func (a *app) writer() *writeback.Writer {
	return &writeback.Writer{Now: a.now, Log: a.logger(), Scans: a.statePath("scan"), Build: fingerprint(), Gist: plan.Gist}
}

// checkSelection refuses names that are not in the policy file, and a selection that leaves nothing to do.
func checkSelection(c *config.Config, s reconcile.Selection) error {
	if len(c.Git) == 0 {
		return usage(errors.New("the policy file names no Git repository to write to"),
			"add git: [{name: ..., url: ...}] and defaults: {git: NAME}; set --dir works without")
	}
	if s.Git != "" {
		if _, err := c.GitNamed(s.Git); err != nil {
			return usage(fmt.Errorf("--git: %w", err))
		}
	}
	if s.Policy == "" {
		return nil
	}
	p, err := c.PolicyNamed(s.Policy)
	if err != nil && haveOwnPolicies(c, s.Git) {
		return nil // it may be one of a Git repository: the pass knows
	}
	switch {
	case err != nil:
		return usage(fmt.Errorf("--policy: %w", err))
	case len(p.Git) == 0:
		return usage(fmt.Errorf("--policy: policy %q names no Git repository to write to", s.Policy), "add git: NAME to it")
	case s.Git != "" && !slices.Contains(p.Git, s.Git):
		return usage(fmt.Errorf("policy %q does not write to git %q", s.Policy, s.Git), "it writes to "+list(p.Git))
	}
	return nil
}

// printChanges prints the diff of every file.
func (a *app) printChanges(files []reconcile.File) {
	for _, f := range files {
		a.printDiff(edit.Diff(f.Path, f.Old, f.New))
	}
}

// printHeld prints what stays as it is, and why.
func (a *app) printHeld(held []reconcile.Held) {
	if len(held) == 0 {
		return
	}
	fmt.Fprintln(a.stdout, a.paint(bold, "held back"))
	t := a.table()
	for _, h := range held {
		until := ""
		if at := moment(h.Until); !h.Until.IsZero() && !strings.Contains(h.Detail, at) {
			until = ", until " + at
		}
		fmt.Fprintf(t, "  %s\t%s%s %s\n", h.Policy, printableLine(h.Detail), until, a.paint(dim, "("+string(h.Rule)+")"))
	}
	t.Flush()
}

// pullWords say what a pass made of a pull request, and what it would make of it.
var pullWords = map[proposal.Outcome]struct{ did, would string }{
	proposal.Opened:    {"opened", "would be opened"},
	proposal.Updated:   {"updated", "would be updated"},
	proposal.Withdrawn: {"closed", "would be closed"},
	proposal.Unchanged: {"unchanged", "unchanged"},
	proposal.HeldBack:  {"held", "held"},
	proposal.WasMerged: {"merged", "merged"},
}

// printPullRequests prints what became of each pull request, or would.
func (a *app) printPullRequests(pulls []reconcile.PullRequest, planned bool) {
	for _, p := range pulls {
		words := pullWords[p.State]
		word := words.did
		if planned {
			word = words.would
		}
		line := fmt.Sprintf("%s %s %s", p.Git, p.Branch, a.paint(yellow, word))
		if p.Title != "" {
			line += ": " + printableLine(p.Title)
		}
		if p.Detail != "" {
			line += " (" + printableLine(p.Detail) + ")"
		}
		if p.URL != "" {
			line += " " + printableLine(p.URL)
		}
		fmt.Fprintln(a.stdout, line)
	}
}

// printWarnings tells on stderr what was wanted and that it went on without.
func (a *app) printWarnings(warnings []reconcile.Warning) {
	for _, w := range warnings {
		fmt.Fprintf(a.stderr, "warning: git %q: %s\n", w.Git, printableLine(w.Text))
	}
}

// printNotes tells on stderr what was left out on purpose.
func (a *app) printNotes(notes []reconcile.Note) {
	for _, n := range notes {
		fmt.Fprintln(a.stderr, "note:", printableLine(n.String()))
	}
}

// failures turns what failed into the error of the command, equal failures of many policies into one line.
func failures(problems []reconcile.Problem) error {
	var order []string
	policies := map[string][]string{}
	for _, p := range problems {
		text := p.Err.Error()
		if _, seen := policies[text]; !seen {
			order = append(order, text)
		}
		if p.Policy != "" {
			policies[text] = append(policies[text], fmt.Sprintf("%q", p.Policy))
		} else {
			policies[text] = nil
		}
	}
	var errs []error
	for _, text := range order {
		names := policies[text]
		switch {
		case len(names) == 0: // it is about a whole Git repository
			errs = append(errs, errors.New(text))
		case len(names) == 1:
			errs = append(errs, fmt.Errorf("policy %s: %s", names[0], text))
		case len(names) <= 3:
			errs = append(errs, fmt.Errorf("policies %s: %s", strings.Join(names, ", "), text))
		default:
			errs = append(errs, fmt.Errorf("%d policies, %s the first: %s", len(names), names[0], text))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return failed(errors.Join(errs...), hintsOf(problems)...)
}

// hintsOf returns the hints of problems.
func hintsOf(problems []reconcile.Problem) []string {
	var hints []string
	for _, p := range problems {
		if p.Hint != "" {
			hints = append(hints, p.Hint)
		}
	}
	return hints
}

// hintOf returns the hint of a refused reference or of a Git server.
func hintOf(err error) string {
	if r, ok := errors.AsType[*plan.RefusedError](err); ok {
		return r.Refusal.Hint
	}
	return gitHint(err)
}

// costs says what a pass asked: "docker.io: 3 requests, 0 pulls".
func costs(requests []reconcile.Request) string {
	words := make([]string, len(requests))
	for i, r := range requests {
		words[i] = fmt.Sprintf("%s: %s, %s", r.Registry, count(r.Requests, "request", "requests"), count(r.Pulls, "pull", "pulls"))
	}
	if len(words) == 0 {
		return "no registry was asked"
	}
	return strings.Join(words, "; ")
}
