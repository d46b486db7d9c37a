package plan

import (
	"fmt"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/policy"
)

// holdBack keeps a reference from a tag that a person has taken back, or from one that is not newer. It reports how, and
// whether it does.
func (m *maker) holdBack(p Policy, site edit.Site, to goal) (Held, bool) {
	if m.input.Past == nil {
		return Held{}, false
	}
	for _, s := range m.takenBack(p, site) {
		by := m.input.Past.by(s)
		if by == "" || m.input.Past.changed(p, s) || !m.covers(p, site, to, s) {
			continue
		}
		moved := ""
		if s.moved != "" {
			moved = fmt.Sprintf("; taken back in %s, which is gone", message.Line(s.moved))
		}
		what := Change{Site: site, To: to.tag, ToDigest: to.written()}.title()
		held := Held{Policy: p.Name, Tag: to.tag, Rule: policy.RuleHeld, Until: s.until, Detail: fmt.Sprintf(
			"%s:%d: %s is held by %s, until a newer one comes%s", site.Path, site.Line, what, by, moved)}
		m.held = append(m.held, held)
		return held, true
	}
	return Held{}, false
}

// covers reports whether a value that a person has moved the site from stands against another one: against itself and all
// that is not newer, but against nothing when the person went on to something newer still. Newer ones that stood there before
// are no way on: the policy has gone down from them.
func (m *maker) covers(p Policy, site edit.Site, to goal, s standing) bool {
	tag, digest := site.Shown(s.tag, s.digest)
	same := to.tag == tag && to.written() == digest
	if _, follows := p.Choice.Followed(); follows || site.Tag == tag {
		return same
	}
	when := m.input.Past.commits[s.commit].When
	if order, ok := m.order(p, site.Tag, s.tag, when); ok && order > 0 && !s.others[valueOf(site)] {
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
