package plan

import (
	"cmp"
	"path"
	"slices"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// placeKey is a place as one policy sees it: what it wrote there, by its order of tags.
type placeKey struct {
	place
	policy string
}

// takenBack returns the values that this program wrote where the site is and that a person has moved it from, the latest
// first.
func (m *maker) takenBack(p Policy, site edit.Site) []standing {
	at := place{site.Path, site.Image}
	if len(m.input.Past.writes[at]) == 0 {
		return m.movedAway(p, site)
	}
	key := placeKey{at, p.Name}
	u, known := m.unsettled[key]
	if !known {
		u = settleWith(m.standings(p, at), m.sitesOf(p, at))
		m.unsettled[key] = u
	}
	if !u.loose[valueOf(site)] {
		return nil
	}
	return u.open
}

// standings returns what should stand in a place as far as a policy has written it.
func (m *maker) standings(p Policy, at place) []standing {
	key := placeKey{at, p.Name}
	all, known := m.standing[key]
	if !known {
		all = standings(m.writesOf(p, at), len(m.sitesOf(p, at)), func(a, b string) bool {
			order, ok := m.order(p, a, b, time.Time{})
			return ok && order > 0
		})
		m.standing[key] = all
	}
	return all
}

// writesOf returns what was written in a place, without what another policy that there is has written.
func (m *maker) writesOf(p Policy, at place) []write {
	all := m.input.Past.writes[at]
	sites := m.sitesAt(at)
	var own []write
	for i := 0; i < len(all); {
		n := i // where the next commit begins
		for n < len(all) && all[n].commit == all[i].commit {
			n++
		}
		for _, w := range all[i:n] {
			switch m.wrote(p, at, w.policies) {
			case unlikely:
				continue
			case possible: // where all of the place were written, they are in their order
				if n-i == len(sites) && !p.governs(sites[w.nth]) {
					continue
				}
			}
			own = append(own, w)
		}
		i = n
	}
	return own
}

type likelihood int

const (
	unlikely likelihood = iota
	possible
	certain
)

// wrote reports whether a change of a place, behind which one of the policies named is, is one of p's. A policy that is gone
// may be p by an earlier name, and so may be the command set, which names none.
func (m *maker) wrote(p Policy, at place, names []string) likelihood {
	mine, others, gone := false, false, len(names) == 0
	for _, name := range names {
		i := slices.IndexFunc(m.input.Policies, func(q Policy) bool { return q.Name == name })
		switch {
		case name == p.Name:
			mine = true
		case i >= 0 && m.input.Policies[i].Image != at.image: // no change of that image is its
		case i >= 0 || slices.ContainsFunc(m.sitesAt(at), func(s edit.Site) bool { return s.Policy == name }):
			others = true
		default:
			gone = true
		}
	}
	switch {
	case mine && others:
		return possible
	case mine || gone:
		return certain
	}
	return unlikely
}

func (m *maker) sitesAt(at place) []edit.Site {
	if m.places == nil {
		m.places = map[place][]edit.Site{}
		for _, site := range slices.SortedStableFunc(slices.Values(m.input.Found.Sites), compareSites) {
			key := place{site.Path, site.Image}
			m.places[key] = append(m.places[key], site)
		}
	}
	return m.places[at]
}

// sitesOf returns the sites of a place that a policy decides.
func (m *maker) sitesOf(p Policy, at place) []edit.Site {
	var of []edit.Site
	for _, site := range m.sitesAt(at) {
		if p.governs(site) {
			of = append(of, site)
		}
	}
	return of
}

// movedFor is how long after a write a file that is gone is taken for one that only looks alike: long enough for a hold to
// survive a move, and no longer than a new file can wait.
const movedFor = 30 * 24 * time.Hour

// movedAway is takenBack for a file that may have been moved.
func (m *maker) movedAway(p Policy, site edit.Site) []standing {
	var taken []standing
	for _, from := range m.gone(site) {
		for _, s := range m.standings(p, from) {
			if until, ok := m.moved(p, s, from, site); ok {
				s.moved, s.until = from.path, until
				taken = append(taken, s)
			}
		}
	}
	slices.SortStableFunc(taken, func(a, b standing) int { return cmp.Compare(a.commit, b.commit) })
	return taken
}

// moved reports whether a site may be what a file that is gone had, taken back from what was written there, and until when
// that is believed. It holds something older, or what stood there before, and its file has the name still or, if a commit
// says that it reverts ours and no file has that name, another one. What is believed for good takes both.
func (m *maker) moved(p Policy, s standing, from place, site edit.Site) (until time.Time, ok bool) {
	wrote := m.input.Past.commits[s.commit].When
	before := s.others[valueOf(site)]
	if order, known := m.order(p, site.Tag, s.tag, wrote); s.stands(site) || !before && !(known && order < 0) {
		return time.Time{}, false
	}
	_, reverted := m.input.Past.reverted(s)
	switch same := path.Base(from.path) == path.Base(site.Path); {
	case same && reverted:
		return time.Time{}, true
	case !same && !(reverted && before):
		return time.Time{}, false
	}
	until = wrote.Add(movedFor)
	return until, m.input.Now.Before(until)
}

// nameKey is an image in files of one name.
type nameKey struct {
	name  string
	image image.Repository
}

// gone returns the places of a site's image that the site may have been moved from, in the order of their paths: those in
// files that are not there any more which have its name, or whose name no file has and of which something was reverted.
func (m *maker) gone(site edit.Site) []place {
	if m.goneBy == nil {
		m.goneBy = m.findGone()
	}
	named, reverted := nameKey{path.Base(site.Path), site.Image}, nameKey{"", site.Image}
	all := slices.Concat(m.goneBy[named], m.goneBy[reverted])
	slices.SortFunc(all, func(a, b place) int { return cmp.Compare(a.path, b.path) })
	return slices.Compact(all)
}

// findGone returns the places in files that are gone by their names, and those of reverted writes whose name no file has
// without.
func (m *maker) findGone() map[nameKey][]place {
	there, named := map[string]bool{}, map[nameKey]bool{}
	for _, site := range m.input.Found.Sites {
		there[site.Path] = true
		named[nameKey{path.Base(site.Path), site.Image}] = true
	}
	for _, r := range slices.Concat(m.input.Found.Refused, m.input.Found.Notes) {
		there[r.Path] = true
	}
	past := m.input.Past
	gone := map[nameKey][]place{}
	for at, writes := range past.writes {
		if there[at.path] {
			continue
		}
		by := nameKey{path.Base(at.path), at.image}
		gone[by] = append(gone[by], at)
		if !named[by] && slices.ContainsFunc(writes, func(w write) bool { _, ok := past.reverts[past.commits[w.commit].ID]; return ok }) {
			gone[nameKey{"", at.image}] = append(gone[nameKey{"", at.image}], at)
		}
	}
	return gone
}
