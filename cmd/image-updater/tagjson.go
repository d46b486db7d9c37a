package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

// tagsJSON is the answer of tags -o json, which explain and backtest read again.
type tagsJSON struct {
	Image string    `json:"image"`
	Tags  []tagJSON `json:"tags"`
}

type tagJSON struct {
	Tag       string   `json:"tag"`
	Digest    string   `json:"digest,omitempty"`
	Pushed    tagTime  `json:"pushed,omitzero"`
	Created   tagTime  `json:"created,omitzero"`
	Platforms []string `json:"platforms,omitzero"` // empty: it offers none
}

// tagTime is a time of a tag. That it is none is kept for when the tag is known, which the error has to name.
type tagTime struct {
	time.Time
	err error
}

// UnmarshalJSON never fails.
func (t *tagTime) UnmarshalJSON(data []byte) error {
	if t.Time.UnmarshalJSON(data) == nil {
		return nil
	}
	text := ""
	if json.Unmarshal(data, &text) != nil {
		text = string(data)
	}
	t.err = noTime(text)
	return nil
}

func (l *tagList) parseJSON() error {
	var list tagsJSON
	d := json.NewDecoder(strings.NewReader(l.text))
	if err := d.Decode(&list); err != nil {
		return fmt.Errorf("%s:%d: %w", l.name, lineAt(l.text, d.InputOffset(), err), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s:%d: text after the list", l.name, lineAt(l.text, d.InputOffset(), nil))
	}
	if len(list.Tags) > maxTagListTags {
		return fmt.Errorf("%s: more than %d tags", l.name, maxTagListTags)
	}
	l.image, l.candidates = list.Image, make([]policy.Candidate, len(list.Tags))
	for i, t := range list.Tags {
		var err error
		if l.candidates[i], err = t.candidate(); err != nil {
			return fmt.Errorf("%s:%d: tags[%d]: %w", l.name, lineOfTag(l.text, t.Tag), i, err)
		}
	}
	return nil
}

// lineAt returns the line of a fault: of the place its error names, else of offset.
func lineAt(text string, offset int64, err error) int {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		offset = int64(len(text))
	}
	if e := (*json.SyntaxError)(nil); errors.As(err, &e) {
		offset = e.Offset
	}
	if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) {
		offset = e.Offset
	}
	return 1 + strings.Count(text[:min(offset, int64(len(text)))], "\n")
}

// lineOfTag returns the line on which a tag first stands in the JSON text.
func lineOfTag(text, tag string) int {
	quoted, err := json.Marshal(tag)
	if err != nil {
		return 1
	}
	return lineAt(text, int64(max(strings.Index(text, string(quoted)), 0)), nil)
}

func (t tagJSON) candidate() (policy.Candidate, error) {
	c := policy.Candidate{Tag: t.Tag, Pushed: t.Pushed.Time, Created: t.Created.Time}
	if err := image.CheckTag(t.Tag); err != nil {
		return c, err
	}
	if err := cmp.Or(t.Pushed.err, t.Created.err); err != nil {
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
