package plan

import (
	"fmt"
	"time"

	"github.com/image-updater/image-updater/policy"
)

// The rules of a policy that decides and does not write: at all, or now.
const (
	Suspended     policy.Rule = "suspend"
	OutsideWindow policy.Rule = "window"
)

// Gate says when what a policy decides is written. The zero value is open.
type Gate struct {
	Suspended bool
	Windows   policy.Windows
}

// Stop is why a gate is closed.
type Stop struct {
	Rule  policy.Rule
	Why   string    // a sentence without its full stop: "the policy is suspended"
	Until time.Time // when it opens by itself; zero when it does not
}

// Closed returns why the gate is closed at a time, and whether it is.
func (g Gate) Closed(at time.Time) (Stop, bool) {
	if g.Suspended {
		return Stop{Rule: Suspended, Why: "the policy is suspended"}, true
	}
	if !g.Windows.Open(at) {
		return Stop{Rule: OutsideWindow, Why: "outside the window " + g.Windows.String(), Until: g.Windows.Next(at).UTC()}, true
	}
	return Stop{}, false
}

// withheld is what was decided and is not written: one move of one policy, in all its places.
type withheld struct {
	first  Change
	places int
	stop   Stop
}

type moveKey struct{ policy, from, to string }

// withhold notes a change that a gate stops. What happens to many references alike is told once.
func (m *maker) withhold(c Change, stop Stop) {
	key := moveKey{c.Policy, version(c.Site.Tag, c.Site.Digest), version(c.To, c.ToDigest)}
	if i, noted := m.withheldAt[key]; noted {
		m.withheld[i].places++
		return
	}
	m.withheldAt[key] = len(m.withheld)
	m.withheld = append(m.withheld, withheld{first: c, places: 1, stop: stop})
}

func (w withheld) held() Held {
	site := w.first.Site
	where := fmt.Sprintf("%s:%d", site.Path, site.Line)
	if w.places > 1 {
		where += fmt.Sprintf(" and %d more", w.places-1)
	}
	return Held{Policy: w.first.Policy, Rule: w.stop.Rule, Until: w.stop.Until,
		Detail: fmt.Sprintf("%s: %s -> %s is not written: %s", where,
			version(site.Tag, site.Digest), version(w.first.To, w.first.ToDigest), w.stop.Why)}
}
