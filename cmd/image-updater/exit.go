package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"github.com/image-updater/image-updater/internal/config"
)

// The exit codes, as scripts know them (DESIGN.md, section 4).
const (
	exitDone    = 0
	exitFailed  = 1 // also when one policy of many failed
	exitUsage   = 2 // wrong usage or policy file: nothing was asked and nothing written
	exitChanges = 3 // plan --exit-code: there are changes; references --exit-code: a reference has no policy
)

// exit is an error that knows its exit code and what a person can do about it. Without an error it only ends the
// program with its code.
type exit struct {
	code  int
	err   error
	hints []string
}

// Error returns the text of the error, which may be none.
func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

// Unwrap returns the error without its code.
func (e *exit) Unwrap() error { return e.err }

// usage returns an error that ends the program with exit code 2.
func usage(err error, hints ...string) error { return &exit{exitUsage, err, hints} }

// failed returns an error that ends the program with exit code 1.
func failed(err error, hints ...string) error { return &exit{exitFailed, err, hints} }

// report prints an error and returns the exit code. An error of no known kind comes from cobra, so it is one of usage.
func (a *app) report(err error) int {
	if err == nil {
		return exitDone
	}
	e := &exit{code: exitUsage, err: err}
	errors.As(err, &e)
	for _, one := range separate(e.err) {
		a.complain(one)
	}
	for i, hint := range e.hints {
		if !slices.Contains(e.hints[:i], hint) {
			fmt.Fprintln(a.stderr, "hint:", printable(hint))
		}
	}
	return e.code
}

// complain prints one error, with its hint if it brings one. Further lines of it are indented, so that no text from
// outside can pass for a line of this program.
func (a *app) complain(err error) {
	fmt.Fprintln(a.stderr, "image-updater:", strings.ReplaceAll(printable(err.Error()), "\n", "\n  "))
	if e := (*config.Error)(nil); errors.As(err, &e) && e.Hint != "" {
		fmt.Fprintln(a.stderr, "hint:", printable(e.Hint))
	}
	if hint := gitHint(err); hint != "" {
		fmt.Fprintln(a.stderr, "hint:", printable(hint))
	}
	if e := (*config.UnknownError)(nil); errors.As(err, &e) && e.Near != "" {
		fmt.Fprintf(a.stderr, "hint: did you mean %q?\n", e.Near)
	}
}

// separate returns the errors that were joined.
func separate(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, separate(one)...)
		}
		return all
	}
	return []error{err}
}

// unverbed drops from an error about a file what was done with it, which says nothing to a person: stat, open.
func unverbed(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", e.Path, e.Err)
	}
	return err
}

// answer is stdout. It remembers the first write that failed, so that half an answer on a full disk is no success.
type answer struct {
	io.Writer
	err error
}

// Write writes, and keeps the first error for the end of the program.
func (w *answer) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("writing the answer: %w", err)
	}
	return n, err
}

// printable keeps what comes from outside from steering the terminal: control characters, and those that turn the
// direction of writing or show nothing, are replaced.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !ordinary(r) && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// ordinary reports whether a character is one of nearly all that are printed, which need no look into Unicode's tables.
func ordinary(r rune) bool { return r >= ' ' && r <= '~' || r == '\n' || r == '\t' }

// printableLine is printable for what has to stay on its line, such as the name of a file.
func printableLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, printable(s))
}

// list joins words as a sentence does: "a, b or c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
