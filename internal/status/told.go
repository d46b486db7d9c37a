package status

import (
	"maps"
	"slices"
	"time"
)

// Told is what somebody was told already. It is kept as JSON: losing it costs one message with what holds at that time.
type Told struct {
	// Since is when listening began: changes that are older are not told.
	Since time.Time `json:"since"`
	// Changes and Proposals are those that were told, by their keys, the latest last.
	Changes   []string `json:"changes,omitempty"`
	Proposals []string `json:"proposals,omitempty"`
	// Policies and Others are what goes on and off, by the name of the policy or of something else.
	Policies map[string]ToldPolicy `json:"policies,omitempty"`
	Others   map[string]Alarm      `json:"others,omitempty"`
}

// ToldPolicy is what was told of one policy.
type ToldPolicy struct {
	Failed  Alarm     `json:"failed,omitzero"`
	Held    Alarm     `json:"held,omitzero"`
	Waiting Alarm     `json:"waiting,omitzero"`
	Waits   time.Time `json:"waits,omitzero"` // since when a tag waits, zero = none does
}

// Alarm is one thing that goes on and off. One that goes on and off all the time is told less and less often.
type Alarm struct {
	On    bool      `json:"on,omitempty"`    // it was told, and is still so
	About string    `json:"about,omitempty"` // what was told
	Last  time.Time `json:"last,omitzero"`   // when it was told last
	Times int       `json:"times,omitempty"` // how often in a row
}

// The pace of an alarm.
const (
	firstPause   = 15 * time.Minute // between the first two times it is told; twice as long each time
	longestPause = 24 * time.Hour
	quiet        = 48 * time.Hour // after which it is told at once again
)

// raise returns the alarm when it is on, and whether that is to be told.
func (a Alarm) raise(about string, now time.Time) (Alarm, bool) {
	if a.On && a.About == about {
		return a, false
	}
	if !a.Last.IsZero() && now.Before(a.Last.Add(a.pause(now))) {
		return a, false
	}
	times := a.Times + 1
	if a.rested(now) {
		times = 1
	}
	return Alarm{On: true, About: about, Last: now, Times: times}, true
}

// lower returns the alarm when it is off, and whether it was told that it was on.
func (a Alarm) lower(now time.Time) (Alarm, bool) {
	if a.rested(now) {
		return Alarm{}, a.On
	}
	was := a.On
	a.On, a.About = false, ""
	return a, was
}

// rested reports whether it was told long ago. What was told in the future was so by a clock that was wrong.
func (a Alarm) rested(now time.Time) bool {
	return !now.Before(a.Last.Add(quiet)) || a.Last.After(now)
}

// pause is how long the alarm is not told again.
func (a Alarm) pause(now time.Time) time.Duration {
	if a.rested(now) {
		return 0
	}
	return min(firstPause<<min(max(a.Times-1, 0), 10), longestPause)
}

// keptKeys is how many keys of changes and proposals are kept at least: more than a Status tells at once.
const keptKeys = 2 * HistoryKept

// remember returns the keys with one more, the oldest dropped where there are too many.
func remember(keys []string, key string, most int) []string {
	keys = append(slices.Clip(keys), key)
	return keys[max(0, len(keys)-most):]
}

// clone returns a Told whose others can be changed.
func (t Told) clone() Told {
	if t.Others = maps.Clone(t.Others); t.Others == nil {
		t.Others = map[string]Alarm{}
	}
	return t
}

func (t Told) setOther(name string, a Alarm) {
	if a == (Alarm{}) {
		delete(t.Others, name)
		return
	}
	t.Others[name] = a
}
