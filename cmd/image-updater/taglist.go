package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// tagsJSON is the answer of tags -o json, which explain and backtest read again.
type tagsJSON struct {
	Image string    `json:"image"`
	Tags  []tagJSON `json:"tags"`
}

type tagJSON struct {
	Tag       string    `json:"tag"`
	Digest    string    `json:"digest,omitempty"`
	Pushed    time.Time `json:"pushed,omitzero"`
	Created   time.Time `json:"created,omitzero"`
	Platforms []string  `json:"platforms,omitzero"` // empty: it offers none
}

// tagList is what --tags-from gave.
type tagList struct {
	name       string // of the file, for errors
	image      string // that the list says it is of, "" if it does not
	candidates []policy.Candidate
	line       func(i int) int // on which candidate i stands
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
// lines, or the JSON of tags -o json, which names its image. Of a tag that comes twice the last one counts. Errors are
// name:line: reason.
func readTagList(name string, r io.Reader) (tagList, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTagList+1))
	switch {
	case err != nil:
		return tagList{}, fmt.Errorf("reading %s: %w", name, err)
	case len(data) > maxTagList:
		return tagList{}, fmt.Errorf("%s: list of tags is larger than %d bytes", name, maxTagList)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); bytes.HasPrefix(trimmed, []byte("{")) {
		return parseTagJSON(name, data)
	}
	return parseTagLines(name, data)
}

func parseTagLines(name string, data []byte) (tagList, error) {
	var candidates []policy.Candidate
	var numbers []int
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		if len(candidates) == maxTagListTags {
			return tagList{}, fmt.Errorf("%s:%d: more than %d tags", name, n, maxTagListTags)
		}
		c, err := parseTagLine(fields)
		if err != nil {
			return tagList{}, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		candidates, numbers = append(candidates, c), append(numbers, n)
	}
	if err := lines.Err(); err != nil {
		return tagList{}, fmt.Errorf("%s: %w", name, err)
	}
	kept, from := lastOfEach(candidates)
	return tagList{name: name, candidates: kept, line: func(i int) int { return numbers[from[i]] }}, nil
}

// parseTagLine reads the fields of a line: a tag, then a time, a digest or both.
func parseTagLine(fields []string) (policy.Candidate, error) {
	c := policy.Candidate{Tag: fields[0]}
	if err := image.CheckTag(c.Tag); err != nil {
		return c, err
	}
	rest := fields[1:]
	if len(rest) > 0 && !strings.Contains(rest[0], "sha") {
		at, err := time.Parse(time.RFC3339, rest[0])
		if err != nil {
			return c, fmt.Errorf("%q is no time like 2026-11-21T10:00:00Z", rest[0])
		}
		c.Pushed, c.Created = at, at
		rest = rest[1:]
	}
	if len(rest) > 0 {
		digest, err := image.ParseDigest(rest[0])
		if err != nil {
			return c, err
		}
		c.Digest = digest
		rest = rest[1:]
	}
	if len(rest) > 0 {
		return c, fmt.Errorf("unexpected %q, want TAG [TIME] [DIGEST]", rest[0])
	}
	return c, nil
}

func parseTagJSON(name string, data []byte) (tagList, error) {
	var list tagsJSON
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&list); err != nil {
		return tagList{}, fmt.Errorf("%s:%d: %w", name, lineAt(data, d.InputOffset(), err), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return tagList{}, fmt.Errorf("%s:%d: text after the list", name, lineAt(data, d.InputOffset(), nil))
	}
	if len(list.Tags) > maxTagListTags {
		return tagList{}, fmt.Errorf("%s: more than %d tags", name, maxTagListTags)
	}
	candidates := make([]policy.Candidate, len(list.Tags))
	for i, t := range list.Tags {
		var err error
		if candidates[i], err = t.candidate(); err != nil {
			return tagList{}, fmt.Errorf("%s:%d: tags[%d]: %w", name, lineOfTag(data, t.Tag), i, err)
		}
	}
	kept, _ := lastOfEach(candidates)
	return tagList{name, list.Image, kept, func(i int) int { return lineOfTag(data, kept[i].Tag) }}, nil
}

// lineAt returns the line of a fault: of the place its error names, else of offset.
func lineAt(data []byte, offset int64, err error) int {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		offset = int64(len(data))
	}
	if e := (*json.SyntaxError)(nil); errors.As(err, &e) {
		offset = e.Offset
	}
	if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) {
		offset = e.Offset
	}
	offset = min(offset, int64(len(data)))
	return 1 + bytes.Count(data[:offset], []byte("\n"))
}

// lineOfTag returns the line on which a tag first stands in the JSON text.
func lineOfTag(data []byte, tag string) int {
	quoted, err := json.Marshal(tag)
	if err != nil {
		return 1
	}
	return lineAt(data, int64(max(bytes.Index(data, quoted), 0)), nil)
}

func (t tagJSON) candidate() (policy.Candidate, error) {
	c := policy.Candidate{Tag: t.Tag, Pushed: t.Pushed, Created: t.Created}
	if err := image.CheckTag(t.Tag); err != nil {
		return c, err
	}
	if t.Digest != "" {
		digest, err := image.ParseDigest(t.Digest)
		if err != nil {
			return c, err
		}
		c.Digest = digest
	}
	if t.Platforms != nil {
		c.Platforms = []image.Platform{}
	}
	for _, text := range t.Platforms {
		p, err := image.ParsePlatform(text)
		if err != nil {
			return c, err
		}
		c.Platforms = append(c.Platforms, p)
	}
	return c, nil
}

// lastOfEach keeps the last entry of each tag, where the first one stood, and says which entry each one is.
func lastOfEach(candidates []policy.Candidate) (kept []policy.Candidate, from []int) {
	place := make(map[string]int, len(candidates))
	kept, from = make([]policy.Candidate, 0, len(candidates)), make([]int, 0, len(candidates))
	for i, c := range candidates {
		if p, again := place[c.Tag]; again {
			kept[p], from[p] = c, i
			continue
		}
		place[c.Tag] = len(kept)
		kept, from = append(kept, c), append(from, i)
	}
	return kept, from
}
