package reconcile

import (
	"context"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// Decide decides about a reference that holds current as a pass does: it lists the tags, if the policy needs the list, and
// looks up what the decision lacks. Beside an error is the decision without what the error is about.
func (r *Reconciler) Decide(ctx context.Context, p config.Policy, current policy.Current) (policy.Decision, error) {
	q := &question{repository: p.Image, fresh: p.Interval}
	q.add(ctx, r.Source, p)
	if r.Fresh {
		q.fresh = 0
	}
	r.Source.Expect([]image.Repository{p.Image})
	q.ask(ctx, r.Source)
	if q.answer.Err != nil {
		return policy.Decision{}, q.answer.Err
	}
	o := r.newObservation()
	o.lists[p.Image], o.fresh[p.Image] = q.answer, q.fresh
	// Whether a digest is written along changes nothing in which tag is chosen.
	governing := plan.Policy{Name: p.Name, Image: p.Image, Choice: p.Choice}
	var decision policy.Decision
	var failed error
	o.complete(ctx, func(known lists, _ func(image.Repository) bool) []plan.Missing {
		list := known[p.Image]
		if failed = list.Err; failed != nil {
			return nil
		}
		decision = p.Choice.Choose(current, list.Candidates, o.started)
		var missing []plan.Missing
		missing, failed = list.Lacks(governing, current, decision)
		return missing
	})
	return decision, failed
}
