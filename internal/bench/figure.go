package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// figure is one line of the report: a measurement, what it is held against, and whether the promise holds.
type figure struct {
	name     string
	ours     string
	baseline string // how others do, measured in the same run; "" if there is nothing to compare with
	promise  string // "" for a figure that is only told
	broken   bool
}

// report prints the figures as a table and returns how many promises are broken.
func report(w io.Writer, figures []figure) (broken int, err error) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "figure\tours\tbaseline\tpromise\t")
	for _, f := range figures {
		verdict := ""
		switch {
		case f.broken:
			broken++
			verdict = "BROKEN"
		case f.promise != "":
			verdict = "kept"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", f.name, f.ours, f.baseline, f.promise, verdict)
	}
	return broken, table.Flush()
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
