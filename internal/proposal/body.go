package proposal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// What a body shows at most.
const (
	mostRows  = 100
	mostFiles = 5 // of a row
	mostPath  = 120
	mostWhy   = 50 // images
	fewWhy    = 5
	mostLinks = 30
	mostTexts = 3 // release notes that are quoted
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

// reasons are those of one image and policy.
type reasons struct {
	title string
	taken []string // why the tags were taken, which may count tags
	not   []string // what waits, and what was refused
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

// move is what many references do alike.
type move struct {
	first plan.Change
	files []string
}

// moves gathers the changes of a group, in its order.
func moves(g plan.Group) []move {
	type key struct {
		plan.Trailer
		step string
	}
	var all []move
	at := map[key]int{}
	for _, c := range g.Changes {
		k := key{c.Trailer(), step(c)}
		k.Path = ""
		i, known := at[k]
		if !known {
			i = len(all)
			at[k] = i
			all = append(all, move{first: c})
		}
		all[i].files = append(all[i].files, code(cutMiddle(message.Line(c.Site.Path), mostPath)+":"+strconv.Itoa(c.Site.Line)))
	}
	return all
}

func (in Input) row(m move) string {
	files := strings.Join(m.files[:min(len(m.files), mostFiles)], ", ")
	if n := len(m.files) - mostFiles; n > 0 {
		files += fmt.Sprintf(" and %d more", n)
	}
	c := m.first
	from, to := shown(c.Site.Tag, c.Site.Digest), shown(c.To, c.ToDigest)
	return "| " + strings.Join([]string{code(c.Site.Image.Familiar()), files, from, to, step(c), in.age(c)}, " | ") + " |"
}

// shown writes a tag and the beginning of its digest.
func shown(tag string, digest image.Digest) string {
	tag = cutMiddle(message.Line(tag), mostPath)
	switch {
	case digest == "":
		return code(tag)
	case tag == "":
		return code(digest.Short())
	}
	return code(tag + "@" + digest.Short())
}

// step tells in a word how large a change is.
func step(c plan.Change) string {
	if c.To == c.Site.Tag {
		return "digest"
	}
	if step, ok := c.Decision.Step(); ok {
		return string(step)
	}
	return "other"
}

// firstBuilds is when there were images. Earlier build times are those of builds that hide theirs.
var firstBuilds = time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC)

// age tells when the new version was made, as a date: an age would be another one in each pass.
func (in Input) age(c plan.Change) string {
	known := in.Lists[c.Site.Image].Candidate(c.To)
	switch {
	case in.plausible(known.Pushed):
		return "pushed " + known.Pushed.UTC().Format(time.DateOnly)
	case in.plausible(known.Created):
		return "built " + known.Created.UTC().Format(time.DateOnly)
	}
	return "unknown"
}

func (in Input) plausible(t time.Time) bool { return t.After(firstBuilds) && !t.After(in.Now) }

// why gathers the reasons of a group by image and policy, each once.
func why(g plan.Group) []reasons {
	var all []reasons
	at := map[string]int{}
	said := map[string]bool{}
	for _, c := range g.Changes {
		title := code(c.Site.Image.Familiar()) + ", policy " + code(c.Policy)
		for _, r := range c.Reasons() {
			i, known := at[title]
			if !known {
				i = len(all)
				at[title] = i
				all = append(all, reasons{title: title})
			}
			line := sentence(r)
			if said[title+line] {
				continue
			}
			said[title+line] = true
			if r.Outcome == policy.Chosen {
				all[i].taken = append(all[i].taken, line)
			} else {
				all[i].not = append(all[i].not, line)
			}
		}
	}
	return all
}

func sentence(r plan.Reason) string {
	switch {
	case r.More > 0:
		return fmt.Sprintf("%d more wait", r.More)
	case r.Outcome == policy.Chosen:
		return code(r.Tag) + " is " + phrase(r.Detail)
	case r.Outcome == policy.Waiting:
		return fmt.Sprintf("%s waits (%s): %s", code(r.Tag), code(string(r.Rule)), phrase(r.Detail))
	}
	return fmt.Sprintf("%s was not taken (%s): %s", code(r.Tag), code(string(r.Rule)), phrase(r.Detail))
}

// sources lists where the new versions come from, as far as that is known.
func (in Input) sources(g plan.Group) (links, texts []string) {
	seen := map[Target]bool{}
	for _, c := range g.Changes {
		target := Target{c.Site.Image, c.To, c.ToDigest}
		if seen[target] {
			continue
		}
		seen[target] = true
		known, name := in.Links[target], code(c.Site.Image.Familiar()+":"+c.To)
		var to []string
		for _, l := range []string{link("source", known.Source), link("release notes", known.Notes)} {
			if l != "" {
				to = append(to, l)
			}
		}
		if len(to) > 0 && len(links) < mostLinks {
			links = append(links, "- "+name+": "+strings.Join(to, ", "))
		}
		if text := quote(known.Text); text != "" && len(texts) < mostTexts {
			texts = append(texts, in.fold("Release notes of "+name+":", text))
		}
	}
	return links, texts
}

func (in Input) fold(title, text string) string {
	if in.Limits.Details {
		return title + "\n\n<details><summary>Show</summary>\n\n" + text + "\n\n</details>"
	}
	return title + "\n\n" + text
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

// news is what the body says without what would change it in each pass: how many tags were allowed is no reason to edit a
// pull request.
func (b body) news() string {
	parts := slices.Concat([]string{b.intro}, b.rows, b.links, b.texts, []string{b.help})
	for _, w := range b.why {
		parts = append(parts, w.title)
		parts = append(parts, w.not...)
	}
	return strings.Join(parts, "\n")
}
