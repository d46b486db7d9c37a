package plan

import (
	"slices"
	"time"

	"github.com/image-updater/image-updater/edit"
)

// standing is a value that was written and, if nobody has moved it, still stands.
type standing struct {
	value
	from    value          // what stood there before
	others  map[value]bool // those that it followed
	commit  int            // that wrote it
	decided int            // the latest commit of a policy among those that led to it, -1 for none
	undone  int            // the commit that went back from it and says so, -1 for none

	// moved is where it was written, if that is a file that is gone and may have been moved; until is when that is not
	// believed any more, zero for never.
	moved string
	until time.Time
}

// maxGone is how many values are kept of references that may be gone. Writes that follow none of them are not compared
// with all that have ever been.
const maxGone = 100

// standings returns what should stand in a place that has so many references, the latest last. newer is the order of
// tags of the policy that asks.
func standings(writes []write, references int, newer func(a, b string) bool) []standing {
	var all []standing
	for _, w := range writes {
		next := standing{value: w.to, from: w.from, commit: w.commit, decided: -1, undone: -1}
		if !w.told {
			next.decided = w.commit
		}
		i, straight := follows(all, w, references)
		switch {
		case i >= 0 && goesBack(all[i], w, straight, newer):
			all[i].others[w.to] = true
			if !w.told {
				all[i].others[w.from] = true
			}
			all[i].undone = w.commit
			continue
		case i >= 0:
			before := all[i]
			next.others = before.others // nothing else has them: before is dropped
			next.others[before.value] = true
			if w.told {
				next.decided = before.decided
			}
			all = slices.Delete(all, i, i+1)
		case w.told && newer(w.from.tag, w.to.tag):
			next.value, next.undone = w.from, w.commit
			next.others = map[value]bool{w.to: true}
		default:
			next.others = map[value]bool{}
		}
		next.others[w.from] = true
		all = append(all, next)
		all = slices.Delete(all, 0, max(0, len(all)-references-maxGone))
	}
	return all
}

// goesBack reports whether a write leaves a standing value as what is wanted there: a person went back by the command set,
// or has taken over an old message of ours, which proposes what was there before. straight says that it begins at the value.
func goesBack(s standing, w write, straight bool, newer func(a, b string) bool) bool {
	switch {
	case w.told:
		return s.leadsBack(w.to, newer)
	case w.made || straight:
		return false
	}
	return w.to != s.value && (s.others[w.to] || newer(s.tag, w.to.tag))
}

// leadsBack reports whether going to a value is a way back: to an older tag, from where a policy has gone down or, where
// their order does not tell, to what stood there before.
func (s standing) leadsBack(to value, newer func(a, b string) bool) bool {
	switch {
	case newer(s.tag, to.tag):
		return true
	case newer(to.tag, s.tag):
		return to == s.from && s.decided == s.commit
	}
	return to != s.value && s.others[to]
}

// follows returns the index of the value that a write goes on from: straight from one that stands or, if there is no
// reference of which nothing was written yet, from one that a person has gone back from or, where there is no other, moved.
// It is -1 for none. Of one commit no write goes on from another.
func follows(all []standing, w write, references int) (i int, straight bool) {
	for i, s := range slices.Backward(all) {
		if s.commit != w.commit && s.value == w.from {
			return i, true
		}
	}
	for i, s := range slices.Backward(all) {
		if s.commit != w.commit && len(all) >= references && s.others[w.from] {
			return i, false
		}
	}
	if references == 1 {
		return len(all) - 1, false
	}
	return -1, false
}

// unsettled is what of a place does not stand as it was written.
type unsettled struct {
	open  []standing     // values that no reference holds, the latest first
	loose map[value]bool // what the references hold that were not written so
}

// settleWith matches standing values, the latest last, with the references of a place.
func settleWith(all []standing, sites []edit.Site) unsettled {
	all = all[max(0, len(all)-len(sites)):] // older ones are of references that are gone
	u := unsettled{loose: map[value]bool{}}
	claimed := make([]bool, len(sites))
	for _, s := range slices.Backward(all) {
		i := 0
		for i < len(sites) && (claimed[i] || !s.stands(sites[i])) {
			i++
		}
		if i == len(sites) {
			u.open = append(u.open, s)
			continue
		}
		claimed[i] = true
	}
	for i, site := range sites {
		if !claimed[i] {
			u.loose[valueOf(site)] = true
		}
	}
	return u
}

// stands reports whether a site holds the value.
func (v value) stands(site edit.Site) bool {
	tag, digest := site.Shown(v.tag, v.digest)
	return site.Tag == tag && site.Digest == digest
}
