package reconcile

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
)

// lists is what the registries answered, by repository.
type lists map[image.Repository]plan.List

// question is one repository to list, and how old an answer may be.
type question struct {
	repository image.Repository
	fresh      time.Duration
	answer     plan.List
}

// observe lists every image that the trees refer to, each once. An image that nothing refers to is not asked for: the
// registry could not tell anything that would be used.
func (r *Reconciler) observe(ctx context.Context, trees []*tree) lists {
	questions := r.questions(trees)
	repositories := make([]image.Repository, len(questions))
	for i, q := range questions {
		repositories[i] = q.repository
	}
	r.Source.Expect(repositories)

	tell := r.progress("listing tags", len(questions))
	each(questions, imagesAtOnce, func(q *question) {
		q.answer.Candidates, q.answer.Err = r.Source.Candidates(ctx, q.repository, q.fresh)
		tell()
	})
	observed := make(lists, len(questions))
	for _, q := range questions {
		observed[q.repository] = q.answer
	}
	return observed
}

// questions returns what has to be listed, sorted, each with the shortest interval of the policies that want it.
func (r *Reconciler) questions(trees []*tree) []*question {
	wanted := map[image.Repository]*question{}
	for _, t := range trees {
		found := t.images()
		for _, p := range t.policies {
			if !found[p.Image] {
				continue
			}
			fresh := p.Interval
			if r.Fresh {
				fresh = 0
			}
			if q := wanted[p.Image]; q != nil {
				q.fresh = min(q.fresh, fresh)
			} else {
				wanted[p.Image] = &question{repository: p.Image, fresh: fresh}
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
