package policy

// isYear reports whether a number is a year of this century, as tags that are dates begin with.
func isYear(s string) bool { return len(s) == 4 && s[0] == '2' && s[1] == '0' }

// isMonth reports whether a number is 1 to 12, with or without a zero in front.
func isMonth(s string) bool { return len(s) <= 2 && within(s, 1, 12) }

// isDay reports whether a number is 1 to 31, with or without a zero in front.
func isDay(s string) bool { return len(s) <= 2 && within(s, 1, 31) }

// isPackedDate reports whether a number is a date without separators: YYYYMMDD, and perhaps hours, minutes, seconds.
func isPackedDate(s string) bool {
	switch len(s) {
	case 8, 10, 12, 14:
		return isYear(s[:4]) && isMonth(s[4:6]) && isDay(s[6:8])
	}
	return false
}

func within(s string, low, high int) bool {
	n := small(s)
	return n >= low && n <= high
}

// small returns the value of a number of few digits.
func small(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// firstNumber returns the digits in front of the first dot.
func firstNumber(s string) string {
	for i := range len(s) {
		if s[i] == '.' {
			return s[:i]
		}
	}
	return s
}

// components returns how many numbers dotted digits hold.
func components(s string) int {
	n := 1
	for i := range len(s) {
		if s[i] == '.' {
			n++
		}
	}
	return n
}

// date is what a calver format has read of a date.
type date struct {
	year, month, week, day int
}

// take notes a part of the date, if it can be one.
func (d *date) take(word, digits string) bool {
	switch word {
	case "YYYY":
		d.year = small(digits)
		return d.year >= 1000
	case "YY", "0Y":
		d.year = 2000 + small(digits)
	case "MM", "0M":
		d.month = small(digits)
		return d.month >= 1 && d.month <= 12
	case "WW", "0W":
		d.week = small(digits)
		return d.week >= 1 && d.week <= 53
	case "DD", "0D":
		d.day = small(digits)
		return d.day >= 1 && d.day <= 31
	}
	return true
}

// exists reports whether the calendar has such a day.
func (d *date) exists() bool {
	if d.day == 0 || d.month == 0 {
		return true
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[d.month-1]
	if d.month == 2 && (d.year%4 == 0 && d.year%100 != 0 || d.year%400 == 0) {
		days = 29
	}
	return d.day <= days
}
