package web

import (
	"strconv"
	"strings"
	"time"
)

// moment is a time as a page shows it: in words, with what a machine and a doubting person read behind it. The zero
// value is no time.
type moment struct {
	Machine string // 2026-11-21T10:00:00Z
	Exact   string // 2026-11-21 10:00:00 UTC
	Words   string // 3 minutes ago
}

// clock tells how long ago something was.
type clock struct{ now time.Time }

func (c clock) at(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	t = t.UTC()
	return moment{Machine: t.Format(time.RFC3339), Exact: t.Format("2006-01-02 15:04:05 UTC"), Words: c.words(t)}
}

// since is a time from which on something has been so.
func (c clock) since(t time.Time) moment {
	m := c.at(t)
	if d := c.now.Sub(t); !t.IsZero() && d >= justNow {
		m.Words = "for " + span(d)
	}
	return m
}

// left is a time until which something holds.
func (c clock) left(t time.Time) moment {
	m := c.at(t)
	switch d := t.Sub(c.now); {
	case t.IsZero():
	case d <= 0:
		m.Words = "due now"
	default:
		m.Words = span(d) + " left"
	}
	return m
}

// justNow is how far from now a time may be to be called so.
const justNow = 10 * time.Second

// words says how far t is from now, in the one unit that a person would use.
func (c clock) words(t time.Time) string {
	d := t.Sub(c.now)
	if d.Abs() < justNow {
		return "just now"
	}
	if d < 0 {
		return span(-d) + " ago"
	}
	return "in " + span(d)
}

// span is a length of time in the largest unit of which there are two or more, or one.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		length time.Duration
		name   string
		from   time.Duration // the shortest that is told in this unit
	}{
		{365 * day, "year", 700 * day},
		{30 * day, "month", 60 * day},
		{day, "day", 36 * time.Hour},
		{time.Hour, "hour", 90 * time.Minute},
		{time.Minute, "minute", 90 * time.Second},
	} {
		if d >= unit.from {
			return counted(int((d+unit.length/2)/unit.length), unit.name, unit.name+"s")
		}
	}
	return counted(int(d.Round(time.Second)/time.Second), "second", "seconds")
}

// lasting is a length as the policy file writes it: 15m, 72h.
func lasting(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	text := d.Round(time.Millisecond).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped is a number with a comma after each three digits.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
