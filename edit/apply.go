package edit

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// Apply writes changes into the file in which their sites were found. Every edit is proved: the new file is parsed and
// must be the old one but for the values written. What cannot be written, or proved, is refused; the other changes are
// made all the same.
func Apply(f File, changes []Change) Edited {
	places := make([]*place, len(changes))
	for i, c := range changes {
		places[i] = c.Site.at
	}
	edited, _ := apply(f, changes, places)
	return edited
}

// apply is Apply with the places of the sites. The tree is that of the file as it is now, nil if nothing was written.
func apply(f File, changes []Change, places []*place) (Edited, *tree) {
	a := application{file: f, changes: changes, places: places, reasons: make([]refused, len(changes))}
	var planned []splice
	for i, c := range changes {
		edits, reason := a.plan(c, places[i])
		a.reasons[i] = reason
		for _, e := range edits {
			e.change = i
			planned = append(planned, e)
		}
	}
	planned = a.settleConflicts(planned)
	proved := a.prove(planned)
	return a.result(proved), a.proved
}

// application is the work of one Apply.
type application struct {
	file    File
	changes []Change
	places  []*place  // of the changes' sites; nil = not known
	reasons []refused // why each change is refused
	origin  *origin
	parses  int   // so far, to prove edits
	proved  *tree // of the file with those edits that are known to hold; nil = none are
	stale   bool  // some site was found in another version of the file
}

type refused struct{ reason, hint string }

// plan returns what a change replaces, or why it must not.
func (a *application) plan(c Change, p *place) ([]splice, refused) {
	if p == nil || p.origin == nil || c.Site.Path != a.file.Path {
		return nil, refused{reason: "was not found in this file"}
	}
	if a.origin == nil {
		if p.origin.data != sha256.Sum256(a.file.Data) {
			return nil, a.isStale()
		}
		a.origin = p.origin
	}
	if !p.origin.equal(a.origin) {
		return nil, a.isStale()
	}
	if err := image.CheckTag(c.Tag); err != nil {
		return nil, refused{reason: err.Error()}
	}
	if c.Digest != "" {
		if _, err := image.ParseDigest(string(c.Digest)); err != nil {
			return nil, refused{reason: err.Error()}
		}
	}
	if stays := p.staysBeside(c); stays.reason != "" {
		return nil, stays
	}
	switch {
	case p.target != nil:
		return p.planTarget(c)
	case p.whole != nil:
		return p.planWhole(c)
	}
	return p.planParts(c)
}

func (a *application) isStale() refused {
	a.stale = true
	return refused{reason: "was found in another version of this file"}
}

// planTarget fills in the value of a target.
func (p *place) planTarget(c Change) ([]splice, refused) {
	if c.Digest == "" && p.target.value.wants("{digest}") {
		return nil, refused{"the target wants a digest, and none is given", digestHint(c)}
	}
	e, reason := p.whole.splice(p.target.value.write(c.Site.Name, c.Tag, c.Digest))
	return []splice{e}, refused{reason: reason}
}

// planWhole writes NAME:TAG[@DIGEST].
func (p *place) planWhole(c Change) ([]splice, refused) {
	name := p.whole.text
	if i := strings.IndexByte(name, '@'); i >= 0 {
		name = name[:i]
	}
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	text := name + ":" + c.Tag
	switch old := c.Site; {
	case c.Digest != "":
		text += "@" + string(c.Digest)
	case old.Digest != "" && old.Tag != c.Tag:
		return nil, refused{fmt.Sprintf("has the digest %s, which is not that of %s", old.Digest.Short(), c.Tag), digestHint(c)}
	case old.Digest != "":
		text = p.whole.text
	}
	e, reason := p.whole.splice(text)
	return []splice{e}, refused{reason: reason}
}

// planParts writes a tag and a digest that stand under keys of their own.
func (p *place) planParts(c Change) ([]splice, refused) {
	old := c.Site
	if old.Digest != "" && c.Digest == "" && old.Tag != c.Tag {
		return nil, refused{fmt.Sprintf("has the digest %s, which is not that of %s", old.Digest.Short(), c.Tag), digestHint(c)}
	}
	inTag := p.tag != nil && strings.Contains(p.tag.text, "@")
	var edits []splice
	switch {
	case p.tag != nil:
		text := c.Tag
		if inTag && c.Digest == "" {
			text = p.tag.text
		} else if inTag {
			text += "@" + string(c.Digest)
		}
		e, reason := p.tag.splice(text)
		if reason != "" {
			return nil, refused{reason: reason}
		}
		edits = append(edits, e)
	case p.insert != nil && old.Digest == "":
		edits = append(edits, p.insert.splice(c.Tag))
	case old.Digest == "" && p.lacks != "":
		return nil, refused{p.lacks, p.lacksHint}
	}
	if c.Digest == "" || inTag && p.digest == nil {
		return edits, p.lacksDigest(c, edits)
	}
	if p.digest == nil {
		return nil, refused{"it has no key for a digest", `add one: digest: ""`}
	}
	e, reason := p.digest.splice(string(c.Digest))
	return append(edits, e), refused{reason: reason}
}

// lacksDigest refuses to change a value that is only a digest without one.
func (p *place) lacksDigest(c Change, edits []splice) refused {
	if len(edits) > 0 || c.Digest != "" {
		return refused{}
	}
	return refused{"wants a digest, and none is given", digestHint(c)}
}

func digestHint(c Change) string {
	return fmt.Sprintf("give the digest too: %s:%s@sha256:...", c.Site.Image.Familiar(), c.Tag)
}

// settleConflicts sorts the edits and refuses all changes that want to write different texts to the same bytes.
func (a *application) settleConflicts(edits []splice) []splice {
	slices.SortStableFunc(edits, splice.compare)
	for i := 0; i < len(edits); {
		first, j := edits[i], i+1
		for j < len(edits) && first.overlaps(edits[j]) {
			j++
		}
		a.refuseUnequal(edits[i:j])
		i = j
	}
	return edits
}

// refuseUnequal refuses the changes of edits of the same bytes, if the first does not make all of them.
func (a *application) refuseUnequal(edits []splice) {
	for _, e := range edits[1:] {
		if !edits[0].makes(e, a.file.Data) {
			for _, refused := range edits {
				a.refuse(refused.change, fmt.Sprintf("two changes want to write it: %q and %q", edits[0].want, e.want))
			}
			return
		}
	}
}

// overlaps reports whether an edit that begins no earlier writes to the same bytes.
func (e splice) overlaps(next splice) bool {
	return next.start < e.end || next.start == e.start && next.inserts == e.inserts
}

// makes reports whether an edit writes what another one of the same bytes, or of a part of them, writes.
func (e splice) makes(other splice, data []byte) bool {
	if e.inserts {
		return e.want == other.want
	}
	return other.end <= e.end && e.bytes(data) == string(data[e.start:other.start])+other.bytes(data)+string(data[other.end:e.end])
}

// bytes returns what stands there after the edit.
func (e splice) bytes(data []byte) string {
	if e.keeps {
		return string(data[e.start:e.end])
	}
	return e.text
}

// compare orders edits by the file; a line is put in before what begins at the same place, and what is a part of
// something comes after it.
func (e splice) compare(next splice) int {
	inserts := func(e splice) int {
		if e.inserts {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(e.start, next.start), cmp.Compare(inserts(e), inserts(next)), cmp.Compare(next.end, e.end))
}

func (a *application) refuse(change int, reason string) {
	if a.reasons[change].reason == "" {
		a.reasons[change].reason = reason
	}
}

// result reports what became of each change.
func (a *application) result(written map[int]bool) Edited {
	edited := Edited{Data: a.file.Data, Stale: a.stale}
	if a.proved != nil {
		edited.Data = a.proved.data
	}
	for i, c := range a.changes {
		about := Refusal{Path: a.file.Path, Line: c.Site.Line, Image: c.Site.Image, Policy: c.Site.Policy}
		switch {
		case a.reasons[i].reason != "":
			about.Reason, about.Hint = a.reasons[i].reason, a.reasons[i].hint
			edited.refuse(about)
		case !written[i]:
			edited.Unchanged = append(edited.Unchanged, c)
		default:
			edited.Applied = append(edited.Applied, c)
			if lines := a.places[i].aliases; len(lines) > 0 {
				about.Reason = "its aliases on " + lineList(lines) + " change with it"
				edited.Notes = append(edited.Notes, about)
			}
		}
	}
	return edited
}

// refuse adds a refusal. Two changes of one place are refused for one reason, and that is told once.
func (e *Edited) refuse(about Refusal) {
	for i, r := range e.Refused {
		one, other := r, about
		one.Policy, other.Policy = "", ""
		if one == other && (r.Policy == about.Policy || r.Policy == "" || about.Policy == "") {
			e.Refused[i].Policy = cmp.Or(r.Policy, about.Policy)
			return
		}
	}
	e.Refused = append(e.Refused, about)
}

// lineList returns "line 3" or "lines 3, 5".
func lineList(lines []int) string {
	var texts []string
	for _, line := range lines[:min(len(lines), maxNamed)] {
		texts = append(texts, strconv.Itoa(line))
	}
	switch list := strings.Join(texts, ", "); {
	case len(lines) == 1:
		return "line " + list
	case len(lines) > maxNamed:
		return "lines " + list + " and others"
	default:
		return "lines " + list
	}
}
