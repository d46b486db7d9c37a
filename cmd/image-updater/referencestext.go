package main

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
)

// longestReference is how long a reference moves the columns behind it in a pipe. On a terminal it is what the others leave.
const longestReference = 72

// besideReference is how many columns of a terminal are for what stands behind a reference.
const besideReference = 40

// print lists the references file by file, then what is no reference, all for people.
func (l *lister) print(listed plan.References) {
	p := l.app.newPage()
	defer p.Flush()
	rows := p.referenceRows(listed.References)
	longest := longestReference
	if p.width > 0 {
		longest = max(p.width-besideReference, longestName)
	}
	columns := layoutOf(rows, longest)
	file := ""
	for i, r := range listed.References {
		if i == 0 || r.Site.Path != file {
			file = r.Site.Path
			p.set(bold, l.shown(file))
			p.line("")
		}
		p.row(&rows[i], columns)
	}
	if len(rows) > 0 {
		p.line("")
	}
	p.paragraph(l.summary(listed))
	l.printRefused(p, listed.Refused)
	l.printSkipped(p, listed.Skipped)
	if l.haveFile {
		return
	}
	if first, found := listed.First(); found {
		printBeginning(p, first)
	}
}

// shown is a path as a person names it from where he is.
func (l *lister) shown(file string) string { return printableLine(path.Join(l.base, file)) }

// referenceRows returns a row for each reference, with the numbers of the lines below each other.
func (p page) referenceRows(references []plan.Reference) []row {
	digits := 0
	for _, r := range references {
		digits = max(digits, len(fmt.Sprint(r.Site.Line)))
	}
	rows := make([]row, len(references))
	for i, r := range references {
		rows[i] = row{name: fmt.Sprintf("%*d  %s", digits, r.Site.Line, written(r.Site)), word: string(r.Site.Format), text: p.governed(r)}
	}
	return rows
}

// written is a reference as it would stand in one text.
func written(s edit.Site) string {
	text := s.Image.Familiar()
	if s.Tag != "" {
		text += ":" + s.Tag
	}
	if s.Digest != "" {
		text += "@" + s.Digest.Short()
	}
	return text
}

// governed says which policy governs a reference, and why it is left alone all the same.
func (p page) governed(r plan.Reference) string {
	text := strings.Join(r.Policies, ", ")
	if text == "" {
		text = p.paint(yellow, "none")
	}
	if r.Site.Named {
		text += " (named)"
	}
	detail := printableLine(r.Held.Detail)
	switch r.Held.Rule {
	case "":
		return text
	case plan.OutsidePaths, plan.Elsewhere:
		return text + ", " + detail
	case plan.Conflict: // the policies are named already
		return text + ", left alone: want one policy, narrow their paths or mark the line"
	}
	return text + ", left alone: " + detail
}

func (l *lister) summary(listed plan.References) string {
	if len(listed.References) == 0 {
		return "no reference found"
	}
	files, ungoverned := map[string]bool{}, 0
	for _, r := range listed.References {
		files[r.Site.Path] = true
		if len(r.Policies) == 0 {
			ungoverned++
		}
	}
	return fmt.Sprintf("%s to %s in %s, %s without a policy", count(len(listed.References), "reference", "references"),
		count(len(listed.Images()), "image", "images"), count(len(files), "file", "files"), thousands(ungoverned))
}

func (l *lister) printRefused(p page, refused []plan.Refused) {
	if len(refused) == 0 {
		return
	}
	p.line("")
	p.set(bold, "refused")
	p.line(", as " + count(len(refused), "place", "places") + " cannot be edited safely:")
	for _, r := range refused {
		p.entry(l.reason(r))
	}
	p.hints(refused)
}

// policiesText names policies, if there are any.
func policiesText(names []string) []string {
	switch len(names) {
	case 0:
		return nil
	case 1:
		return []string{"policy " + names[0]}
	}
	return []string{"policies " + strings.Join(names, ", ")}
}

// alike is how many places that name no image and are skipped for one reason are shown to people. Of charts there may be
// hundreds.
const alike = 5

func (l *lister) printSkipped(p page, skipped []plan.Refused) {
	if len(skipped) == 0 {
		return
	}
	p.line("")
	p.set(bold, "skipped")
	p.line(", " + count(len(skipped), "place", "places") + ":")
	places := map[string]int{}
	var reasons []string
	for _, r := range skipped {
		if r.Image == (image.Repository{}) {
			if places[r.Reason]++; places[r.Reason] == 1 {
				reasons = append(reasons, r.Reason)
			}
			if places[r.Reason] > alike {
				continue
			}
		}
		p.entry(l.reason(r))
	}
	for _, reason := range reasons {
		if more := places[reason] - alike; more > 0 {
			p.entry(fmt.Sprintf("... and %s more: %s (-o json names them)", thousands(more), printableLine(reason)))
		}
	}
	p.hints(skipped)
}

// hints says what can be done, each thing once.
func (p page) hints(refused []plan.Refused) {
	told := map[string]bool{"": true}
	for _, r := range refused {
		if !told[r.Hint] {
			told[r.Hint] = true
			p.entry("hint: " + printableLine(r.Hint))
		}
	}
}

// reason returns "path:line: reason", and whom it concerns.
func (l *lister) reason(r plan.Refused) string {
	shown := r.Refusal
	shown.Path = path.Join(l.base, r.Path)
	text := shown.String()
	if r.Image != (image.Repository{}) {
		text += " (" + strings.Join(append([]string{r.Image.Familiar()}, policiesText(r.Policies)...), ", ") + ")"
	}
	return printableLine(text)
}

// entry writes text that belongs to the line above it.
func (p page) entry(text string) {
	p.pad(gap)
	p.wrap(text, gap, 2*gap)
	p.WriteByte('\n')
}

// printBeginning shows the policy file to begin with. It stands last and without indentation, to be copied.
func printBeginning(p page, first image.Repository) {
	p.line("")
	p.paragraph("there is no policy file yet; to begin, write policies.yaml, with the URL of your repository, and run image-updater check:")
	p.line("")
	p.WriteString(beginning(first))
}

// beginning is the shortest policy file that writes.
func beginning(first image.Repository) string {
	return fmt.Sprintf(`apiVersion: image-updater/v1
git: [{name: fleet, url: "https://git.example/acme/fleet.git"}]
defaults: {git: fleet}
policies:
  - name: %q
    image: %q
`, policyNameOf(first), first.Familiar())
}

// notInName are the characters that the name of a policy must not have.
var notInName = regexp.MustCompile(`[^a-z0-9-]+`)

// longestPolicyName is how long the name of a policy may be.
const longestPolicyName = 63

// policyNameOf makes a name of the last part of an image's.
func policyNameOf(i image.Repository) string {
	name := notInName.ReplaceAllString(i.Base(), "-")
	return name[:min(len(name), longestPolicyName)]
}
