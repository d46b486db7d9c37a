package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Window is a time of the week in which writing is allowed, as the clocks of a place show it. Where they are set back it
// is open whenever they show its times, be it twice; where they are set forward it is open from the moment they have
// passed its begin.
type Window struct {
	Days []time.Weekday // on which it begins; none = all
	// From and To are minutes since midnight, From below 24:00. When To is not above From, it is one of the next day.
	From, To int
	Zone     *time.Location // nil = UTC
}

// Windows are the times at which writing is allowed. None means always.
type Windows []Window

// minutesOfDay is 24:00, the end of a day.
const minutesOfDay = 24 * 60

// Open reports whether t lies in one of the windows. Their ends lie in none.
func (ws Windows) Open(t time.Time) bool {
	return len(ws) == 0 || slices.ContainsFunc(ws, func(w Window) bool { return w.open(t) })
}

// Next returns t if the windows are open then, else the moment after it at which the first of them opens.
func (ws Windows) Next(t time.Time) time.Time {
	if ws.Open(t) {
		return t
	}
	next := ws[0].next(t)
	for _, w := range ws[1:] {
		if at := w.next(t); at.Before(next) {
			next = at
		}
	}
	return next.In(t.Location())
}

// String returns the windows as a person says them: "mon, tue 08:00-18:00 Europe/Paris or sat UTC".
func (ws Windows) String() string {
	texts := make([]string, len(ws))
	for i, w := range ws {
		texts[i] = w.String()
	}
	return strings.Join(texts, " or ")
}

func (w Window) zone() *time.Location {
	if w.Zone == nil {
		return time.UTC
	}
	return w.Zone
}

// wholeDay reports whether the window is open from midnight to midnight.
func (w Window) wholeDay() bool { return w.From == 0 && w.To == minutesOfDay }

// begins reports whether the window begins on that day of the week, counted on from Sunday.
func (w Window) begins(day time.Weekday) bool {
	return len(w.Days) == 0 || slices.Contains(w.Days, (day+7)%7)
}

func (w Window) open(t time.Time) bool {
	t = t.In(w.zone())
	minute := 60*t.Hour() + t.Minute()
	if w.To > w.From {
		return w.begins(t.Weekday()) && w.From <= minute && minute < w.To
	}
	return w.begins(t.Weekday()) && w.From <= minute || w.begins(t.Weekday()-1) && minute < w.To
}

// next returns when the window opens after t, at which it is shut. Between two changes of the zone's offset its clocks
// run evenly, so that the begin of a day's window is at a known distance; a change itself may set the clocks to a time
// within the window.
func (w Window) next(t time.Time) time.Time {
	for {
		local := t.In(w.zone())
		year, month, day := local.Date()
		_, offset := local.Zone()
		_, change := local.ZoneBounds()
		for i := range 8 {
			date := time.Date(year, month, day+i, 0, w.From, 0, 0, time.UTC)
			at := date.Add(-time.Duration(offset) * time.Second)
			if !change.IsZero() && !at.Before(change) {
				break
			}
			if w.begins(date.Weekday()) && at.After(t) {
				return at
			}
		}
		if change.IsZero() {
			panic("policy: a window that never opens") // 8 days have each day of the week
		}
		if t = change; w.open(t) {
			return t
		}
	}
}

// String returns "mon, tue 08:00-18:00 Europe/Paris".
func (w Window) String() string {
	var words []string
	if len(w.Days) > 0 {
		days := make([]string, len(w.Days))
		for i, day := range w.Days {
			days[i] = strings.ToLower(day.String()[:3])
		}
		words = append(words, strings.Join(days, ", "))
	}
	if !w.wholeDay() {
		words = append(words, clock(w.From)+"-"+clock(w.To))
	}
	return strings.Join(append(words, w.zone().String()), " ")
}

func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
