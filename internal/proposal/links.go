package proposal

import (
	"slices"
	"strings"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
)

// Target is a version of an image.
type Target struct {
	Image  image.Repository
	Tag    string
	Digest image.Digest // "" where none is written
}

// Links lead to what a version of an image is made of. All of it is optional, and from outside.
type Links struct {
	Source  string // URL
	Changes string // URL of what is new in the source since the version before
	Notes   string // URL of the release notes
	Text    string // of the release notes
	Page    string // URL of a page about the image
}

// Step is the way from one version of an image to another.
type Step struct {
	From, To Target
}

func stepOf(c plan.Change) Step {
	return Step{Target{c.Site.Image, c.Site.Tag, c.Site.Digest}, Target{c.Site.Image, c.To, c.ToDigest}}
}

// DigestSteps returns the steps of a group from one digest to another, each once.
func DigestSteps(g plan.Group) []Step {
	var steps []Step
	for _, c := range g.Changes {
		if s := stepOf(c); s.From.Digest != "" && s.To.Digest != "" && !slices.Contains(steps, s) {
			steps = append(steps, s)
		}
	}
	return steps
}

// MostTexts is how many release notes are quoted at most.
const MostTexts = 3

// Steps returns what a body has links for: each version that a group changes to, once, with what stood before it at the
// first of its places.
func Steps(g plan.Group) []Step {
	var steps []Step
	seen := map[Target]bool{}
	for _, c := range g.Changes {
		s := stepOf(c)
		if !seen[s.To] && len(steps) < mostLinks {
			seen[s.To] = true
			steps = append(steps, s)
		}
	}
	return steps
}

// sources lists where the new versions come from, as far as that is known.
func (in Input) sources(g plan.Group) (links, texts []string) {
	for _, step := range Steps(g) {
		known, name := in.Links[step.To], code(step.To.Image.Familiar()+":"+step.To.Tag)
		to := slices.DeleteFunc([]string{
			link("source", known.Source), link("changes", known.Changes), link("release notes", known.Notes), link("about the image", known.Page),
		}, func(l string) bool { return l == "" })
		if len(to) > 0 {
			links = append(links, "- "+name+": "+strings.Join(to, ", "))
		}
		if text := quote(known.Text); text != "" && len(texts) < MostTexts {
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
