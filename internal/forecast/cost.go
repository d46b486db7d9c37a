package forecast

import (
	"time"

	"github.com/image-updater/image-updater/image"
)

// Cost is what something takes of a registry.
type Cost struct {
	Requests float64 // on the wire
	Pulls    float64 // of them, those that are counted as pulls
}

func (c Cost) plus(d Cost) Cost { return Cost{c.Requests + d.Requests, c.Pulls + d.Pulls} }

func (c Cost) times(n float64) Cost { return Cost{c.Requests * n, c.Pulls * n} }

// Wishes is what the policies of one repository want to know of it.
type Wishes struct {
	List     bool        // of all tags; a policy that follows a digest needs none
	Facts    image.Facts // of the tags in it
	Followed int         // tags whose digest is followed
	Pin      bool        // the digest of a tag that is written
}

// And returns what both want.
func (w Wishes) And(v Wishes) Wishes {
	return Wishes{List: w.List || v.List, Facts: w.Facts | v.Facts, Followed: w.Followed + v.Followed, Pin: w.Pin || v.Pin}
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
	Created   Cost // beyond its digest: when it was built
	Platforms Cost // beyond its digest: which platforms it offers
}

// look is what every look but the first costs.
func (r Repository) look() Cost {
	cost := r.Prices.Head.times(float64(r.Wishes.Followed))
	if r.Wishes.List {
		cost = cost.plus(r.Prices.Again)
	}
	return cost
}

// first is what the first look costs, with what is looked up and written.
func (r Repository) first() Cost {
	cost := r.Prices.Head.times(float64(r.Wishes.Followed))
	if !r.Wishes.List {
		return cost.plus(r.followed())
	}
	cost = cost.plus(r.Prices.First).plus(r.news())
	if r.missing().Has(image.CreatedFact) && r.Prices.Tags > 1 {
		cost = cost.plus(r.Prices.Head.plus(r.Prices.Created).times(float64(r.Prices.Tags - 1)))
	}
	return cost
}

// news is what one new tag costs, beyond the look that finds it.
func (r Repository) news() Cost {
	if !r.Wishes.List {
		return r.followed()
	}
	missing := r.missing()
	var cost Cost
	if missing != 0 || r.Wishes.Pin || r.Prices.SecondHand {
		cost = r.Prices.Head
	}
	if missing.Has(image.CreatedFact) {
		cost = cost.plus(r.Prices.Created)
	}
	if missing.Has(image.PlatformsFact) {
		cost = cost.plus(r.Prices.Platforms)
	}
	return cost
}

// followed is what a new digest of a tag that is followed costs, which the look has found already.
func (r Repository) followed() Cost {
	if r.missing().Has(image.PlatformsFact) {
		return r.Prices.Platforms
	}
	return Cost{}
}

// missing returns what the list does not tell.
func (r Repository) missing() image.Facts { return r.Wishes.Facts &^ r.Prices.Told }

// Repository is one repository and what is wanted of it.
type Repository struct {
	Image    image.Repository
	Interval time.Duration // the shortest of its policies; 0 = in every pass
	Wishes   Wishes
	Prices   Prices
}
