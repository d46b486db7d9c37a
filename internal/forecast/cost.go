package forecast

import (
	"time"

	"github.com/image-updater/image-updater/image"
)

// Cost is what something takes of a registry.
type Cost struct {
	Requests float64 // on the wire
	Pulls    float64 // of them, those that are counted as pulls
	Beside   float64 // of them, those to an API beside the registry, which wants no token of the registry's
}

func (c Cost) plus(d Cost) Cost {
	return Cost{c.Requests + d.Requests, c.Pulls + d.Pulls, c.Beside + d.Beside}
}

func (c Cost) times(n float64) Cost { return Cost{c.Requests * n, c.Pulls * n, c.Beside * n} }

// opened is how many of the requests are to the registry itself.
func (c Cost) opened() float64 { return c.Requests - c.Beside }

// Wishes is what the policies of one repository want to know of it.
type Wishes struct {
	List   bool        // of all tags; a policy that follows a digest has no part in this and the next three
	Facts  image.Facts // of the tags in it
	MinAge bool        // tags wait until they are old enough
	Pin    bool        // the digest is written along with a tag

	Followed          int  // tags whose digest is followed
	FollowedAge       bool // and whose age matters
	FollowedPlatforms bool // and whose platforms matter
}

// And returns what both want.
func (w Wishes) And(v Wishes) Wishes {
	return Wishes{
		List: w.List || v.List, Facts: w.Facts | v.Facts, MinAge: w.MinAge || v.MinAge,
		Pin:      w.Pin || v.Pin,
		Followed: w.Followed + v.Followed, FollowedAge: w.FollowedAge || v.FollowedAge,
		FollowedPlatforms: w.FollowedPlatforms || v.FollowedPlatforms,
	}
}

// Prices is what a registry takes for the answers, tokens apart.
type Prices struct {
	Tags int // in the list

	First Cost        // a list with the wanted facts, when nothing is known
	Again Cost        // the same, when all but some new tags is known
	Told  image.Facts // of all tags in it
	// SecondHand says that a tag of the list is confirmed before it is written.
	SecondHand bool

	Head      Cost // the digest of a tag
	Created   Cost // beyond its digest, once: when it was built
	Platforms Cost // beyond its digest, once: which platforms it offers
}

// Repository is one repository and what is wanted of it.
type Repository struct {
	Image    image.Repository
	Interval time.Duration // the shortest of its policies; 0 = in every pass
	Wishes   Wishes
	Prices   Prices
}

// look is what a look costs that finds nothing new.
func (r Repository) look() Cost { return r.list(r.Prices.Again) }

// list is what a look costs whose list costs that.
func (r Repository) list(cost Cost) Cost {
	if !r.Wishes.List && !r.followedListed() {
		cost = Cost{}
	}
	heads := r.Wishes.Followed
	if r.misses(image.CreatedFact) {
		heads += r.undated() // what they are is asked again, when that was built is not
	}
	return cost.plus(r.Prices.Head.times(float64(heads)))
}

// undated returns of how many tags the build time decides. What was pushed before another was built cannot have been built
// after it, so where push times are told it is mostly one.
func (r Repository) undated() int {
	if r.Prices.Told.Has(image.PushedFact) {
		return min(1, r.Prices.Tags)
	}
	return r.Prices.Tags
}

// first is what the first look costs. It finds one new tag, and references to followed tags without their digests.
func (r Repository) first() Cost {
	cost := r.list(r.Prices.First)
	if !r.Wishes.FollowedAge || r.followedListed() { // else the digests wait
		cost = cost.plus(r.followedPlatforms())
	}
	switch {
	case r.misses(image.CreatedFact):
		return cost.plus(r.Prices.Created.times(float64(r.undated())))
	case r.ages():
		return cost.plus(r.Prices.Head) // and it waits
	}
	return cost.plus(r.newTag())
}

// news is what one new tag and one new digest cost beyond the looks: when it is found, and when it is written.
func (r Repository) news() Cost {
	cost := r.newTag()
	if r.Wishes.List && r.Wishes.Followed > 0 && cost == (Cost{}) {
		cost = r.Prices.Head // with the digest in it that was seen of the followed tag, the list is second-hand
	}
	return cost.plus(r.followedPlatforms()) // the look has found the digest
}

// followedPlatforms is what it takes to know which platforms new digests of the followed tags offer.
func (r Repository) followedPlatforms() Cost {
	if !r.Wishes.FollowedPlatforms || r.followedListed() && r.Prices.Told.Has(image.PlatformsFact) {
		return Cost{}
	}
	return r.Prices.Platforms.times(float64(r.Wishes.Followed))
}

// followedListed reports whether there is a list for the sake of the followed tags: it tells when they were pushed.
func (r Repository) followedListed() bool {
	return r.Wishes.FollowedAge && r.Prices.Told.Has(image.PushedFact)
}

// newTag is the part of the list in it.
func (r Repository) newTag() (cost Cost) {
	switch {
	case !r.Wishes.List:
		return Cost{}
	case r.misses(image.CreatedFact):
		return r.Prices.Created // which shows its digest and platforms, too
	}
	if r.ages() {
		cost = cost.plus(r.Prices.Head) // its age runs from the first sight of it
	}
	if r.misses(image.PlatformsFact) {
		return cost.plus(r.Prices.Head).plus(r.Prices.Platforms)
	}
	if r.ages() || r.Wishes.Pin || r.Prices.SecondHand {
		cost = cost.plus(r.Prices.Head)
	}
	return cost
}

// misses reports whether the fact is wanted and the list does not tell it.
func (r Repository) misses(fact image.Facts) bool {
	return r.Wishes.Facts.Has(fact) && !r.Prices.Told.Has(fact)
}

// ages reports whether tags have an age only from when this program has seen them.
func (r Repository) ages() bool { return r.Wishes.MinAge && r.misses(image.PushedFact) }
