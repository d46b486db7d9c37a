package edit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"
)

// Kept is a Site as it can be kept beyond the process that found it: where and what it is, not how it is written. See
// [Scanner.Keep].
type Kept struct {
	Site   Site
	Target int // 1 + the index in Query.Targets of the target that led to it; 0 = none
}

// Keep returns what can be kept of a site that this scanner found.
func (s *Scanner) Keep(site Site) Kept {
	k := Kept{Site: site}
	if site.at != nil && site.at.target != nil {
		k.Target = 1 + site.at.target.index
	}
	k.Site.at = nil
	return k
}

// Restore makes a site of what was kept of one. The scanner must be of the same Query as the one that found it, see
// [Scanner.Fingerprint]. [Scanner.Apply] writes to it, and [Apply] does not.
func (s *Scanner) Restore(k Kept) Site {
	k.Site.at = &place{}
	for _, t := range s.targets {
		if t.index+1 == k.Target {
			k.Site.at.target = t
		}
	}
	return k.Site
}

// Fingerprint is equal for scanners of equal queries, and differs else.
func (s *Scanner) Fingerprint() string {
	sum := sha256.New()
	add(sum, "images")
	for _, i := range s.query.Images {
		add(sum, i.String())
	}
	add(sum, "markers", fmt.Sprint(s.query.Markers == nil))
	for _, name := range slices.Sorted(maps.Keys(s.query.Markers)) {
		add(sum, name, s.query.Markers[name].String())
	}
	add(sum, "targets")
	for _, t := range s.targets {
		add(sum, fmt.Sprint(t.index, t.Expect), t.Policy, t.Image.String(), t.File, t.Key, t.Regexp, t.value.text)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// add adds texts to a sum so that no other texts add the same.
func add(sum hash.Hash, texts ...string) {
	var line []byte
	for _, text := range texts {
		line = strconv.AppendInt(line[:0], int64(len(text)), 10)
		line = append(append(append(line, ':'), text...), ',')
		sum.Write(line)
	}
}

// Apply is like the function [Apply], and writes to restored sites, too: it searches the file again for their places. It
// tells what the file holds then without parsing it once more.
func (s *Scanner) Apply(f File, changes []Change) Edited {
	places := make([]*place, len(changes))
	var again map[Kept]*place
	for i, c := range changes {
		places[i] = c.Site.at
		if c.Site.at == nil || c.Site.at.origin != nil {
			continue
		}
		if again == nil {
			again = map[Kept]*place{}
			for _, site := range s.Find(f).Sites {
				again[s.Keep(site)] = site.at
			}
		}
		places[i] = again[s.Keep(c.Site)]
	}
	edited, tree := apply(f, changes, places)
	if tree != nil {
		edited.Found = s.find(File{Path: f.Path, Data: edited.Data, Chart: f.Chart}, tree)
	}
	return edited
}
