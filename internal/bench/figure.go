package main

import (
	"fmt"
	"io"
)

// figure is one measurement, what it is held against, and whether the promise holds.
type figure struct {
	name      string
	ours      string
	baselines []baseline // how others do, measured in the same run
	promise   string     // "" for a figure that is only told
	broken    bool
}

type baseline struct{ name, took string }

// report prints the figures and returns how many promises are broken.
func report(w io.Writer, figures []figure) (broken int) {
	for _, f := range figures {
		fmt.Fprintln(w, f.name)
		line(w, "image-updater", f.ours)
		for _, b := range f.baselines {
			line(w, b.name, b.took)
		}
		switch {
		case f.broken:
			broken++
			line(w, "promise BROKEN", f.promise)
		case f.promise != "":
			line(w, "promise kept", f.promise)
		}
		fmt.Fprintln(w)
	}
	return broken
}

func line(w io.Writer, label, text string) { fmt.Fprintf(w, "  %-26s  %s\n", label, text) }

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
