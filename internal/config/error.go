package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is where something stands in a policy file. Line and column count from 1, columns in characters.
type Position struct {
	File         string
	Line, Column int
}

// String returns file:line:column, or the file alone when nothing more is known.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

func (p Position) compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Error is one fault of a policy file. It never holds the value of a key that may hold a secret.
type Error struct {
	File         string
	Line, Column int    // 0 when the file could not be read
	Policy       string // name of the policy at fault, "" when it is not about one
	Message      string
	Hint         string // what to do about it, or ""
	Err          error  // the cause, if the file could not be read
}

// Position returns where the fault is.
func (e *Error) Position() Position { return Position{File: e.File, Line: e.Line, Column: e.Column} }

// Error returns the line to print: policies.yaml:12:9: policy "api": ...
func (e *Error) Error() string {
	s := e.Position().String() + ": "
	if e.Policy != "" {
		s += fmt.Sprintf("policy %q: ", e.Policy)
	}
	return s + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errors is all that is wrong with the policy files, sorted by file, line and column. It is never empty.
type Errors []*Error

// Error returns a line for each error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the single errors.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, one := range e {
		errs[i] = one
	}
	return errs
}

// maxErrors bounds the errors of one Load, which nobody would read to the end.
const maxErrors = 10_000

// report gathers what is found while the files are read.
type report struct {
	errors, warnings []*Error
	count            int // all errors, those above the bound included
}

func (r *report) fail(e *Error) {
	r.count++
	switch {
	case r.count < maxErrors:
		r.errors = append(r.errors, e)
	case r.count == maxErrors:
		r.errors = append(r.errors, &Error{File: e.File, Line: e.Line, Column: e.Column, Message: "there are too many errors to go on"})
	}
}

func (r *report) warn(e *Error) { r.warnings = append(r.warnings, e) }

// arrange sorts faults by their positions. A fault of defaults, or of a value that several policies share by an alias,
// comes once for each policy: of those the first is kept, and it says how many more there are.
func arrange(faults []*Error) []*Error {
	type place struct {
		Position
		message string
	}
	first := make(map[place]*Error)
	others := make(map[*Error]int)
	var kept []*Error
	for _, e := range faults {
		p := place{e.Position(), e.Message}
		switch same, found := first[p]; {
		case !found:
			first[p] = e
			kept = append(kept, e)
		case same.Policy != e.Policy:
			others[same]++
		}
	}
	for e, n := range others {
		if n == 1 {
			e.Message += " (and in 1 more policy)"
		} else {
			e.Message += fmt.Sprintf(" (and in %d more policies)", n)
		}
	}
	slices.SortStableFunc(kept, func(a, b *Error) int { return a.Position().compare(b.Position()) })
	return kept
}
