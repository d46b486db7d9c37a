package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"
)

// style is one of the few ways a piece of text is set apart on a terminal.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// paint sets text apart when stdout is a terminal that wants it, and returns it as it is else.
func (a *app) paint(s style, text string) string {
	if !a.colours() {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// colours follows no-color.org: a terminal, and NO_COLOR not set to anything.
func (a *app) colours() bool {
	if value, set := a.env("NO_COLOR"); set && value != "" {
		return false
	}
	if value, _ := a.env("TERM"); value == "dumb" {
		return false
	}
	return isTerminal(a.stdout)
}

func isTerminal(w io.Writer) bool { return terminal(w) != nil }

// terminal returns the terminal that w writes to, nil if it is none.
func terminal(w io.Writer) *os.File {
	if out, ok := w.(*answer); ok {
		return terminal(out.Writer)
	}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// printDiff prints the unified diff of one file, coloured on a terminal.
func (a *app) printDiff(diff string) {
	diff = printable(diff)
	if !a.colours() {
		io.WriteString(a.stdout, diff)
		return
	}
	header := true // until the first hunk: a removed line may begin like it
	for line := range strings.Lines(diff) {
		text := strings.TrimSuffix(line, "\n")
		header = header && !strings.HasPrefix(line, "@@")
		switch {
		case header:
			text = a.paint(bold, text)
		case strings.HasPrefix(line, "@@"):
			text = a.paint(cyan, text)
		case strings.HasPrefix(line, "-"):
			text = a.paint(red, text)
		case strings.HasPrefix(line, "+"):
			text = a.paint(green, text)
		}
		fmt.Fprintln(a.stdout, text)
	}
}

// table returns a writer of columns that are separated by tabs; Flush prints them. Colour belongs in the last column
// alone, since the writer counts its bytes as width.
func (a *app) table() *tabwriter.Writer {
	return tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
}

// count writes a number with its noun: "1 change", "1,204 changes".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// thousands writes a number with a comma for each thousand.
func thousands(n int) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// moment writes a time for people, in UTC and to the minute.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

const day = 24 * time.Hour

// inUnits writes a duration in the units of policy files, largest first: 3d, 4h, 5m, 6s. What is less than a second is
// left away.
func inUnits(d time.Duration) []string {
	var parts []string
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := d / unit.size; n > 0 {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+unit.name)
			d -= n * unit.size
		}
	}
	return parts
}

// span writes about how long something takes, in the two largest units: "3d4h", "2h", "5m30s".
func span(d time.Duration) string {
	units := inUnits(max(d, time.Second))
	return strings.Join(units[:min(len(units), 2)], "")
}
