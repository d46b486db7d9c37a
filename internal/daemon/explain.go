package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/policy"
)

// ErrUnknown says that there is no policy of that name.
var ErrUnknown = errors.New("there is no such policy")

// Explain tells why a reference gets the tag it gets, by what is at hand: nobody is asked. It holds up no reload, for a
// credential helper may hang: a setup that was closed meanwhile may have known nothing any more, so the next is asked.
func (d *Daemon) Explain(ctx context.Context, name string, r status.Reference) (status.Decision, error) {
	for {
		s, p, err := d.policy(name)
		if err != nil {
			return status.Decision{}, err
		}
		told, err := s.explain(ctx, *p, r, d.o.Now())
		if now, _, _ := d.policy(name); now == s || ctx.Err() != nil {
			return told, err
		}
	}
}

func (s *Setup) explain(ctx context.Context, p config.Policy, r status.Reference, now time.Time) (status.Decision, error) {
	told := status.Decision{Current: r.Current}
	wish := reconcile.WishOf(ctx, s.Registry, []config.Policy{p})
	kept, found := s.Registry.Kept(ctx, p.Image, wish.Facts)
	if found {
		told.Asked = past(kept.At, now)
	}
	hand := &remembering{atHand: newAtHand(s, map[image.Repository]reconcile.Wish{p.Image: wish})}
	decision, err := s.Decide(ctx, hand, p, policy.Current{Tag: r.Current, Digest: image.Digest(r.CurrentDigest)})
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
