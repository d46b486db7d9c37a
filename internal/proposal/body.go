package proposal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/image-updater/image-updater/internal/plan"
)

// What a body shows at most.
const (
	mostRows  = 100
	mostFiles = 5 // of a row
	mostPath  = 120
	mostWhy   = 50 // images
	fewWhy    = 5
	mostLinks = 30
)

// body is what the words of a pull request are made of.
type body struct {
	in    Input
	intro string
	rows  []string // of the table
	why   []reasons
	links []string
	texts []string // of release notes
	help  string
}

func (in Input) newBody(g plan.Group) body {
	b := body{in: in, intro: in.intro(g), help: in.help(), why: why(g)}
	for _, m := range moves(g) {
		b.rows = append(b.rows, in.row(m))
	}
	b.links, b.texts = in.sources(g)
	return b
}

func (in Input) intro(g plan.Group) string {
	files := map[string]bool{}
	for _, c := range g.Changes {
		files[c.Site.Path] = true
	}
	return fmt.Sprintf("Updates %s in %s on %s:", count(len(g.Changes), "reference"), count(len(files), "file"), code(in.Base))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func (in Input) help() string {
	lines := []string{
		"- Merge it, and the branch is deleted.",
		"- Close it, and exactly these changes are not proposed again. Newer versions are.",
		"- Push to its branch, and it is left alone from then on.",
	}
	if in.Limits.Labels {
		lines = append(lines,
			"- Add the label "+code(LabelHold)+", and nothing is pushed or edited until you take it away.",
			"- Add the label "+code(LabelRebuild)+", and the branch is built again from "+code(in.Base)+", over whatever is there.")
	}
	return strings.Join(lines, "\n")
}

// draft says how much of a body is written.
type draft struct {
	rows, why   int
	links, text bool
	help        bool
}

// fit writes the body in at most room characters. What a reader misses least goes first, the table last.
func (b body) fit(room int) string {
	d := draft{rows: min(len(b.rows), mostRows), why: min(len(b.why), mostWhy), links: true, text: true, help: true}
	for _, less := range []func(){
		func() {}, func() { d.text = false }, func() { d.links = false }, func() { d.why = min(d.why, fewWhy) },
		func() { d.why = 0 }, func() { d.help = false },
	} {
		less()
		if words := b.write(d); length(words) <= room {
			return words
		}
	}
	for d.rows > 0 {
		d.rows = d.rows * 3 / 4
		if words := b.write(d); length(words) <= room {
			return words
		}
	}
	return cut(b.intro, room)
}

func (b body) write(d draft) string {
	parts := []string{b.intro, b.table(d.rows)}
	if d.why > 0 {
		parts = append(parts, "### Why these versions", b.reasons(d.why))
	}
	if d.links && len(b.links) > 0 {
		parts = append(parts, "### Where they come from", strings.Join(b.links, "\n"))
	}
	if d.text {
		parts = append(parts, b.texts...)
	}
	if d.help {
		parts = append(parts, "### What you can do", b.help)
	}
	return strings.Join(parts, "\n\n")
}

func (b body) table(rows int) string {
	lines := append([]string{"| Image | File | From | To | Step | Age |", "|---|---|---|---|---|---|"}, b.rows[:rows]...)
	if rows == 0 {
		lines = nil
	}
	if n := len(b.rows) - rows; n > 0 {
		lines = append(lines, "", fmt.Sprintf("And %d more, as the commit says.", n))
	}
	return strings.Join(lines, "\n")
}

func (b body) reasons(most int) string {
	var lines []string
	for _, w := range b.why[:most] {
		lines = append(lines, strings.TrimSuffix("- "+w.title+": "+strings.Join(w.taken, "; "), ": ")+".")
		for _, line := range w.not {
			lines = append(lines, "  - "+line+".")
		}
	}
	if n := len(b.why) - most; n > 0 {
		lines = append(lines, fmt.Sprintf("- And %s.", count(n, "other image")))
	}
	return strings.Join(lines, "\n")
}

// news is what the body says without what is no reason to edit a pull request: how many tags were allowed, which may be
// another number in each pass, and links and release notes, which are looked up only when there is something else to say.
func (b body) news() string {
	parts := slices.Concat([]string{b.intro}, b.rows, []string{b.help})
	for _, w := range b.why {
		parts = append(parts, w.title)
		parts = append(parts, w.not...)
	}
	return strings.Join(parts, "\n")
}
