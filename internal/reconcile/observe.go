package reconcile

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// lists is what the registries answered, by repository.
type lists map[image.Repository]plan.List

// question is one repository to list: what to tell of the tags, and how old an answer may be.
type question struct {
	repository image.Repository
	want       image.Facts
	fresh      time.Duration
	followed   []string // tags that policies follow, which need no list but for their age
	listed     bool     // some policy needs the list
	answer     plan.List
}

// observe lists every image that the trees refer to, each once. An image that nothing refers to is not asked for: the
// registry could not tell anything that would be used.
func (r *Reconciler) observe(ctx context.Context, trees []*tree) *observation {
	questions := r.questions(ctx, trees)
	repositories := make([]image.Repository, len(questions))
	for i, q := range questions {
		repositories[i] = q.repository
	}
	r.Source.Expect(repositories)

	tell := r.progress("listing tags", len(questions))
	each(questions, imagesAtOnce, func(q *question) {
		q.ask(ctx, r.Source)
		tell()
	})
	o := r.newObservation()
	for _, q := range questions {
		o.lists[q.repository], o.fresh[q.repository] = q.answer, q.fresh
	}
	return o
}

// questions returns what has to be listed, sorted, each with all that the policies want to know of it and the shortest
// of their intervals.
func (r *Reconciler) questions(ctx context.Context, trees []*tree) []*question {
	wanted := map[image.Repository]*question{}
	for _, t := range trees {
		found := t.images()
		for _, p := range t.policies {
			if !found[p.Image] {
				continue
			}
			q := wanted[p.Image]
			if q == nil {
				q = &question{repository: p.Image, fresh: p.Interval}
				wanted[p.Image] = q
			}
			q.add(ctx, r.Source, p)
			if r.Fresh {
				q.fresh = 0
			}
		}
	}
	questions := make([]*question, 0, len(wanted))
	for _, q := range wanted {
		questions = append(questions, q)
	}
	slices.SortFunc(questions, func(a, b *question) int {
		return cmp.Compare(a.repository.String(), b.repository.String())
	})
	return questions
}

// add makes the question one for a policy, too. One that follows a digest has no use for a list, unless the age of the
// digest matters and the list tells it.
func (q *question) add(ctx context.Context, source Source, p config.Policy) {
	q.fresh = min(q.fresh, p.Interval)
	facts := p.Choice.Facts()
	if tag, follows := p.Choice.Followed(); follows {
		q.followed = append(q.followed, tag)
		if !facts.Has(image.PushedFact) || !source.Tells(ctx, q.repository, image.PushedFact).Has(image.PushedFact) {
			return
		}
		q.answer.Ages = true
	}
	q.listed = true
	q.want |= facts
}

// ask lists the tags, if a policy needs them. The tags that policies follow are taken for granted: looking them up tells
// whether they are there.
func (q *question) ask(ctx context.Context, source Source) {
	known := &q.answer
	if q.listed {
		known.Candidates, known.SecondHand, known.Err = source.Candidates(ctx, q.repository, q.want, q.fresh)
	}
	for _, tag := range q.followed {
		if !slices.ContainsFunc(known.Candidates, func(c policy.Candidate) bool { return c.Tag == tag }) {
			known.Candidates = append(known.Candidates, policy.Candidate{Tag: tag})
		}
	}
}
