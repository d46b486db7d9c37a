package proposal

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/image-updater/image-updater/internal/plan"
)

// The texts of forges that set no limit, and of those that are not known.
const (
	mostTitle = 255
	mostBody  = 65536
)

// leastWords is what is left to words in a body, however many changes the hidden part has to name.
const leastWords = 1200

// Words are what a pull request says.
type Words struct {
	Title string

	words   string // all but the hidden part
	whole   string // all, of one that we close
	hash    string // of what the words say, without what changes from pass to pass
	group   string
	changes Changes
	limits  Limits
}

// State returns what the body says in its hidden part when the branch is at tip.
func (t Words) State(tip string) State {
	return State{Group: t.group, Tip: tip, Text: t.hash, Changes: t.changes}
}

// Body returns the body, of which the id of the commit that was pushed is a part.
func (t Words) Body(tip string) string {
	if t.whole != "" {
		return t.whole
	}
	return t.words + "\n\n" + t.limits.hide(t.State(tip).Format())
}

// render writes the pull request of a group. The same input makes the same text, at whatever time.
func (in Input) render(g plan.Group) Words {
	t := Words{group: g.Key, limits: in.Limits}
	t.Title = title(cmp.Or(in.Subject, g.Subject()), in.Limits)
	trailers := make([]plan.Trailer, len(g.Changes))
	for i, c := range g.Changes {
		trailers[i] = c.Trailer()
	}
	// The longest id there may be, and any hash: the hidden part must not grow with them.
	longest := State{Group: g.Key, Tip: strings.Repeat("0", 64), Text: strings.Repeat("0", wideHash)}
	most := cmp.Or(in.Limits.Body, mostBody)
	room := most - length("\n\n"+in.Limits.hide(longest.Format()))
	t.changes = NewChanges(trailers, room-min(leastWords, room/2))
	room -= len(t.changes.hashes)

	if in.Body != "" {
		t.words = in.template(room)
		t.hash = digest(t.Title, t.words)
		return t
	}
	b := in.newBody(g)
	t.words = b.fit(room)
	t.hash = digest(t.Title, b.news())
	return t
}

// title puts a subject on one line that is not too long.
func title(subject string, l Limits) string {
	return cut(strings.Join(strings.Fields(legible(subject)), " "), min(cmp.Or(l.Title, mostTitle), mostTitle))
}

// template takes the words that a template has made. They are those of who wrote the policy file, but for the values in
// them: a line of these must neither command the forge nor hide what comes behind it.
func (in Input) template(room int) string {
	text := strings.NewReplacer("<!--", "&lt;!--", "-->", "--&gt;").Replace(legible(in.Body))
	if in.Limits.Commands {
		text = strings.ReplaceAll("\n"+text, "\n/", "\n\\/")[1:]
	}
	return cut(strings.TrimSpace(text), room)
}

// withdrawn returns the text of a pull request that stands for nothing any more, with the words that it has.
func (in Input) withdrawn(p Pull) Words {
	line := State{Group: in.Group.Key}.Format()
	t := Words{Title: p.Title, group: in.Group.Key, limits: in.Limits, whole: p.Body}
	if s, ok := Parse(p.Body, in.Group.Key); ok {
		i := strings.LastIndex(p.Body, s.Format())
		t.whole = p.Body[:i] + line + p.Body[i+len(s.Format()):]
		return t
	}
	hidden := "\n\n" + in.Limits.hide(line)
	t.whole = cut(p.Body, cmp.Or(in.Limits.Body, mostBody)-length(hidden)) + hidden
	return t
}

// comment writes a comment that is found again by its key.
func (in Input) comment(key, text string) string {
	hidden := "\n\n" + in.Limits.hide("image-updater:said "+escapeKey(key))
	return cut(text, cmp.Or(in.Limits.Comment, mostBody)-length(hidden)) + hidden
}

func (in Input) editedText(other Commit) string {
	again := "delete the branch"
	if in.Limits.Labels {
		again = "add the label " + code(LabelRebuild)
	}
	return fmt.Sprintf("%s has committed to this branch (%s), so it is left alone from now on: nothing is pushed to it, and "+
		"nothing is changed here. Merge it or close it as it is. To have it built again from %s, without these commits, %s.",
		code(cmp.Or(cut(other.By, 100), "somebody")), code(short(other.ID)), code(in.Base), again)
}
