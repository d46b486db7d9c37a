package reconcile

import (
	"cmp"
	"context"
	"slices"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/writeback"
)

// preview makes the plan's edits without pushing them.
func (t *tree) preview(ctx context.Context, observed *observation) Report {
	made, err := t.plan(ctx, t.found, observed)
	report := t.decided(made)
	if err != nil {
		report.Errors = append(report.Errors, t.failed(t.behind(made.Wanted()), err).Errors...)
		return report
	}
	kept := made
	for _, head := range t.heads(t.pushedGroups(made.Groups)) {
		standing, err := t.standing(ctx, head, made)
		if err != nil {
			report.Errors = append(report.Errors, t.failed(t.behind(plan.Plan{Groups: t.groupsOf(head, made.Groups)}.Changes()), err).Errors...)
			continue
		}
		kept = t.keep(kept, head, standing)
	}
	pushed := t.pushedGroups(kept.Groups)
	shown, err := t.branch.Preview(ctx, Commits(pushed, t.message))
	if err != nil {
		report.Errors = append(report.Errors, t.failed(t.policies, err).Errors...)
		return report
	}
	t.edited(&report, pushed, shown)
	report.Planned = t.wouldPush(pushed, shown)
	_, pulls := t.pullRequests(ctx, snapshot{tip: t.tip, found: t.found, plan: made}, observed, false)
	return join([]Report{report, pulls})
}

// publish pushes the plan: one push for all that goes to the branch itself, and one for each branch of our own.
func (t *tree) publish(ctx context.Context, observed *observation) Report {
	made, err := t.plan(ctx, t.found, observed)
	if err != nil {
		return join([]Report{t.decided(made), t.failed(t.behind(made.Wanted()), err)})
	}
	last := snapshot{tip: t.tip, found: t.found, plan: made}
	var report Report
	for _, head := range t.heads(t.pushedGroups(made.Groups)) {
		groups := t.groupsOf(head, made.Groups)
		standing, err := t.standing(ctx, head, made)
		if err != nil {
			report.Errors = append(report.Errors, t.failed(t.behind(plan.Plan{Groups: groups}.Changes()), err).Errors...)
			continue
		}
		t.push(ctx, head, groups, &report, func(ctx context.Context, found edit.Found) (plan.Plan, error) {
			var err error
			last = snapshot{tip: t.branch.Tip(), found: found}
			last.plan, err = t.replan(ctx, found, observed)
			return t.keep(last.plan, head, standing), err
		})
	}
	last, pulls := t.pullRequests(ctx, last, observed, true)
	return join([]Report{t.decided(last.plan), report, pulls})
}

// wouldPush returns the commits that were previewed.
func (t *tree) wouldPush(groups []plan.Group, shown writeback.Preview) []Commit {
	commits := make([]Commit, len(shown.Messages))
	for i, m := range shown.Messages {
		commits[i] = commitOf(t.git.Name, cmp.Or(t.head(groups[m.Commit]), t.branch.Name()), m.Text)
	}
	return commits
}

// standing returns the changes that a branch of our own has, where the plan has not decided about all of them: a branch
// that is made anew must not lose what nobody took back.
func (t *tree) standing(ctx context.Context, head string, made plan.Plan) ([]plan.Trailer, error) {
	if head == "" || !slices.ContainsFunc(made.Undecided, func(u plan.Undecided) bool { return proposal.BranchPrefix+u.Policy.Group == head }) {
		return nil, nil
	}
	found, err := t.branch.Head(ctx, head, nil)
	return changesOf(found.Messages), err
}

func (t *tree) keep(made plan.Plan, head string, standing []plan.Trailer) plan.Plan {
	made.Groups = slices.Clone(made.Groups)
	for i, g := range made.Groups {
		if head != "" && t.head(g) == head {
			made.Groups[i] = made.Keep(g, t.git.Name, standing)
		}
	}
	return made
}

// replan decides about what was found since, which may need more of the registries.
func (t *tree) replan(ctx context.Context, found edit.Found, observed *observation) (plan.Plan, error) {
	observed.complete(ctx, func(known lists, of func(image.Repository) bool) []plan.Missing {
		return t.lacking(found, observed, known, of)
	})
	return t.plan(ctx, found, observed)
}

// push publishes the groups that belong to head. After a lost race for the branch the plan is made again on what
// stands there then: it may be less, or nothing.
func (t *tree) push(ctx context.Context, head string, groups []plan.Group, report *Report, replan func(context.Context, edit.Found) (plan.Plan, error)) {
	published, err := t.branch.Publish(ctx, writeback.Publication{
		Scanner: t.scanner, Paths: t.paths, Head: head,
		Decide: func(ctx context.Context, found edit.Found) ([]writeback.Commit, error) {
			made, err := replan(ctx, found)
			groups = t.groupsOf(head, made.Groups)
			return Commits(groups, t.message), err
		},
	})
	if err != nil {
		report.Errors = append(report.Errors, t.failed(t.behind(plan.Plan{Groups: groups}.Changes()), err).Errors...)
		return
	}
	if len(published.Commits) > 0 {
		t.edited(report, groups, published.Preview)
	} else {
		t.refused(report, groups, published.Preview)
	}
	t.pushed(ctx, report, published)
}

// pushed reports the commits of a publication.
func (t *tree) pushed(ctx context.Context, report *Report, published writeback.Published) {
	pushed := Pushed(t.git.Name, published)
	t.retries += max(0, published.Attempts-1)
	report.Commits = append(report.Commits, pushed...)
	for _, c := range pushed {
		t.reconciler.log().InfoContext(ctx, "pushed", "git", c.Git, "branch", c.Branch, "commit", c.ID, "subject", c.Subject)
	}
}

// heads returns the branches the groups go to, each once, in the order of the groups. "" is the branch itself.
func (t *tree) heads(groups []plan.Group) []string {
	var heads []string
	seen := map[string]bool{}
	for _, g := range groups {
		if head := t.head(g); !seen[head] {
			seen[head] = true
			heads = append(heads, head)
		}
	}
	return heads
}

// pushedGroups returns the groups that are pushed and nothing more: those that a pull request is opened for are looked at
// first.
func (t *tree) pushedGroups(groups []plan.Group) []plan.Group {
	return slices.DeleteFunc(slices.Clone(groups), func(g plan.Group) bool { return t.write(g).Mode == config.PullRequest })
}

func (t *tree) groupsOf(head string, groups []plan.Group) []plan.Group {
	var of []plan.Group
	for _, g := range groups {
		if t.head(g) == head {
			of = append(of, g)
		}
	}
	return of
}

// head returns the branch a group is pushed to.
func (t *tree) head(g plan.Group) string {
	if t.write(g).Mode != config.Commit {
		return proposal.BranchPrefix + g.Key
	}
	return ""
}

// write returns how a group is written. All policies of a group write in the same way: the policy file is refused else.
func (t *tree) write(g plan.Group) config.Write {
	if t.writes == nil {
		t.writes = map[string]config.Write{}
		for _, p := range t.policies {
			t.writes[t.groupKey(p)] = t.git.WriteFor(p)
		}
	}
	if w, ok := t.writes[g.Key]; ok {
		return w
	}
	return t.git.Write
}

// squash makes one group, where the first of them stands, of those that become one commit on the branch itself. On a
// branch of its own a group is one commit anyway.
func (t *tree) squash(groups []plan.Group) []plan.Group {
	var kept []plan.Group
	var together []plan.Change
	one := -1 // the index of the squashed group
	for _, g := range groups {
		if t.head(g) != "" || t.write(g).Commits != config.Squash {
			kept = append(kept, g)
			continue
		}
		if one < 0 {
			one = len(kept)
			kept = append(kept, g)
		}
		together = append(together, g.Changes...)
	}
	if one >= 0 {
		kept[one] = plan.NewGroup(kept[one].Key, together)
	}
	return kept
}

// behind returns the policies of changes.
func (t *tree) behind(changes []plan.Change) []config.Policy {
	names := map[string]bool{}
	for _, c := range changes {
		names[c.Policy] = true
	}
	var policies []config.Policy
	for _, p := range t.policies {
		if names[p.Name] {
			policies = append(policies, p)
		}
	}
	return policies
}
