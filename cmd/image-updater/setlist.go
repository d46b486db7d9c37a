package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// Bounds of what set is given.
const (
	maxWanted     = 1000    // references
	maxWantedList = 1 << 20 // bytes of a list
	maxListFaults = 10      // that are told of one list
)

// given is a reference as somebody wrote it.
type given struct {
	text  string
	where string // "list.txt:3: ", or "" for the command line
}

// wantedOf returns the references of the command line and of the list that from names, each with a tag and no image twice.
func (a *app) wantedOf(args []string, from string) ([]image.Reference, error) {
	all := make([]given, len(args))
	for i, arg := range args {
		all[i].text = arg
	}
	if from != "" {
		listed, err := a.readWanted(from)
		if err != nil {
			return nil, err
		}
		all = append(all, listed...)
	}
	switch {
	case len(all) == 0 && from != "":
		return nil, errors.New("--from: the list names no image: want a line IMAGE:TAG for each")
	case len(all) == 0:
		return nil, errors.New("no image is given: want IMAGE:TAG, or --from with a list")
	case len(all) > maxWanted:
		return nil, fmt.Errorf("%d images are given, and %d at most are written at once", len(all), maxWanted)
	}
	return parseWanted(all)
}

// readWanted reads the list that --from names: a reference a line, with # comments and blank lines.
func (a *app) readWanted(name string) ([]given, error) {
	input := a.stdin
	if name == "-" {
		name = standardInput
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("--from: %w", err)
		}
		defer f.Close()
		input = f
	}
	data, err := io.ReadAll(io.LimitReader(input, maxWantedList+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("--from: reading %s: %w", name, err)
	case len(data) > maxWantedList:
		return nil, fmt.Errorf("%s: list of images is larger than %d bytes", name, maxWantedList)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var listed []given
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			listed = append(listed, given{text: line, where: fmt.Sprintf("%s:%d: ", name, n)})
		}
	}
	return listed, nil
}

// parseWanted tells all that is wrong, but of a list no more than its first faults: it may be something else altogether.
func parseWanted(all []given) ([]image.Reference, error) {
	wanted := make([]image.Reference, 0, len(all))
	seen := map[image.Repository]bool{}
	var errs []error
	faults := 0
	for _, g := range all {
		ref, err := parseGiven(g.text)
		if err == nil && seen[ref.Repository] {
			err = fmt.Errorf("image %s is given twice", ref.Repository)
		}
		if err == nil {
			seen[ref.Repository] = true
			wanted = append(wanted, ref)
			continue
		}
		if g.where != "" {
			if faults++; faults > maxListFaults {
				errs = append(errs, errors.New("and more in lines that follow"))
				break
			}
		}
		errs = append(errs, fmt.Errorf("%s%w", g.where, err))
	}
	return wanted, errors.Join(errs...)
}

// maxReference is longer than any reference: that much of a line is worth to be shown.
const maxReference = 1000

func parseGiven(text string) (image.Reference, error) {
	switch {
	case text == "-":
		return image.Reference{}, errors.New(`"-" is no reference: --from - reads them from standard input`)
	case len(text) > maxReference:
		return image.Reference{}, fmt.Errorf("reference is longer than %d bytes", maxReference)
	case len(strings.Fields(text)) > 1:
		return image.Reference{}, fmt.Errorf("%q is more than a reference, want IMAGE:TAG", text)
	}
	ref, err := image.ParseReference(text)
	if err == nil && ref.Tag == "" {
		err = fmt.Errorf("reference %q has no tag, want IMAGE:TAG", text)
	}
	return ref, err
}
