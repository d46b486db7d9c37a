package reconcile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/writeback"
)

// Memory keeps between passes what was seen of the pull request of a branch. Whatever it has lost is asked for again.
type Memory interface {
	Recall(url, head string) proposal.Memory
	Remember(url, head string, m proposal.Memory)
}

// PullRequest is what a pass made, or would make, of the pull request of a group.
type PullRequest struct {
	Git    string
	Branch string // it comes from
	Number int    // 0 for one that is not there
	URL    string
	Title  string
	State  proposal.Outcome
	Detail string // a sentence without its full stop, "" where there is nothing to say
}

// Open reports whether it is open when the pass has ended.
func (p PullRequest) Open() bool {
	switch p.State {
	case proposal.Opened, proposal.Updated, proposal.Unchanged, proposal.HeldBack:
		return p.Number != 0
	}
	return false
}

// Moved reports whether the pass has opened or updated it.
func (p PullRequest) Moved() bool { return p.State == proposal.Opened || p.State == proposal.Updated }

// Warning is something that was wanted and that went on without.
type Warning struct {
	Git  string
	Text string
}

// pulls are the pull requests of one Git repository in a pass.
type pulls struct {
	*tree
	observed *observation
	write    bool // do, and not only show, what is decided
	at       snapshot
	forge    Forge
	counted  bool            // opened is known
	opened   []proposal.Pull // by this program, and open
	warned   map[proposal.Kind]bool
	sought   time.Duration // spent on looking for contents of images
	reports  []Report      // of the groups so far
}

// pullGroup is a group that is written by a pull request, whether anything of it is to be changed or not.
type pullGroup struct {
	key      string
	policies []config.Policy
	write    config.Write
}

func (g pullGroup) head() string { return proposal.BranchPrefix + g.key }

// pullGroups returns the groups that are written by pull requests, in the order of the policy file.
func (t *tree) pullGroups() []pullGroup {
	var groups []pullGroup
	at := map[string]int{}
	for _, p := range t.policies {
		write := t.git.WriteFor(p)
		if write.Mode != config.PullRequest {
			continue
		}
		key := t.groupKey(p)
		i, known := at[key]
		if !known {
			i = len(groups)
			at[key] = i
			groups = append(groups, pullGroup{key: key, write: write})
		}
		groups[i].policies = append(groups[i].policies, p)
	}
	return groups
}

// whole adds the policies that share a pull request with those that are selected: without them it would lose their
// changes.
func (t *tree) whole() {
	selected, mine := map[string]bool{}, map[string]bool{}
	for _, p := range t.policies {
		selected[p.Name] = true
	}
	for _, g := range t.pullGroups() {
		mine[g.key] = true
	}
	t.policies = slices.DeleteFunc(t.reconciler.writingTo(t.git, ""), func(p config.Policy) bool {
		shares := t.git.WriteFor(p).Mode == config.PullRequest && mine[t.groupKey(p)]
		return !selected[p.Name] && !shares
	})
}

// maxMoves is how often a group is decided again because a branch has moved meanwhile.
const maxMoves = 5

// pullRequests brings the pull requests of the tree's groups to what the plan wants, or shows what that would be. It
// returns the plan that it went by in the end.
func (t *tree) pullRequests(ctx context.Context, at snapshot, observed *observation, write bool) (snapshot, Report) {
	groups := t.pullGroups()
	if len(groups) == 0 {
		return at, Report{}
	}
	at.lists = observed.known()
	p := &pulls{tree: t, observed: observed, write: write, at: at, warned: map[proposal.Kind]bool{}}
	p.add(Report{PullRequests: []PullRequest{}})
	var err error
	if p.forge, err = t.reconciler.Forge(t.git); err != nil {
		for _, g := range groups {
			p.add(p.failed(g.policies, err))
		}
		return p.at, join(p.reports)
	}
	defer p.forge.CloseIdleConnections()
	p.groups(ctx, groups)
	p.tellStale()
	return p.at, join(p.reports)
}

// groups looks after all groups. Once the forge has taken its time, those that need it wait for the next pass.
func (p *pulls) groups(ctx context.Context, groups []pullGroup) {
	waiting := 0
	for _, g := range groups {
		switch err := p.group(ctx, g); {
		case errors.Is(err, ErrForgeTime):
			waiting++
		case err != nil:
			p.add(p.failed(g.policies, err))
		}
	}
	if p.waits = waiting > 0; p.waits {
		p.add(Report{Warnings: []Warning{{Git: p.git.Name, Text: fmt.Sprintf(
			"the forge has taken %v, and a pass spends no more on it: what is to be done about %d of %d pull requests waits for the next one",
			ForgeWithin, waiting, len(groups))}}})
	}
}

// group looks after one group. Where a branch moves meanwhile it begins anew with what stands there then.
func (p *pulls) group(ctx context.Context, g pullGroup) error {
	for move := 1; ; move++ {
		if p.at.tip != p.branch.Tip() {
			var err error
			if p.at, err = p.look(ctx, p.observed); err != nil {
				return err
			}
		}
		report, err := p.attempt(ctx, g)
		if errors.Is(err, writeback.ErrMoved) && move <= maxMoves {
			if _, err := p.branch.Refresh(ctx); err != nil {
				return err
			}
			continue
		}
		p.add(report)
		return err
	}
}

func (p *pulls) add(r Report) { p.reports = append(p.reports, r) }

func (p *pulls) warn(kind proposal.Kind, text string) {
	if !p.warned[kind] {
		p.warned[kind] = true
		p.add(Report{Warnings: []Warning{{Git: p.git.Name, Text: text}}})
	}
}

// tellStale says which open pull requests are left out of the count, if there was one: whoever has set a limit wants to
// know what is beside it.
func (p *pulls) tellStale() {
	for _, old := range proposal.Stale(p.opened, p.observed.started) {
		p.warn(proposal.Kind(old.URL), fmt.Sprintf("pull request #%d is open since %s and does not count against write.maxOpen any more: %s",
			old.Number, old.Created.UTC().Format("2006-01-02"), old.URL))
	}
}
