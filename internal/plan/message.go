package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/message"
)

// maxSubjectTags is how many tags of one image a subject names before it counts places instead.
const maxSubjectTags = 3

// Message returns the commit message of the group: a subject, what changes and why, and the trailers.
func (g Group) Message() string { return g.Worded(g.text()) }

// Worded returns the commit message of the group with a subject and a body of somebody else's. The trailers are the
// group's in any case.
func (g Group) Worded(t message.Text) string { return t.Message(g.Trailers()) }

func (g Group) text() message.Text {
	return message.Text{Subject: g.Subject(), Body: strings.Join(g.body(), "\n")}
}

// Commit returns what templates are told of the group's commit to a branch.
func (g Group) Commit(git, branch string) message.Commit {
	text := g.text()
	c := message.Commit{Git: git, Branch: branch, Group: g.Key, Images: g.images(), Policies: g.Policies(),
		Changes: make([]message.Change, len(g.Changes)), Subject: text.Subject, Body: text.Body}
	for i, change := range g.Changes {
		c.Changes[i] = change.told()
	}
	return c
}

// told returns the change as texts of one line.
func (c Change) told() message.Change {
	reason := ""
	if c.Policy != "" && len(c.Decision.Verdicts) > 0 {
		reason = c.Decision.Verdicts[0].Detail()
	}
	return message.Change{
		Policy: message.Line(c.Policy), File: quotePath(c.Site.Path), Line: c.Site.Line, Image: c.Site.Image.Familiar(),
		From: tagText(c.Site.Tag), To: tagText(c.To), FromDigest: c.Site.Digest.String(), ToDigest: c.ToDigest.String(),
		Reason: message.Line(reason),
	}
}

func (g Group) images() []string {
	return distinct(g.Changes, func(c Change) string { return c.Site.Image.Familiar() })
}

// Subject returns the first line: "Update nginx to 1.27.4", or "Update 3 images" for more than one.
func (g Group) Subject() string {
	images := g.images()
	if len(images) != 1 {
		return fmt.Sprintf("Update %d images", len(images))
	}
	tags := distinct(g.Changes, Change.title)
	if len(tags) > maxSubjectTags {
		return fmt.Sprintf("Update %s in %d places", images[0], len(g.Changes))
	}
	return fmt.Sprintf("Update %s to %s", images[0], strings.Join(tags, ", "))
}

// title names what a change brings: the tag or, where that stays, its digest.
func (c Change) title() string {
	if c.To == c.Site.Tag && c.ToDigest != "" {
		return tagText(c.To) + "@" + c.ToDigest.Short()
	}
	return tagText(c.To)
}

// body lists the changes by image, why these tags were chosen and what waits.
func (g Group) body() []string {
	var lines, reasons []string
	for _, c := range g.Changes {
		lines = append(lines, "- "+c.told().String())
		for _, reason := range c.Reasons() {
			reasons = append(reasons, message.Line(reason.String()))
		}
	}
	if len(reasons) > 0 {
		lines = append(lines, "")
	}
	said := map[string]bool{}
	for _, reason := range reasons {
		if !said[reason] {
			said[reason] = true
			lines = append(lines, reason)
		}
	}
	return lines
}

// version writes a tag and a digest as a reference does, or "(none)".
func version(tag string, digest image.Digest) string {
	return message.Version(tagText(tag), digest.String())
}

// tagText returns a tag. What is none is written so that it has no spaces, by which a trailer is read, and cannot be read
// back as one.
func tagText(tag string) string {
	if tag == "" || image.IsTag(tag) {
		return tag
	}
	return strings.ReplaceAll(strconv.QuoteToASCII(tag), " ", `\x20`)
}
