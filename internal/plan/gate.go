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

// Withheld is a change that was decided and that a gate stops.
type Withheld struct {
	Change
	Stop Stop
}

// tellWithheld returns what gates stop. A move that many references would make alike is told once.
func tellWithheld(withheld []Withheld) []Held {
	type move struct{ policy, from, to string }
	var first []Withheld
	places := map[move]int{}
	of := func(w Withheld) move {
		return move{w.Policy, version(w.Site.Tag, w.Site.Digest), version(w.To, w.ToDigest)}
	}
	for _, w := range withheld {
		if places[of(w)]++; places[of(w)] == 1 {
			first = append(first, w)
		}
	}
	held := make([]Held, len(first))
	for i, w := range first {
		where := fmt.Sprintf("%s:%d", w.Site.Path, w.Site.Line)
		if n := places[of(w)]; n > 1 {
			where += fmt.Sprintf(" and %d more", n-1)
		}
		held[i] = Held{Policy: w.Policy, Tag: w.To, Rule: w.Stop.Rule, Until: w.Stop.Until,
			Detail: fmt.Sprintf("%s: %s -> %s is not written: %s", where, of(w).from, of(w).to, w.Stop.Why)}
	}
	return held
}
