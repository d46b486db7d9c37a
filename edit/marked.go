package edit

import (
	"fmt"
	"slices"

	"github.com/image-updater/image-updater/image"
)

// marks gives the markers of a file to the references that they are about, and makes references of the values that
// were not found by themselves.
type marks struct {
	*search
	taken   map[*node]marker
	digests []lone // values marked :digest that belong to no reference yet
}

type lone struct {
	node   *node
	marker marker
	image  image.Repository
}

// findMarked looks at every marker of the file.
func (s *search) findMarked() {
	if s.scanner.query.Markers == nil || s.tree.syntax == rawSyntax {
		return
	}
	m := marks{search: s, taken: map[*node]marker{}}
	var values map[int][]*node // by line
	for _, mark := range s.tree.markers() {
		if values == nil {
			values = s.tree.valuesByLine()
		}
		m.take(mark, values)
	}
	m.joinDigests()
}

// take gives one marker to the value it belongs to.
func (m *marks) take(mark marker, byLine map[int][]*node) {
	values, refusal := m.tree.valuesOf(mark, byLine)
	i, known := m.scanner.query.Markers[mark.policy]
	_, sought := m.anySought(values)
	switch {
	case mark.wrong != "":
		m.takeUnknown(mark, values, mark.wrong)
		return
	case !known:
		m.takeUnknown(mark, values, fmt.Sprintf("names the unknown policy %q", mark.policy))
		return
	case !m.scanner.screen.seeks(i) && !sought:
		return
	}
	hint := ""
	if refusal == "" {
		refusal, hint = m.give(mark, values[0], i)
	}
	if refusal == "" {
		return
	}
	report := Refusal{Line: mark.line, Image: i, Policy: mark.policy, Reason: "marker " + refusal, Hint: hint}
	m.refuse(report)
	m.drop(values, report)
}

// takeUnknown reports a marker of no known policy: it matters where it stands on a sought reference.
func (m *marks) takeUnknown(mark marker, values []*node, reason string) {
	report := Refusal{Line: mark.line, Policy: mark.policy, Reason: "marker " + reason}
	var sought bool
	if report.Image, sought = m.anySought(values); mark.flux && mark.wrong == "" || !sought {
		m.note(report)
		return
	}
	m.refuse(report)
	m.drop(values, report)
}

// drop leaves out the references that values are a part of: a marker on them was refused. Of each image but the one that
// was reported already that is a refusal, too, or who looks for that image would not hear of it.
func (m *marks) drop(values []*node, report Refusal) {
	told := []image.Repository{report.Image}
	report.Policy = ""
	for _, n := range values {
		r := m.holders[n.resolved()]
		if r == nil {
			continue
		}
		r.gone = true
		if i, _, sought := m.scanner.screen.sought(r); sought && !slices.Contains(told, i) {
			told = append(told, i)
			report.Image = i
			m.refuse(report)
		}
	}
}

// anySought returns the image of the first value that is part of a sought reference.
func (m *marks) anySought(values []*node) (i image.Repository, found bool) {
	for _, n := range values {
		if i, found = m.soughtAt(n); found {
			return i, true
		}
	}
	return image.Repository{}, false
}

// soughtAt reports whether a value is part of a sought reference, or reads as one, and of which image.
func (m *marks) soughtAt(n *node) (i image.Repository, found bool) {
	r := m.holders[n.resolved()]
	if r == nil {
		text, found := n.scalarText()
		r = &reference{}
		if !found || !r.read(text) {
			return image.Repository{}, false
		}
	}
	i, _, found = m.scanner.screen.sought(r)
	return i, found
}

// give lets a marker name the reference that holds the value n, or a new one.
func (m *marks) give(mark marker, n *node, i image.Repository) (refusal, hint string) {
	if n.kind == alias {
		return fmt.Sprintf("is on an alias, the value is on line %d", n.more.target.line), "move the marker there"
	}
	if before, found := m.taken[n]; found {
		if before.policy == mark.policy && before.part == mark.part {
			return "", ""
		}
		return "names another policy or part than the one before it", ""
	}
	m.taken[n] = mark
	if reason := notScalar(n); reason != "" {
		return "is on a value that " + reason, ""
	}
	r := m.holders[n]
	if r == nil {
		return m.giveNew(mark, n, i)
	}
	if !r.mayName(i) {
		return fmt.Sprintf("is of %s, on a reference to %s", i.Familiar(), r.names[0].text), ""
	}
	if holds := r.partOf(n); holds != mark.part {
		return "is for " + mark.part.noun() + ", on " + holds.noun(), fmt.Sprintf("write %q", "# image-updater: "+mark.policy+holds.suffix())
	}
	if mark.part != namePart {
		r.name(mark.policy, i)
	}
	return "", ""
}

// giveNew makes a reference of a value that only a marker names.
func (m *marks) giveNew(mark marker, n *node, i image.Repository) (refusal, hint string) {
	r := &reference{format: Marked}
	switch mark.part {
	case wholePart:
		r.whole = n
		if !r.read(n.text) || !r.mayName(i) {
			return fmt.Sprintf("is of %s, on the value %.80q", i.Familiar(), n.text),
				fmt.Sprintf("for a tag alone write %q", "# image-updater: "+mark.policy+":tag")
		}
	case namePart:
		if !r.read(n.text) || !r.mayName(i) && !joinedName(n, i) {
			return fmt.Sprintf("is for the name of %s, on the value %.80q", i.Familiar(), n.text), ""
		}
		return "", ""
	case tagPart:
		r.tag = n
		r.readName(i.Familiar())
		r.readTag(n.text)
		if n.key != nil && m.tree.syntax.hasTypes() {
			r.beside = digestBeside(n.parent, n.key.text)
		}
	case digestPart:
		m.digests = append(m.digests, lone{n, mark, i})
		return "", ""
	}
	r.name(mark.policy, i)
	m.add(r)
	return "", ""
}

// joinedName reports whether a name is that of the image behind the registry that stands beside it.
func joinedName(n *node, i image.Repository) bool {
	if n.parent == nil || n.parent.kind != mapping {
		return false
	}
	joined, err := image.ParseRepository(n.parent.field("registry") + "/" + n.text)
	return err == nil && joined == i
}

// joinDigests puts each value marked :digest to the one reference with a tag that the same policy names in the same
// mapping. Where there is none such, or more than one, the digest stands for itself.
func (m *marks) joinDigests() {
	type place struct {
		parent *node
		policy string
	}
	tags := map[place][]*reference{}
	for _, r := range m.refs {
		if r.named && r.tag != nil && r.digest == nil {
			at := place{r.tag.parent, r.policy}
			tags[at] = append(tags[at], r)
		}
	}
	for _, d := range m.digests {
		r := &reference{format: Marked}
		if with := tags[place{d.node.parent, d.marker.policy}]; len(with) == 1 && with[0].digest == nil {
			r = with[0]
		} else {
			r.readName(d.image.Familiar())
			r.name(d.marker.policy, d.image)
		}
		r.digest = d.node
		if d.node.text != "" {
			r.readDigest(d.node.text)
		}
		if r.tag == nil {
			m.add(r)
		}
	}
}

// partOf returns which part of the reference a value holds.
func (r *reference) partOf(n *node) part {
	switch n {
	case r.whole.resolved():
		return wholePart
	case r.tag.resolved():
		return tagPart
	case r.digest.resolved():
		return digestPart
	}
	return namePart
}

func (p part) noun() string {
	switch p {
	case tagPart:
		return "a tag"
	case digestPart:
		return "a digest"
	case namePart:
		return "a name"
	}
	return "a whole reference"
}

func (p part) suffix() string {
	if p == wholePart {
		return ""
	}
	return ":" + string(p)
}
