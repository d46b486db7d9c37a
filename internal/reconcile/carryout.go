package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/writeback"
)

// show reports what a decision would change.
func (p *pulls) show(ctx context.Context, d proposal.Decision, report *Report) error {
	pushes := func(a proposal.Action) bool { return a.Kind == proposal.Push }
	if !slices.ContainsFunc(d.Actions, pushes) {
		return nil
	}
	groups := []plan.Group{d.Group}
	shown, err := p.branch.Preview(ctx, Commits(groups, p.message))
	if err != nil {
		return err
	}
	p.made(report, groups, shown)
	return nil
}

// carryOut does what was decided, in order, up to what fails. What a pull request can be without is a warning where the
// forge has declined it.
func (p *pulls) carryOut(ctx context.Context, actions []proposal.Action, d proposal.Decision, in proposal.Input, done *proposal.Done, report *Report) error {
	var failed []error
	for _, a := range actions {
		err := p.do(ctx, a, d, in, done, report)
		switch {
		case err == nil:
		case !a.Kind.Optional():
			return errors.Join(append(failed, err)...)
		case errors.Is(err, ErrDeclined):
			p.warn(a.Kind, err.Error())
			done.Stuck = done.Stuck || a.Kind == proposal.RemoveLabel
		default:
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (p *pulls) do(ctx context.Context, a proposal.Action, d proposal.Decision, in proposal.Input, done *proposal.Done, report *Report) error {
	number := cmp.Or(a.Number, done.Number)
	switch a.Kind {
	case proposal.Push:
		return p.pushHead(ctx, a, d, in, done, report)
	case proposal.Create:
		return p.create(ctx, a, d, in, done, report)
	case proposal.Update:
		return p.forge.Update(ctx, number, a.Words.Title, a.Words.Body(done.HeadTip))
	case proposal.Comment:
		return comment(ctx, p.forge, number, a)
	case proposal.AddLabels:
		return p.forge.AddLabels(ctx, number, a.Names)
	case proposal.RequestReview:
		return p.forge.RequestReview(ctx, number, a.Names)
	case proposal.Assign:
		return p.forge.Assign(ctx, number, a.Names)
	case proposal.AutoMerge:
		return p.forge.AutoMerge(ctx, number)
	case proposal.RemoveLabel:
		return p.forge.RemoveLabel(ctx, number, a.Names[0])
	case proposal.Close:
		return p.forge.Close(ctx, number)
	case proposal.DeleteBranch:
		if err := p.branch.Delete(ctx, proposal.BranchPrefix+in.Group.Key, a.Lease); err != nil {
			return err
		}
		done.HeadTip = ""
		return nil
	}
	return fmt.Errorf("there is no way to %s", a.Kind)
}

// pushHead makes the branch of the group on the tip that was decided about. Over what else stands there, or on another
// base, it is to be decided again.
func (p *pulls) pushHead(ctx context.Context, a proposal.Action, d proposal.Decision, in proposal.Input, done *proposal.Done, report *Report) error {
	groups := []plan.Group{d.Group}
	published, err := p.branch.Publish(ctx, writeback.Publication{
		Scanner: p.scanner, Paths: p.paths, Head: proposal.BranchPrefix + in.Group.Key, Replace: true, Lease: a.Lease,
		Decide: func(context.Context, edit.Found) ([]writeback.Commit, error) {
			if p.branch.Tip() != in.BaseTip {
				return nil, writeback.ErrMoved
			}
			return Commits(groups, p.message), nil
		},
	})
	if err != nil {
		return err
	}
	if len(published.Commits) == 0 {
		return errors.New("the changes that were to be proposed make no commit")
	}
	done.HeadTip = published.Tip
	p.made(report, groups, published.Preview)
	p.pushed(ctx, report, published)
	return nil
}

// create opens a pull request, and closes it again if another one was opened at the same moment.
func (p *pulls) create(ctx context.Context, a proposal.Action, d proposal.Decision, in proposal.Input, done *proposal.Done, report *Report) error {
	head := proposal.BranchPrefix + in.Group.Key
	if p.reconciler.Memory != nil { // as long as it is not known that all went well
		p.reconciler.Memory.Remember(p.git.URL, head, proposal.Memory{Opening: true})
	}
	created, err := p.forge.Create(ctx, NewPull{
		Title: a.Words.Title, Body: a.Words.Body(done.HeadTip), Head: head, Base: in.Base,
		Draft: in.Settings.Draft && in.Limits.Drafts,
	})
	if err != nil {
		return err
	}
	done.Number, done.URL = created.Number, created.URL
	p.opened = append(p.opened, created)
	p.reconciler.log().InfoContext(ctx, "opened a pull request", "git", p.git.Name, "url", created.URL)

	if in.Pulls, err = p.forge.Find(ctx, head); err != nil {
		return err
	}
	stays, doubles := proposal.Doubles(in)
	if stays.Number != 0 {
		done.Number, done.URL = stays.Number, stays.URL
	}
	return p.carryOut(ctx, doubles, d, in, done, report)
}

// comment says something once.
func comment(ctx context.Context, at Conversation, number int, a proposal.Action) error {
	said, err := at.Comments(ctx, number)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(said, func(text string) bool { return proposal.Said(text, a.Key) }) {
		return nil
	}
	return at.Comment(ctx, number, a.Text)
}
