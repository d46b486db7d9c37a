package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/policy"
)

// ErrUnknown says that there is no policy of that name.
var ErrUnknown = errors.New("there is no such policy")

// Explain tells why a reference gets the tag it gets, by what is at hand: nobody is asked.
func (d *Daemon) Explain(ctx context.Context, name string, r status.Reference) (status.Decision, error) {
	d.inUse.RLock()
	defer d.inUse.RUnlock()
	if d.setup == nil {
		return status.Decision{}, ErrUnknown
	}
	p, err := d.config.PolicyNamed(name)
	if err != nil {
		return status.Decision{}, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	told := status.Decision{Current: r.Current}
	wish := reconcile.WishOf(ctx, d.setup.Registry, []config.Policy{*p})
	kept, found := d.setup.Registry.Kept(ctx, p.Image, wish.Facts)
	if found {
		told.Asked = past(kept.At, d.o.Now())
	}
	hand := &remembering{atHand: newAtHand(d.setup, map[image.Repository]reconcile.Wish{p.Image: wish})}
	decision, err := d.setup.Decide(ctx, hand, *p, policy.Current{Tag: r.Current, Digest: image.Digest(r.CurrentDigest)})
	if err != nil && !errors.Is(err, errUnasked) && !errors.Is(err, reconcile.ErrUnlisted) {
		return told, err
	}
	told.Current, told.Chosen, told.Changed, told.Unusable = decision.Current, decision.Chosen, decision.Changed, decision.Unusable
	pushed := map[string]time.Time{}
	for _, c := range kept.Candidates {
		pushed[c.Tag] = c.Pushed
	}
	for _, v := range decision.Verdicts {
		told.Verdicts = append(told.Verdicts, status.Verdict{Tag: v.Tag, Verdict: string(v.Outcome), Rule: string(v.Rule), Detail: v.Detail(),
			Until: v.Until, Pushed: pushed[v.Tag], Above: v.Above()})
	}
	return told, nil
}

// remembering is a source that asks nobody, also not about single tags.
type remembering struct{ *atHand }

// errUnasked is that a tag would have to be looked up.
var errUnasked = errors.New("it would have to be looked up")

// Look looks nothing up.
func (remembering) Look(context.Context, image.Repository, string, image.Facts, time.Time) (policy.Candidate, error) {
	return policy.Candidate{}, errUnasked
}
