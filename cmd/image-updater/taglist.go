package main

import (
	"fmt"
	"hash/maphash"
	"io"
	"math/bits"
	"os"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/policy"
)

// Bounds of a list of tags that is read from a file.
const (
	maxTagList     = 64 << 20
	maxTagListTags = 1_000_000
)

// tagList is what --tags-from gave.
type tagList struct {
	name       string // of the file, for errors
	image      string // that the list says it is of, "" if it does not
	text       string
	json       bool
	candidates []policy.Candidate // in the order of the list, a tag as often as it comes
}

// standardInput is what - is called in messages.
const standardInput = "standard input"

// tagsFrom reads the list of tags of a policy that --tags-from names.
func (a *app) tagsFrom(name string, p config.Policy) (tagList, error) {
	input := a.stdin
	if name == "-" {
		name = standardInput
	} else {
		f, err := os.Open(name)
		if err != nil {
			return tagList{}, fmt.Errorf("reading the list of tags: %w", err)
		}
		defer f.Close()
		input = f
	}
	list, err := readTagList(name, input)
	if err == nil && list.image != "" && list.image != p.Image.String() {
		fmt.Fprintf(a.stderr, "note: the list is of %s, and the policy of %s\n", printable(list.image), p.Image)
	}
	return list, err
}

// readTagList reads what --tags-from names: lines of TAG [RFC3339 push time] [sha256:...], with # comments and blank
// lines, or the JSON of tags -o json, which names its image. Errors are name:line: reason.
func readTagList(name string, r io.Reader) (tagList, error) {
	var data strings.Builder
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			data.Grow(int(min(info.Size(), maxTagList)))
		}
	}
	n, err := io.Copy(&data, io.LimitReader(r, maxTagList+1))
	switch {
	case err != nil:
		return tagList{}, fmt.Errorf("reading %s: %w", name, err)
	case n > maxTagList:
		return tagList{}, fmt.Errorf("%s: list of tags is larger than %d bytes", name, maxTagList)
	}
	list := tagList{name: name, text: strings.TrimPrefix(data.String(), "\ufeff")}
	if list.json = strings.HasPrefix(strings.TrimLeft(list.text, " \t\r\n"), "{"); list.json {
		err = list.parseJSON()
	} else {
		err = list.parseLines()
	}
	return list, err
}

// parseLines reads a candidate from each line. Their tags are parts of the text, so that a line costs no allocation.
func (l *tagList) parseLines() error {
	l.candidates = make([]policy.Candidate, 0, min(1+strings.Count(l.text, "\n"), maxTagListTags))
	rest := l.text
	for n := 1; rest != ""; n++ {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		fields := tagFields(line)
		if fields[0] == "" {
			continue
		}
		if len(l.candidates) == maxTagListTags {
			return fmt.Errorf("%s:%d: more than %d tags", l.name, n, maxTagListTags)
		}
		l.candidates = l.candidates[:len(l.candidates)+1]
		if err := parseTagLine(fields, &l.candidates[len(l.candidates)-1]); err != nil {
			return fmt.Errorf("%s:%d: %w", l.name, n, err)
		}
	}
	return nil
}

// maxTagFields is how many fields of a line are told apart: one more than there may be.
const maxTagFields = 4

// tagFields returns the first fields of a line without its comment; those that are not there are empty.
func tagFields(line string) (fields [maxTagFields]string) {
	at := 0
	for i := range fields {
		for at < len(line) && isBlank(line[at]) {
			at++
		}
		start := at
		for at < len(line) && !isBlank(line[at]) && line[at] != '#' {
			at++
		}
		fields[i] = line[start:at]
		if at == len(line) || line[at] == '#' {
			break
		}
	}
	return fields
}

// isBlank reports whether a character separates the fields of a line.
func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func noTime(text string) error { return fmt.Errorf("%q is no time like 2026-11-21T10:00:00Z", text) }

// parseTagLine reads the fields of a line into c: a tag, then a time, a digest or both.
func parseTagLine(fields [maxTagFields]string, c *policy.Candidate) error {
	c.Tag = fields[0]
	if err := image.CheckTag(c.Tag); err != nil {
		return err
	}
	rest := fields[1:]
	if rest[0] != "" && !strings.Contains(rest[0], "sha") {
		at, err := time.Parse(time.RFC3339, rest[0])
		if err != nil {
			return noTime(rest[0])
		}
		c.Pushed, c.Created = at, at
		rest = rest[1:]
	}
	if rest[0] != "" {
		digest, err := image.ParseDigest(rest[0])
		if err != nil {
			return err
		}
		c.Digest = digest
		rest = rest[1:]
	}
	if rest[0] != "" {
		return fmt.Errorf("unexpected %q, want TAG [TIME] [DIGEST]", rest[0])
	}
	return nil
}

// line returns the line of a candidate: the first with its tag and its time.
func (l *tagList) line(c policy.Candidate) int {
	if l.json {
		return lineOfTag(l.text, c.Tag)
	}
	n := 0
	for line := range strings.Lines(l.text) {
		n++
		fields := tagFields(line)
		if fields[0] != c.Tag {
			continue
		}
		var other policy.Candidate
		if err := parseTagLine(fields, &other); err == nil && other.Pushed.Equal(c.Pushed) {
			return n
		}
	}
	return n
}

// lastOfEach returns the candidates, of those with the same tag only the last one.
func (l *tagList) lastOfEach() []policy.Candidate {
	superseded := l.superseded()
	if len(superseded) == 0 {
		return l.candidates
	}
	kept := make([]policy.Candidate, 0, len(l.candidates)-len(superseded))
	for i, c := range l.candidates {
		if !superseded[i] {
			kept = append(kept, c)
		}
	}
	return kept
}

// superseded returns the indexes of the candidates behind which the same tag comes again. It looks tags up in a table of
// its own, half of which stays empty: of 100,000 different tags a map would take four times as long.
func (l *tagList) superseded() map[int]bool {
	var found map[int]bool
	table := make([]int32, 1<<bits.Len(uint(2*len(l.candidates)))) // of index+1
	last, seed := uint64(len(table)-1), maphash.MakeSeed()
	for i := range l.candidates {
		tag := l.candidates[i].Tag
		at := maphash.String(seed, tag) & last
		for table[at] != 0 && l.candidates[table[at]-1].Tag != tag {
			at = (at + 1) & last
		}
		if before := table[at]; before != 0 {
			if found == nil {
				found = make(map[int]bool)
			}
			found[int(before-1)] = true
		}
		table[at] = int32(i + 1)
	}
	return found
}
