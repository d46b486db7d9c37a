package proposal

import (
	"fmt"
	"slices"
)

// propose opens a pull request, where there is none.
func (d *decider) propose() {
	switch {
	case len(d.in.Group.Changes) == 0:
		d.clear()
	case len(d.out.Group.Changes) == 0: // all is rejected: the branch of what was closed stays, for whoever opens it again
		d.out.Outcome = HeldBack
		if d.merged() != nil && !d.foreign() {
			d.deleteBranch()
		}
	case d.foreign():
		d.leave()
	default:
		d.create()
	}
}

// clear deletes a branch that nothing comes of any more.
func (d *decider) clear() {
	merged := d.merged()
	if merged != nil {
		d.out.Outcome = WasMerged
		d.out.Number, d.out.URL, d.out.Title = merged.Number, merged.URL, merged.Title
	}
	if d.in.HeadTip == "" || d.foreign() || merged == nil && (len(d.in.Withheld) > 0 || d.doubtful()) {
		return
	}
	d.deleteBranch()
}

// merged returns the latest pull request if it was merged.
func (d *decider) merged() *Pull {
	if len(d.in.Pulls) > 0 && d.in.Pulls[0].Status == Merged {
		return &d.in.Pulls[0]
	}
	return nil
}

func (d *decider) create() {
	if d.settles() {
		return
	}
	if d.in.Settings.MaxOpen > 0 && !d.in.Counted {
		d.out.Ask = AskOpened
		return
	}
	if n, full := d.in.full(); full {
		d.hold(MaxOpen, fmt.Sprintf("%d pull requests are open, and write.maxOpen is %d", n, d.in.Settings.MaxOpen))
		return
	}
	words := d.in.render(d.out.Group)
	if d.in.HeadTip == "" || !d.in.Branch.Carries {
		d.act(Action{Kind: Push, Lease: d.in.HeadTip})
	}
	d.act(Action{Kind: Create, Words: words})
	d.out.Title, d.out.Outcome = words.Title, Opened
	d.equip(0)
}

// equip gives a new pull request what belongs to it.
func (d *decider) equip(number int) {
	s, can := d.in.Settings, d.in.Limits
	for _, extra := range []struct {
		kind  Kind
		can   bool
		names []string
	}{{AddLabels, can.Labels, s.Labels}, {RequestReview, can.Reviewers, s.Reviewers}, {Assign, can.Assignees, s.Assignees}} {
		if extra.can && len(extra.names) > 0 {
			d.act(Action{Kind: extra.kind, Number: number, Names: slices.Clone(extra.names)})
		}
	}
	if s.AutoMerge && can.AutoMerge {
		d.act(Action{Kind: AutoMerge, Number: number})
	}
}
