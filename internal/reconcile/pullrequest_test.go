package reconcile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/internal/reconcile"
)

// expect holds a report, and what it took of the forge, against what they are to be.
func (p *proposing) expect(r reconcile.Report, wantStates, wantCalls, wantProblems string) {
	p.t.Helper()
	if got := states(r); got != wantStates {
		p.t.Errorf("pull requests: %s, want %s", got, wantStates)
	}
	if got := p.forge.took(); got != wantCalls {
		p.t.Errorf("calls: %s, want %s", got, wantCalls)
	}
	if got := problems(r); got != wantProblems && (wantProblems == "" || !strings.Contains(got, wantProblems)) {
		p.t.Errorf("errors: %s, want %s", got, wantProblems)
	}
}

// Planning writes nothing; the first run opens; the next ones ask nothing, until the memory is lost.
func TestProposingAndRemembering(t *testing.T) {
	t.Parallel()
	p := newProposing(t, "labels: [dependencies], reviewers: [ada], assignees: [grace], autoMerge: true", "a")
	const find = "find image-updater/a"
	planned := p.Plan(t.Context(), reconcile.Selection{})
	p.expect(planned, "a opened", find, "")
	if len(planned.Files) != 1 || len(planned.Commits) != 0 {
		t.Errorf("plans %d files and %d commits", len(planned.Files), len(planned.Commits))
	}
	p.Reconciler.Memory = memory{}
	r := p.run()
	p.expect(r, "a opened", find+", create image-updater/a, find image-updater/a, label 1 [dependencies], review 1 [ada], assign 1 [grace], merge when ready 1", "")
	if len(r.Commits) != 1 || r.PullRequests[0].Number != 1 || r.PullRequests[0].URL != "https://forge.example/1" {
		t.Errorf("%+v", r.PullRequests)
	}
	p.expect(p.run(), "a unchanged", "", "")
	p.Reconciler.Memory = memory{}
	p.expect(p.run(), "a unchanged", find, "")
	p.source.tags["registry.example/a"] = []string{"1.0.0", "1.1.0", "1.2.0"}
	p.expect(p.run(), "a updated", find+", update 1", "")
}

// What a pull request can be without stops nothing: it is a warning where the forge has declined it, told once for all
// groups, and else an error, after what comes behind it was done, and is made up for by the next pass.
func TestExtrasAreExtra(t *testing.T) {
	t.Parallel()
	p := newProposing(t, "labels: [x], assignees: [ada]", "a", "b")
	p.forge.fail["label"] = fmt.Errorf("%w: no right for labels", reconcile.ErrDeclined)
	r := p.run()
	p.expect(r, "a opened, b opened", "find image-updater/a, create image-updater/a, find image-updater/a, label 1 [x], assign 1 [ada], "+
		"find image-updater/b, create image-updater/b, find image-updater/b, label 2 [x], assign 2 [ada]", "")
	if got := warnings(r); strings.Count(got, "no right for labels") != 1 {
		t.Errorf("warnings: %s", got)
	}
	p = newProposing(t, "labels: [x], assignees: [ada]", "a")
	p.forge.fail["label"] = errors.New("no answer")
	p.expect(p.run(), "", "find image-updater/a, create image-updater/a, find image-updater/a, label 1 [x], assign 1 [ada]", `a: git "fleet": no answer`)
	delete(p.forge.fail, "label") // the next pass makes it up
	p.expect(p.run(), "a unchanged", "find image-updater/a, label 1 [x], assign 1 [ada]", "")
	p.expect(p.run(), "a unchanged", "", "")
}

// A pull request that could not be opened after the push is opened by the next pass, without another push. The other
// groups are not concerned.
func TestCreateIsMadeUpFor(t *testing.T) {
	t.Parallel()
	p := newProposing(t, "maxOpen: 5", "a", "b")
	p.forge.fail["create"] = errors.New("the forge is down")
	r := p.run()
	p.expect(r, "", "find image-updater/a, opened, create image-updater/a, find image-updater/b, create image-updater/b", `b: git "fleet": the forge is down`)
	if len(r.Commits) != 2 {
		t.Errorf("%d commits", len(r.Commits))
	}
	delete(p.forge.fail, "create")
	r = p.run()
	p.expect(r, "a opened, b opened", "find image-updater/a, opened, create image-updater/a, find image-updater/a, find image-updater/b, create image-updater/b, find image-updater/b", "")
	if len(r.Commits) != 0 {
		t.Errorf("%d commits", len(r.Commits))
	}
}

// When the branch of a group moves under a decision, it is made again on what stands there then.
func TestBranchMovesMeanwhile(t *testing.T) {
	t.Parallel()
	p := newProposing(t, "labels: []", "a")
	moved := false
	p.forge.before = func(string) {
		if !moved {
			moved = true
			if _, err := p.fleet.Commit("image-updater/a", "Somebody else", gittest.Files{"notes.md": "x\n"}); err != nil {
				t.Error(err)
			}
		}
	}
	r := p.run()
	p.expect(r, "a held", "find image-updater/a, find image-updater/a", "")
	if len(r.Held) != 1 || r.Held[0].Rule != proposal.Edited || len(r.Commits) != 0 {
		t.Errorf("%+v", r.Held)
	}
}

// Somebody who commits to the branch is told once that it is left alone.
func TestEditedIsSaidOnce(t *testing.T) {
	t.Parallel()
	p := newProposing(t, "labels: []", "a")
	p.run()
	p.forge.took()
	if _, err := p.fleet.Commit("image-updater/a", "Mine", gittest.Files{"mine.md": "x\n"}); err != nil {
		t.Fatal(err)
	}
	for _, calls := range []string{"find image-updater/a, comments 1, comment 1", "find image-updater/a, comments 1"} {
		p.Reconciler.Memory = memory{}
		r := p.run()
		p.expect(r, "a held", calls, "")
		if len(r.Held) != 1 || r.Held[0].Rule != proposal.Edited || len(r.Commits) != 0 {
			t.Errorf("%+v", r.Held)
		}
	}
}

// A closed pull request that has lost its hidden part is read from its commits, which Git still has.
func TestRejectionIsReadFromCommits(t *testing.T) {
	t.Parallel()
	p := newProposing(t, "labels: []", "a")
	p.run()
	p.forge.took()
	closed := p.forge.pulls[0]
	tip, err := p.fleet.Tip(closed.Head)
	if err != nil {
		t.Fatal(err)
	}
	closed.Status, closed.ClosedBy, closed.Body, closed.HeadTip = proposal.Closed, "ada", "thanks, no", tip
	p.Reconciler.Memory = memory{}
	r := p.run()
	p.expect(r, "a held", "find image-updater/a", "")
	if len(r.Held) != 1 || r.Held[0].Rule != proposal.Rejected || !strings.Contains(r.Held[0].Detail, "closed by ada in #1") {
		t.Errorf("%+v", r.Held)
	}
}

// A forge that has taken its time stops what needs it, with a warning and no failure; what is done is done.
func TestForgeTime(t *testing.T) {
	t.Parallel()
	p := newProposing(t, "labels: []", "a", "b", "c")
	p.forge.before = func(call string) {
		if call == "find image-updater/b" {
			p.forge.fail["find"] = fmt.Errorf("%w: looking for pull requests", reconcile.ErrForgeTime)
		}
	}
	r := p.run()
	p.expect(r, "a opened", "find image-updater/a, create image-updater/a, find image-updater/a, find image-updater/b, find image-updater/c", "")
	if got := warnings(r); !strings.Contains(got, "2 of 3 pull requests waits for the next one") || !r.Trees[0].Unfinished {
		t.Errorf("unfinished: %v, warnings: %s", r.Trees[0].Unfinished, got)
	}
	p.forge.before, p.forge.fail = nil, map[string]error{}
	r = p.run()
	if r.Trees[0].Unfinished {
		t.Error("the second pass is said to be unfinished, too")
	}
	p.expect(r, "a unchanged, b opened, c opened", "find image-updater/b, create image-updater/b, find image-updater/b, find image-updater/c, create image-updater/c, find image-updater/c", "")
}

// A forge that is not known fails the policies that need it, each.
func TestForgeUnknown(t *testing.T) {
	t.Parallel()
	p := newProposing(t, "labels: []", "a", "b")
	p.Reconciler.Forge = func(config.Git) (reconcile.Forge, error) { return nil, errors.New("no token") }
	r := p.run()
	p.expect(r, "", "", "a: git \"fleet\": no token\nb: git \"fleet\": no token")
}
