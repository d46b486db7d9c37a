package daemon

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/policy"
)

// findings puts what a pass has found in the words of a status.
func (l *loop) findings(p *passing, report reconcile.Report, now time.Time) status.Findings {
	f := l.finder(report, now)
	found := status.Findings{Pass: f.pass(p), Written: f.written()}
	found.Pass.Held, found.Pass.Errors = len(report.Held), len(report.Errors)
	for _, told := range report.Trees {
		if t := l.treeOf(told.Git); t != nil {
			for _, name := range told.Policies {
				found.Found = append(found.Found, f.finding(t, told, name))
			}
			found.Git = append(found.Git, f.git(t, told))
		}
	}
	return found
}

// finder turns a report around: by Git repository and policy.
type finder struct {
	*loop
	report     reconcile.Report
	now        time.Time
	commits    map[held]reconcile.Commit
	pulls      map[held]reconcile.PullRequest // by Git repository and branch
	held       map[held][]reconcile.Held
	errors     map[held][]error
	references map[held][]reconcile.Reference
	policies   map[string]*config.Policy // that write there
}

func (l *loop) finder(report reconcile.Report, now time.Time) finder {
	f := finder{loop: l, report: report, now: now, commits: map[held]reconcile.Commit{}, pulls: map[held]reconcile.PullRequest{},
		held: map[held][]reconcile.Held{}, errors: map[held][]error{}, references: map[held][]reconcile.Reference{},
		policies: map[string]*config.Policy{}}
	for i := range l.config.Policies {
		p := &l.config.Policies[i]
		if slices.ContainsFunc(report.Trees, func(t reconcile.Tree) bool { return slices.Contains(p.Git, t.Git) }) {
			f.policies[p.Name] = p
		}
	}
	for _, c := range report.Commits {
		for _, name := range c.Policies {
			f.commits[held{c.Git, name}] = c
		}
	}
	for _, pull := range report.PullRequests {
		f.pulls[held{pull.Git, pull.Branch}] = pull
	}
	for _, h := range report.Held {
		f.held[held{h.Git, h.Policy}] = append(f.held[held{h.Git, h.Policy}], h)
	}
	for _, e := range report.Errors {
		f.errors[held{e.Git, e.Policy}] = append(f.errors[held{e.Git, e.Policy}], e.Err)
	}
	for _, r := range report.References {
		f.references[held{r.Git, r.Policy}] = append(f.references[held{r.Git, r.Policy}], r)
	}
	return f
}

// pass tells of a pass that has ended.
func (f finder) pass(p *passing) status.Pass {
	return status.Pass{Number: p.number, Began: p.began, Ended: f.now, Reason: p.reason, Stuck: p.stuck,
		Changes: len(f.report.Changes), Commits: len(f.report.Commits), PullRequests: movedPulls(f.report)}
}

// movedPulls counts the pull requests that a pass has opened or updated.
func movedPulls(report reconcile.Report) int {
	moved := 0
	for _, p := range report.PullRequests {
		if p.Moved() {
			moved++
		}
	}
	return moved
}

func (f finder) finding(t *tree, told reconcile.Tree, name string) status.Finding {
	at, p := held{told.Git, name}, f.policy(name)
	found := status.Finding{Policy: name, Git: told.Git, Unread: told.Err != nil}
	if commit, made := f.commits[at]; made {
		found.Commit = commitLink(commit.ID, commit.URL)
	}
	head := reconcile.HeadOf(t.git, p)
	if t.git.WriteFor(p).Mode == config.PullRequest {
		if pull := f.pulls[held{told.Git, head}]; pull.Open() {
			found.Proposal = pullLink(pull)
		}
	}
	failed := false // a reference tells why
	for _, r := range f.references[at] {
		reference := f.reference(t, p, r)
		found.References = append(found.References, reference)
		failed = failed || reference.State == status.Failed
	}
	if errs := f.errors[at]; len(errs) > 0 && !failed {
		found.Notes = append(found.Notes, status.Note{Git: told.Git, State: status.Failed, Why: status.Reason{Rule: status.RuleError, Detail: errs[0].Error()}})
	}
	if len(found.References) == 0 {
		for _, h := range f.held[at] {
			if h.Rule == plan.NotFound {
				found.Notes = append(found.Notes, status.Note{Git: told.Git, State: status.NotFound, Why: reasonOf(h.Held)})
			}
		}
	}
	return found
}

// reference says what became of one reference.
func (f finder) reference(t *tree, p config.Policy, r reconcile.Reference) status.Reference {
	told := status.Reference{
		Git: r.Git, File: r.Site.Path, Line: r.Site.Line, Current: r.Site.Tag, Chosen: r.To,
		CurrentDigest: r.Site.Digest.String(), ChosenDigest: r.ToDigest.String(),
	}
	at := held{r.Git, p.Name}
	switch {
	case errors.Is(r.Err, reconcile.ErrUnlisted):
		told.State, told.Why = status.New, status.Reason{Rule: status.RuleNew, Detail: r.Err.Error()}
	case r.Err != nil:
		told.State, told.Why = status.Failed, status.Reason{Rule: status.RuleError, Detail: r.Err.Error()}
	case !r.Changed:
		told.State, told.Why = stateOf(r.Held)
	case len(f.errors[at]) > 0 && f.commits[at].ID == "":
		told.State, told.Why = status.Failed, status.Reason{Rule: status.RuleError, Detail: f.errors[at][0].Error()}
	case t.git.WriteFor(p).Mode == config.Commit:
		told.Current, told.CurrentDigest = told.Chosen, told.ChosenDigest
		told.State, told.Why = stateOf(r.Held)
	case t.git.WriteFor(p).Mode == config.Branch:
		told.State, told.Why = status.Proposed, status.Reason{Rule: status.RuleBranch, Detail: "on the branch " + reconcile.HeadOf(t.git, p)}
	default:
		told.State, told.Why = f.proposed(t, p, at)
		r.Held.Tag = r.To
	}
	if (told.State == status.Waiting || told.State == status.Held) && r.Held.Tag != r.Site.Tag {
		told.Coming = r.Held.Tag
	}
	return told
}

// proposed says what became of a change that is written by a pull request.
func (f finder) proposed(t *tree, p config.Policy, at held) (status.State, status.Reason) {
	pull, there := f.pulls[held{t.git.Name, reconcile.HeadOf(t.git, p)}]
	for _, h := range f.held[at] {
		if !h.OfPullRequest() {
			continue
		}
		if h.Until.IsZero() {
			return status.Held, reasonOf(h.Held)
		}
		return status.Waiting, reasonOf(h.Held)
	}
	if there && pull.Open() {
		return status.Proposed, status.Reason{Rule: status.RulePullRequest, Detail: cmp.Or(pull.Detail, fmt.Sprintf("pull request #%d is open", pull.Number))}
	}
	return status.Waiting, status.Reason{Rule: status.RulePullRequest, Detail: "no pull request is open for it yet"}
}

// stateOf returns the state of a reference that something keeps from a newer tag.
func stateOf(h plan.Held) (status.State, status.Reason) {
	switch why := reasonOf(h); h.Rule {
	case "":
		return status.UpToDate, status.Reason{}
	case plan.Suspended:
		return status.Suspended, why
	case policy.RuleHeld, policy.RulePlatforms, policy.RuleNoVersion, plan.NotFound:
		return status.Held, why
	case policy.RuleMinAge, policy.RuleQuota, plan.OutsideWindow:
		return status.Waiting, why
	default:
		if h.Until.IsZero() {
			return status.UpToDate, why // the policy itself does not want it
		}
		return status.Waiting, why
	}
}

func reasonOf(h plan.Held) status.Reason {
	if h.Rule == "" {
		return status.Reason{}
	}
	return status.Reason{Rule: string(h.Rule), Detail: h.Detail, Until: h.Until}
}

// git says what is known of a Git repository after a pass.
func (f finder) git(t *tree, told reconcile.Tree) status.Git {
	g := status.Git{Name: told.Git, Branch: told.Branch, Tip: told.Tip, Read: f.now, Retry: told.Retries}
	if told.Err != nil {
		g.Error, g.Since = told.Err.Error(), f.now
		return g
	}
	for _, err := range f.errors[held{git: told.Git}] {
		g.Fault = err.Error()
	}
	for _, c := range f.report.Commits {
		if c.Git == told.Git {
			g.Write = f.now
		}
	}
	decided := map[string]bool{}
	for _, name := range told.Policies {
		decided[reconcile.HeadOf(t.git, f.policy(name))] = true
		for _, r := range f.references[held{told.Git, name}] {
			if r.Changed && f.commits[held{told.Git, name}].ID == "" && len(f.errors[held{told.Git, name}]) > 0 {
				g.Queue++
			}
		}
	}
	if i := slices.IndexFunc(f.status.Git, func(g status.Git) bool { return g.Name == told.Git }); i >= 0 {
		for _, open := range f.status.Git[i].Open {
			if !decided[open.Branch] && len(f.behind(t, t.policies, open.Branch)) > 0 { // else nobody looks after it any more
				g.Open = append(g.Open, open)
			}
		}
	}
	for _, pull := range f.report.PullRequests {
		if pull.Git == told.Git && pull.Open() {
			g.Open = append(g.Open, status.PullRequest{Branch: pull.Branch, Title: pull.Title, Link: pullLink(pull),
				State: string(pull.State), Detail: pull.Detail, Policies: f.behind(t, told.Policies, pull.Branch)})
		}
	}
	slices.SortFunc(g.Open, func(a, b status.PullRequest) int { return cmp.Compare(a.Branch, b.Branch) })
	return g
}

// policy returns a policy by its name; the zero one where it is gone since the pass began.
func (f finder) policy(name string) config.Policy {
	if p := f.policies[name]; p != nil {
		return *p
	}
	return config.Policy{}
}

// behind returns those of the policies that write to a branch of our own.
func (f finder) behind(t *tree, policies []string, head string) []string {
	var names []string
	for _, name := range policies {
		if reconcile.HeadOf(t.git, f.policy(name)) == head {
			names = append(names, name)
		}
	}
	return names
}
