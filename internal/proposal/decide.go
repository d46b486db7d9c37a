package proposal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// Decide says what is to be done about the pull request of a group, or what has to be known first.
func Decide(in Input) Decision {
	if d, ok := in.recall(); ok {
		return d
	}
	d := &decider{in: in, out: Decision{Group: in.Group}}
	d.decide()
	if d.out.Ask == AskNothing && !in.Linked && in.Body == "" && d.writes() {
		d.out.Ask = AskLinks
	}
	return d.out
}

// decider makes one decision.
type decider struct {
	in   Input
	out  Decision
	said []said // by Input.Pulls
	open *Pull
	// state is what the open one says of itself, if that is known.
	state State
	known bool
}

// said is what a pull request says of itself in its hidden part.
type said struct {
	state State
	known bool
}

func (d *decider) decide() {
	if !d.in.Looked {
		d.unseen()
		return
	}
	d.find()
	unread := d.reject()
	switch {
	case d.open != nil && d.open.Base != d.in.Base:
		d.hold(Edited, fmt.Sprintf("it goes to %q now", d.open.Base))
	case d.open != nil && slices.Contains(d.open.Labels, LabelHold):
		d.hold(HoldLabel, fmt.Sprintf("#%d carries the label %s", d.open.Number, LabelHold))
	case len(unread) > 0:
		d.out.Ask, d.out.Read = AskCommits, unread
	case d.in.HeadTip != "" && d.in.Branch == nil:
		d.keepWithheld()
		d.out.Ask = AskBranch
	case d.open != nil:
		d.keepWithheld()
		d.tend()
	default:
		d.propose()
	}
}

// unseen decides what can be decided without a look at the forge. Without a branch there is no pull request, unless one
// is remembered: it has lost its branch meanwhile.
func (d *decider) unseen() {
	if d.in.HeadTip != "" || d.in.Memory.Number != 0 {
		d.out.Ask = AskPulls
		return
	}
	if len(d.in.Group.Changes) == 0 {
		return
	}
	if !d.settles() {
		d.out.Ask = AskPulls
	}
}

// find reads what the pull requests say of themselves, and picks the open one: the first that was opened into the base.
// One that somebody has sent to another branch is only looked at if there is no other.
func (d *decider) find() {
	d.said = make([]said, len(d.in.Pulls))
	for i := range d.in.Pulls {
		p := &d.in.Pulls[i]
		state, known := Parse(p.Body, d.in.Group.Key)
		d.said[i] = said{state, known}
		if p.Status == Open && (d.open == nil || d.before(*p, *d.open)) {
			d.open, d.state, d.known = p, state, known
		}
	}
	if d.open == nil {
		return
	}
	d.out.Number, d.out.URL, d.out.Title = d.open.Number, d.open.URL, d.open.Title
	d.out.Outcome = Unchanged
}

// before reports whether the open pull request a is rather the one to be looked after than b.
func (d *decider) before(a, b Pull) bool {
	if mine := a.Base == d.in.Base; mine != (b.Base == d.in.Base) {
		return mine
	}
	return a.Number < b.Number
}

// keepWithheld adds changes to the group that a gate stops now and that the open pull request has: a window that closes
// takes nothing back.
func (d *decider) keepWithheld() {
	if !d.known {
		return
	}
	kept := slices.Clone(d.out.Group.Changes)
	for _, w := range d.in.Withheld {
		if d.state.Changes.Has(w.Trailer()) {
			kept = append(kept, w.Change)
		}
	}
	d.out.Group = plan.NewGroup(d.in.Group.Key, kept)
}

// tend looks after the open pull request.
func (d *decider) tend() {
	d.endDoubles()
	rebuild := slices.Contains(d.open.Labels, LabelRebuild)
	foreign := d.foreign()
	empty := len(d.out.Group.Changes) == 0
	if d.in.Memory.Opening && !foreign && !empty {
		d.equip(d.open.Number)
	}
	switch {
	case foreign && (!rebuild || empty):
		d.leave()
	case !rebuild && d.settled():
	case empty && d.doubtful():
	case empty:
		d.withdraw()
	default:
		d.bring(rebuild, foreign)
	}
}

// foreign reports whether there are commits of others on the branch. One that we have noted ourselves is ours, even if we
// commit by another name now.
func (d *decider) foreign() bool {
	if d.in.HeadTip == "" || d.in.Branch.Other == nil {
		return false
	}
	return !slices.ContainsFunc(d.said, func(s said) bool { return s.known && s.state.Tip == d.in.HeadTip })
}

// settled reports whether the open pull request has all that is wanted, and something about which nothing can be said in
// this pass: it stays as it is then.
func (d *decider) settled() bool {
	for _, c := range d.out.Group.Changes {
		if !d.carries(c.Trailer()) {
			return false
		}
	}
	withheld := slices.ContainsFunc(d.in.Withheld, func(w plan.Withheld) bool { return d.carries(w.Trailer()) || d.movesOn(w.Trailer()) })
	return withheld || d.doubtful()
}

// movesOn reports whether the branch has a change of the same reference to another version: which one is wanted in the
// end is seen when the gate opens.
func (d *decider) movesOn(t plan.Trailer) bool {
	return d.in.Branch != nil && slices.ContainsFunc(d.in.Branch.Changes, func(has plan.Trailer) bool {
		return has.Path == t.Path && has.Image == t.Image && has.From == t.From && has.FromDigest == t.FromDigest
	})
}

// carries reports whether the open pull request has a change.
func (d *decider) carries(t plan.Trailer) bool {
	if d.known {
		return d.state.Changes.Has(t)
	}
	return d.in.Branch != nil && slices.Contains(d.in.Branch.Changes, t)
}

// doubtful reports whether the branch has a change of an image about which this pass could not decide, and that still
// can be made.
func (d *decider) doubtful() bool {
	if d.in.Branch == nil {
		return false
	}
	return slices.ContainsFunc(d.in.Branch.Changes, func(t plan.Trailer) bool {
		return slices.Contains(d.in.Unsure, t.Image) && d.in.stands(t.Path, t, t.From, string(t.FromDigest)) && !d.wants(t)
	})
}

func (d *decider) wants(t plan.Trailer) bool {
	return slices.ContainsFunc(d.out.Group.Changes, func(c plan.Change) bool { return c.Trailer() == t })
}

// bring makes branch and pull request what they are to be.
func (d *decider) bring(rebuild, foreign bool) {
	words := d.in.render(d.out.Group)
	number := d.open.Number
	// A label that cannot be taken away does not have the branch pushed in each pass.
	again := rebuild && (foreign || d.in.Memory.Rebuilt != d.in.HeadTip)
	pushes := again || d.in.HeadTip == "" || !d.in.Branch.Carries
	if pushes {
		d.act(Action{Kind: Push, Lease: d.in.HeadTip, Over: foreign})
	}
	if again {
		d.out.Detail = "built again from " + d.in.Base
	}
	if rebuild { // behind the push: nobody would know of it any more after a crash
		d.act(Action{Kind: RemoveLabel, Number: number, Names: []string{LabelRebuild}})
	}
	if pushes || !d.known || d.state != words.State(d.in.HeadTip) {
		d.act(Action{Kind: Update, Number: number, Words: words})
		d.out.Title, d.out.Outcome = words.Title, Updated
	}
}

// leave lets a branch with commits of others alone, and says so once for each time that we pushed.
func (d *decider) leave() {
	other := d.in.Branch.Other
	detail := "edited by " + cmp.Or(other.By, "somebody") + ", " + short(other.ID)
	if d.open != nil {
		key := "edited"
		if d.known {
			key += "-" + short(d.state.Tip)
		}
		d.act(Action{Kind: Comment, Number: d.open.Number, Key: key, Text: d.in.comment(key, d.in.editedText(*other))})
	} else {
		detail += "; delete the branch " + BranchPrefix + d.in.Group.Key + " to have it proposed again"
	}
	d.hold(Edited, detail)
}

// withdraw closes what is not needed any more.
func (d *decider) withdraw() {
	reason := d.needless()
	d.end(*d.open, said{d.state, d.known}, "withdrawn", reason)
	d.deleteBranch()
	d.out.Outcome, d.out.Detail = Withdrawn, strings.TrimSuffix(reason, ".")
}

// end closes a pull request with a reason. Before, it is made to stand for nothing, so that what was in it does not count
// as rejected.
func (d *decider) end(p Pull, s said, key, reason string) {
	d.act(Action{Kind: Comment, Number: p.Number, Key: key, Text: d.in.comment(key, reason)})
	if !s.known || !s.state.Changes.Empty() {
		d.act(Action{Kind: Update, Number: p.Number, Words: d.in.withdrawn(p)})
	}
	d.act(Action{Kind: Close, Number: p.Number})
}

func (d *decider) deleteBranch() {
	if d.in.HeadTip != "" {
		d.act(Action{Kind: DeleteBranch, Lease: d.in.HeadTip})
	}
}

// writes reports whether the words of the pull request are written anew.
func (d *decider) writes() bool {
	return slices.ContainsFunc(d.out.Actions, func(a Action) bool {
		return (a.Kind == Create || a.Kind == Update) && a.Words.whole == ""
	})
}

func (d *decider) act(a Action) { d.out.Actions = append(d.out.Actions, a) }

// hold keeps all of the group back.
func (d *decider) hold(rule policy.Rule, detail string) {
	names := d.out.Group.Policies()
	if len(names) == 0 {
		names = d.in.Policies
	}
	for _, name := range names {
		d.out.Held = append(d.out.Held, plan.Held{Policy: name, Rule: rule, Detail: detail})
	}
	d.out.Outcome, d.out.Detail = HeldBack, detail
}

// short returns the first digits of the id of a commit.
func short(id string) string { return id[:min(len(id), 10)] }
