package policy_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the tables below are about real zones, wherever the tests run

	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/policy"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

const wholeDay = 24 * 60

// hm is a time of day in minutes.
func hm(hour, minute int) int { return 60*hour + minute }

func TestWindows(t *testing.T) {
	t.Parallel()
	paris, newYork, apia := zone(t, "Europe/Paris"), zone(t, "America/New_York"), zone(t, "Pacific/Apia")
	office := policy.Windows{{Days: []time.Weekday{time.Monday, time.Tuesday}, From: hm(8, 0), To: hm(18, 0), Zone: paris}}
	night := policy.Windows{{Days: []time.Weekday{time.Friday}, From: hm(22, 0), To: hm(6, 0), Zone: paris}}
	gap := policy.Windows{{From: hm(2, 30), To: hm(2, 45), Zone: newYork}}
	across := policy.Windows{{From: hm(2, 30), To: hm(4, 0), Zone: newYork}}
	saturday := policy.Windows{{Days: []time.Weekday{time.Saturday}, To: wholeDay}}
	for _, test := range []struct {
		name    string
		windows policy.Windows
		at      string
		next    string // "" = it is open
	}{
		{name: "none is always", at: "2026-11-21T10:00:00Z"},
		{name: "before the week's first", windows: office, at: "2026-11-21T10:00:00Z", next: "2026-11-23T08:00:00+01:00"},
		{name: "a second before", windows: office, at: "2026-11-23T07:59:59+01:00", next: "2026-11-23T08:00:00+01:00"},
		{name: "its begin is in it", windows: office, at: "2026-11-23T08:00:00+01:00"},
		{name: "its last second", windows: office, at: "2026-11-23T17:59:59+01:00"},
		{name: "its end is not in it", windows: office, at: "2026-11-23T18:00:00+01:00", next: "2026-11-24T08:00:00+01:00"},
		{name: "the next week", windows: office, at: "2026-11-24T18:00:00+01:00", next: "2026-11-30T08:00:00+01:00"},
		{name: "in summer the clocks of the place hold", windows: office, at: "2026-07-06T05:59:59Z", next: "2026-07-06T06:00:00Z"},
		{name: "the day is that of the place", windows: policy.Windows{{Days: []time.Weekday{time.Monday}, To: wholeDay, Zone: apia}},
			at: "2026-11-22T10:59:59Z", next: "2026-11-22T11:00:00Z"},

		{name: "a night before midnight", windows: night, at: "2026-11-20T23:00:00+01:00"},
		{name: "a night belongs to the day on which it begins", windows: night, at: "2026-11-21T05:59:59+01:00"},
		{name: "the end of a night", windows: night, at: "2026-11-21T06:00:00+01:00", next: "2026-11-27T22:00:00+01:00"},
		{name: "the night before does not count", windows: night, at: "2026-11-20T05:00:00+01:00", next: "2026-11-20T22:00:00+01:00"},
		{name: "a night over the end of the week", windows: policy.Windows{{Days: []time.Weekday{time.Saturday}, From: hm(22, 0), To: hm(6, 0)}},
			at: "2026-11-22T05:00:00Z"},
		{name: "until midnight", windows: policy.Windows{{From: hm(22, 0), To: 0}}, at: "2026-11-20T23:59:59Z"},
		{name: "until midnight and no longer", windows: policy.Windows{{From: hm(22, 0), To: 0}}, at: "2026-11-21T00:00:00Z", next: "2026-11-21T22:00:00Z"},

		{name: "a window that the clocks jump over is left out", windows: gap, at: "2026-03-08T01:59:59-05:00", next: "2026-03-09T02:30:00-04:00"},
		{name: "one whose begin they jump over opens with the jump", windows: across, at: "2026-03-08T01:59:59-05:00", next: "2026-03-08T03:00:00-04:00"},
		{name: "hours that come twice: the first time", windows: gap, at: "2026-11-01T02:00:00-04:00", next: "2026-11-01T02:30:00-05:00"},
		{name: "clocks set back into a window", windows: policy.Windows{{From: hm(1, 0), To: hm(1, 30), Zone: newYork}},
			at: "2026-11-01T01:45:00-04:00", next: "2026-11-01T01:00:00-05:00"},
		{name: "it is open both times", windows: policy.Windows{{From: hm(1, 0), To: hm(1, 30), Zone: newYork}}, at: "2026-11-01T01:15:00-05:00"},
		{name: "a day that a place left out", windows: policy.Windows{{Days: []time.Weekday{time.Friday}, To: wholeDay, Zone: apia}},
			at: "2011-12-29T12:00:00-10:00", next: "2012-01-06T00:00:00+14:00"},

		{name: "of several the first to open", windows: append(office, saturday...), at: "2026-11-20T12:00:00Z", next: "2026-11-21T00:00:00Z"},
		{name: "one of several is open", windows: append(office, saturday...), at: "2026-11-21T12:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			at := instant(t, test.at)
			want := at
			if test.next != "" {
				want = instant(t, test.next)
			}
			if open := test.windows.Open(at); open != (test.next == "") {
				t.Errorf("open is %t", open)
			}
			if got := test.windows.Next(at); !got.Equal(want) {
				t.Errorf("opens at %v, want %v", got, want)
			}
		})
	}
}

func TestWindowsSayThemselves(t *testing.T) {
	t.Parallel()
	windows := policy.Windows{
		{Days: []time.Weekday{time.Monday, time.Tuesday}, From: hm(8, 0), To: hm(18, 0), Zone: zone(t, "Europe/Paris")},
		{From: hm(22, 5), To: 0},
		{Days: []time.Weekday{time.Saturday}, To: wholeDay},
	}
	const want = "mon, tue 08:00-18:00 Europe/Paris or 22:05-00:00 UTC or sat UTC"
	if got := windows.String(); got != want {
		t.Errorf("windows are %q, want %q", got, want)
	}
}

// What Next tells is what Open says of every minute until then.
func TestNextIsTheFirstOpenMinute(t *testing.T) {
	t.Parallel()
	var zones []*time.Location
	for _, name := range []string{"UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia"} {
		zones = append(zones, zone(t, name))
	}
	minute := rapid.Custom(func(t *rapid.T) int {
		return rapid.OneOf(rapid.IntRange(0, wholeDay-1), rapid.SampledFrom([]int{0, 60, 90, 120, 150, 180})).Draw(t, "minute")
	})
	window := rapid.Custom(func(t *rapid.T) policy.Window {
		w := policy.Window{From: minute.Draw(t, "from"), To: minute.Draw(t, "to"), Zone: rapid.SampledFrom(zones).Draw(t, "zone")}
		for day := range time.Saturday + 1 {
			if rapid.IntRange(0, 2).Draw(t, "day") == 0 {
				w.Days = append(w.Days, day)
			}
		}
		return w
	})
	rapid.Check(t, func(t *rapid.T) {
		windows := policy.Windows(rapid.SliceOfN(window, 1, 3).Draw(t, "windows"))
		at := time.Unix(rapid.Int64Range(1.3e9, 1.9e9).Draw(t, "time"), 0).UTC()
		if rapid.Bool().Draw(t, "near a change of the clocks") {
			if _, change := at.In(windows[0].Zone).ZoneBounds(); !change.IsZero() {
				at = change.Add(time.Duration(rapid.IntRange(-10000, 10000).Draw(t, "seconds")) * time.Second).UTC()
			}
		}
		next := windows.Next(at)
		if next.Before(at) || !windows.Open(next) {
			t.Fatalf("%v: after %v it opens at %v, and is open then: %t", windows, at, next, windows.Open(next))
		}
		for step := at; step.Before(next); step = step.Add(time.Minute) {
			if windows.Open(step) {
				t.Fatalf("%v: after %v it opens at %v, but it is open at %v", windows, at, next, step)
			}
		}
		if before := next.Add(-time.Nanosecond); !next.Equal(at) && windows.Open(before) {
			t.Fatalf("%v: it opens at %v, but it is open just before", windows, next)
		}
		if again := windows.Next(next); !again.Equal(next) {
			t.Fatalf("%v: it opens at %v, and from then on at %v", windows, next, again)
		}
	})
}
