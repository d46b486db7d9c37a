package plan

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/policy"
)

// holdBack keeps a reference from a tag that a person has taken back, or from one that is not newer. It reports whether it
// does.
func (m *maker) holdBack(p Policy, site edit.Site, to goal) bool {
	if m.input.Past == nil {
		return false
	}
	for _, s := range m.takenBack(p, site) {
		by := m.input.Past.by(s)
		if by == "" || m.input.Past.changed(p, s) || !m.covers(p, site, to, s) {
			continue
		}
		what := Change{Site: site, To: to.tag, ToDigest: to.written()}.title()
		m.held = append(m.held, Held{Policy: p.Name, Rule: policy.RuleHeld, Detail: fmt.Sprintf(
			"%s:%d: %s is held by %s, until a newer one comes", site.Path, site.Line, what, by)})
		return true
	}
	return false
}

// placeKey is a place by the order of tags of one policy.
type placeKey struct {
	place
	policy string
}

// takenBack returns the values that this program wrote where the site is and that a person has moved it from, the latest
// first.
func (m *maker) takenBack(p Policy, site edit.Site) []standing {
	at := place{site.Path, site.Image}
	key := placeKey{at, p.Name}
	u, known := m.unsettled[key]
	if !known {
		u = settleWith(m.standings(p, at), m.sitesAt(at))
		m.unsettled[key] = u
	}
	switch {
	case len(m.input.Past.writes[at]) == 0:
		return m.movedAway(p, site)
	case u.loose[valueOf(site)]:
		return u.open
	}
	return nil
}

// movedAway is takenBack for a file that was moved with its revert: a file of that name has no references any more, and
// the site holds what one there had held.
func (m *maker) movedAway(p Policy, site edit.Site) []standing {
	var taken []standing
	for from := range m.input.Past.writes {
		if from.image != site.Image || path.Base(from.path) != path.Base(site.Path) || len(m.sitesAt(from)) > 0 {
			continue
		}
		for _, s := range m.standings(p, from) {
			if !s.stands(site) && slices.Contains(s.others, valueOf(site)) {
				taken = append(taken, s)
			}
		}
	}
	// By the commit and what it wrote, not in the order of a map.
	slices.SortFunc(taken, func(a, b standing) int {
		return cmp.Or(cmp.Compare(a.commit, b.commit), cmp.Compare(a.tag, b.tag), cmp.Compare(a.digest, b.digest))
	})
	return taken
}

func (m *maker) standings(p Policy, at place) []standing {
	return standings(m.input.Past.writes[at], len(m.sitesAt(at)), func(a, b string) bool {
		order, ok := m.order(p, a, b, time.Time{})
		return ok && order > 0
	})
}

// covers reports whether a value that a person has moved the site from stands against another one: against itself and all
// that is not newer, but against nothing when the person went to something newer still.
func (m *maker) covers(p Policy, site edit.Site, to goal, s standing) bool {
	tag, digest := site.Shown(s.tag, s.digest)
	same := to.tag == tag && to.written() == digest
	if _, follows := p.Choice.Followed(); follows || site.Tag == tag {
		return same
	}
	when := m.input.Past.commits[s.commit].When
	if order, ok := m.order(p, site.Tag, s.tag, when); ok && order > 0 {
		return false
	}
	if order, ok := m.order(p, to.tag, s.tag, when); ok {
		return order <= 0
	}
	return to.tag == s.tag
}

// order compares two tags by what is known of them. If the time of b is not, it was there at the latest at when.
func (m *maker) order(p Policy, a, b string, when time.Time) (order int, ok bool) {
	list := m.input.Lists[p.Image]
	second := list.Candidate(b)
	if second.Pushed.IsZero() {
		second.Pushed = when
	}
	if second.Created.IsZero() {
		second.Created = when
	}
	return p.Choice.Compare(list.Candidate(a), second)
}

func (m *maker) sitesAt(at place) []edit.Site {
	if m.places == nil {
		m.places = map[place][]edit.Site{}
		for _, site := range m.input.Found.Sites {
			key := place{site.Path, site.Image}
			m.places[key] = append(m.places[key], site)
		}
	}
	return m.places[at]
}
