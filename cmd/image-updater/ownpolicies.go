package main

import (
	"context"
	"slices"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
)

// haveOwnPolicies reports whether the Git repository of that name, or one of all for "", may have policies of its own.
func haveOwnPolicies(c *config.Config, git string) bool {
	return slices.ContainsFunc(c.Git, func(g config.Git) bool { return g.Policies != "" && (git == "" || git == g.Name) })
}

// withOwnPolicies returns the configuration with the policies that the Git repository of that name, or all for "", have
// themselves. Beside an error, which says which of them are not known, are the others.
func (a *app) withOwnPolicies(ctx context.Context, c *config.Config, git string) (*config.Config, error) {
	if !haveOwnPolicies(c, git) {
		return c, nil
	}
	r := &reconcile.Reconciler{Config: c, Writer: a.writer(), Target: a.gitTarget, Now: a.now, Log: a.logger()}
	joined, problems := r.Joined(ctx, git)
	return joined, failures(problems)
}
