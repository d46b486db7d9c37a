package config

import (
	"slices"
	"time"

	"github.com/image-updater/image-updater/policy"
)

// endOfDay is 24:00.
const endOfDay clock = 24 * 60

// weekday returns the day of the week; the words begin with Monday.
func (d day) weekday() time.Weekday {
	return time.Weekday((slices.Index(d.words(), string(d)) + 1) % 7)
}

// checked returns the windows as package policy takes them.
func (ws windows) checked() policy.Windows {
	var checked policy.Windows
	for _, w := range ws {
		to := policy.Window{From: int(w.From), To: int(w.To), Zone: w.TimeZone.location()}
		if w.From == w.To { // neither is there
			to.To = int(endOfDay)
		}
		for _, d := range w.Days {
			to.Days = append(to.Days, d.weekday())
		}
		checked = append(checked, to)
	}
	return checked
}

// location returns the zone, which was loaded before: when the file was read.
func (z zone) location() *time.Location {
	location, err := time.LoadLocation(string(z)) // "" is UTC
	if err != nil {
		return time.UTC
	}
	return location
}
