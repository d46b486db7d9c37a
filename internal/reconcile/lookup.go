package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// ErrNoTag is what [Source] answers about a tag that the registry does not have.
var ErrNoTag = errors.New("the registry has no such tag")

// ErrUnlisted is what a [Source] that asks for no lists answers about a repository that was never listed. Nothing is
// decided about it, and that is no failure.
var ErrUnlisted = errors.New("its tags were not listed yet")

// observation is what a pass knows of the registries: what they listed, and what was looked up since. It grows while
// trees are written, for a lost race can bring references that need more of it.
type observation struct {
	reconciler *Reconciler
	started    time.Time                          // the time of all decisions
	fresh      map[image.Repository]time.Duration // how old an answer may be

	turn  sync.Mutex                  // held for a round of look-ups, so that no tag is asked about twice; guards looks
	looks map[image.Repository]*spent // how many tags were looked up to tell them apart
	quota map[string]time.Time        // registries without room for a pull, and until when

	mu    sync.Mutex // guards lists; what is in one of them never changes
	lists lists
}

func (r *Reconciler) newObservation() *observation {
	return &observation{
		reconciler: r, started: r.now(), lists: lists{},
		fresh: map[image.Repository]time.Duration{}, looks: map[image.Repository]*spent{}, quota: map[string]time.Time{},
	}
}

// known returns the lists as they are now.
func (o *observation) known() lists {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.lists)
}

// complete looks up what decisions lack until they lack nothing. lacking tells what that is, of all repositories or, once
// some of it is known, of those where something new is. It ends because nothing is lacking a second time: a look-up,
// also one that fails, settles what was asked.
func (o *observation) complete(ctx context.Context, lacking func(known lists, of func(image.Repository) bool) []plan.Missing) {
	o.turn.Lock()
	defer o.turn.Unlock()
	of := func(image.Repository) bool { return true }
	for {
		missing := lacking(o.known(), of)
		if len(missing) == 0 {
			return
		}
		news := o.look(ctx, missing)
		of = func(r image.Repository) bool { return news[r] }
	}
}

// lookup is one tag to look up, and what came of it.
type lookup struct {
	plan.Missing
	again    bool // it was looked up in this pass already
	answered bool // the registry has told what is in found
	gone     bool // it has no such tag
	took     time.Duration
	found    policy.Candidate
	look     plan.Look
}

// look looks up what is missing, as far as the bounds of a pass allow, and returns the repositories with something new.
func (o *observation) look(ctx context.Context, missing []plan.Missing) map[image.Repository]bool {
	lookups := o.lookups(missing)
	allowed := o.allow(lookups)
	tell := o.reconciler.progress("looking up tags", len(allowed))
	each(allowed, imagesAtOnce, func(l *lookup) {
		l.ask(ctx, o)
		tell()
	})
	o.account(allowed)
	news := map[image.Repository]bool{}
	byImage := map[image.Repository][]*lookup{}
	for _, l := range lookups {
		news[l.Image] = true
		byImage[l.Image] = append(byImage[l.Image], l)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for repository, of := range byImage {
		o.looks[repository].moved += moved(o.lists[repository], of)
		list := learn(o.lists[repository], of)
		if until := o.quota[repository.Host]; !until.IsZero() && slices.ContainsFunc(of, (*lookup).dear) {
			list.Candidates = unaffordable(list.Candidates, until)
		}
		if err := distrust(repository, len(list.Gone), o.looks[repository].moved); err != nil {
			list.Err = err
		}
		o.lists[repository] = list
	}
	return news
}

// dear reports whether more than the digest is wanted to find the tag to be written, which may cost a pull.
func (l *lookup) dear() bool { return !l.Confirm && l.Facts&^image.DigestFact != 0 }

// best reports whether the tag was the best one when it was asked for. A followed tag is not: it need not be listed.
func (l *lookup) best() bool {
	return l.Confirm || !l.Chosen && !l.ordering() && l.Facts.Has(image.PlatformsFact)
}

// lookups returns what is missing with each tag once, whatever the number of trees that want it.
func (o *observation) lookups(missing []plan.Missing) []*lookup {
	type key struct {
		image image.Repository
		tag   string
	}
	known := o.known()
	first := make(map[key]*lookup, len(missing))
	lookups := make([]*lookup, 0, len(missing))
	for _, m := range missing {
		at := key{m.Image, m.Tag}
		if l := first[at]; l != nil {
			l.Facts |= m.Facts
			l.Chosen = l.Chosen || m.Chosen
			l.Confirm = l.Confirm || m.Confirm
			continue
		}
		_, again := known[m.Image].Looked[m.Tag]
		first[at] = &lookup{Missing: m, again: again}
		lookups = append(lookups, first[at])
	}
	return lookups
}

// ordering reports whether the time by which tags are ordered is asked for, to find the one to be written.
func (l *lookup) ordering() bool {
	return !l.Confirm && l.Facts&(image.CreatedFact|image.PushedFact) != 0
}

// since returns from when on an answer counts: from within the interval; of what is about to be written, from this pass
// alone. What is asked about again in a pass was answered in it.
func (o *observation) since(l *lookup) time.Time {
	var since time.Time
	if fresh := o.fresh[l.Image]; fresh > 0 {
		since = o.reconciler.now().Add(time.Microsecond - fresh) // what is as old as the interval is asked again
	}
	if l.Confirm || l.again && (since.IsZero() || since.After(o.started)) {
		since = o.started
	}
	return since
}

// ask asks the registry, unless it was asked since the answer counts.
func (l *lookup) ask(ctx context.Context, o *observation) {
	began := o.reconciler.now()
	found, err := o.reconciler.Source.Look(ctx, l.Image, l.Tag, l.Facts, o.since(l))
	l.took = o.reconciler.now().Sub(began)
	l.found, l.look.Asked, l.look.Confirmed = found, l.Facts|image.DigestFact, l.Confirm
	switch {
	case errors.Is(err, ErrNoTag):
		l.gone = true
	case err != nil:
		l.look.Err = err
	case found.NoQuotaUntil.IsZero() && found.Digest == "":
		l.look.Err = fmt.Errorf("the registry does not tell the digest of %s:%s", l.Image, l.Tag)
	default:
		l.answered = true
	}
}

// learn returns the list with what was looked up. The one it is given stays as it is.
func learn(list plan.List, lookups []*lookup) plan.List {
	list.Looked = maps.Clone(list.Looked)
	if list.Looked == nil {
		list.Looked = make(map[string]plan.Look, len(lookups))
	}
	byTag := make(map[string]*lookup, len(lookups))
	for _, l := range lookups {
		byTag[l.Tag] = l
		before := list.Looked[l.Tag]
		l.look.Asked |= before.Asked
		l.look.Waived |= before.Waived
		l.look.Confirmed = l.look.Confirmed || before.Confirmed
		list.Looked[l.Tag] = l.look
	}
	list.Gone = slices.Clip(list.Gone)
	list.Candidates = slices.DeleteFunc(slices.Clone(list.Candidates), func(c policy.Candidate) bool {
		l := byTag[c.Tag]
		gone := l != nil && l.gone
		if gone && l.best() {
			list.Gone = append(list.Gone, c)
		}
		return gone
	})
	for i, c := range list.Candidates {
		if l := byTag[c.Tag]; l != nil && l.answered {
			list.Candidates[i] = l.merge(c)
		}
	}
	return list
}

// merge puts what was found to what is known of the tag. When the tag has moved since, what is known is of another
// image; it was pushed again about when that was noticed.
func (l *lookup) merge(known policy.Candidate) policy.Candidate {
	found := l.found
	merged := known
	if known.Digest != "" && found.Digest != "" && known.Digest != found.Digest {
		merged = policy.Candidate{Tag: known.Tag}
		if !known.Pushed.IsZero() {
			merged.Pushed = found.FirstSeen
		}
	}
	if found.Digest != "" {
		merged.Digest = found.Digest
	}
	if !found.Pushed.IsZero() {
		merged.Pushed = found.Pushed
	}
	if !found.Created.IsZero() {
		merged.Created = found.Created
	}
	if !found.FirstSeen.IsZero() {
		merged.FirstSeen = found.FirstSeen
	}
	if found.Platforms != nil {
		merged.Platforms = found.Platforms
	}
	if l.Facts.Has(image.PlatformsFact) && merged.Platforms == nil && found.NoQuotaUntil.IsZero() {
		merged.Platforms = []image.Platform{} // it says of none that it is for it
	}
	if !found.NoQuotaUntil.IsZero() {
		merged.NoQuotaUntil = found.NoQuotaUntil
	}
	return merged
}
