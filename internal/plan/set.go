package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

// SetInput is what the command set was told, and what was seen.
type SetInput struct {
	Git      string            // "" for a folder
	Wanted   []image.Reference // each image once, each with a tag
	Policies []Policy          // of the policy file, if there is one; the group is not used
	Found    edit.Found
	Now      time.Time
}

// Set is a plan that was told its tags: every reference to a wanted image is to carry the tag given, whatever a policy
// thinks of it.
type Set struct {
	Group   Group
	Refused []edit.Refusal // references to wanted images that must not be edited
	Absent  []Absent
	Notes   []edit.Refusal // left out on purpose
	Doubts  []string       // sentences: what a policy would not have done
}

// Absent is a wanted image that nothing refers to. A typo in a pipeline must not look like success.
type Absent struct {
	Image   image.Repository
	Skipped []edit.Refusal // places that were left out on purpose
}

// MakeSet plans the command set.
func MakeSet(in SetInput) Set {
	var s Set
	refused, notes := settle(in.Found)
	s.Notes = notes
	for _, r := range refused {
		if in.wants(r) {
			s.Refused = append(s.Refused, r)
		}
	}
	var changes []Change
	for _, want := range in.Wanted {
		of := in.changes(want)
		if len(of) == 0 && !slices.ContainsFunc(s.Refused, func(r edit.Refusal) bool { return in.imageOf(r) == want.Repository }) {
			s.Absent = append(s.Absent, in.absent(want.Repository))
		}
		s.Doubts = append(s.Doubts, in.doubts(want, of)...)
		changes = append(changes, of...)
	}
	s.Group = NewGroup(in.Git, changes)
	return s
}

// changes returns a change for every reference to the image that the policies' paths leave open.
func (in SetInput) changes(want image.Reference) []Change {
	var changes []Change
	for _, site := range in.Found.Sites {
		if site.Image != want.Repository {
			continue
		}
		governing, open := in.governing(site)
		if open {
			changes = append(changes, Change{Policy: governing, Git: in.Git, Site: site, To: want.Tag, ToDigest: want.Digest})
		}
	}
	return changes
}

// governing returns the policy behind a site, "" for none, and whether the site may be written: where the image has
// policies, the union of their paths bounds what set touches.
func (in SetInput) governing(site edit.Site) (name string, open bool) {
	if site.Policy != "" {
		return site.Policy, true
	}
	if i := slices.IndexFunc(in.Policies, func(p Policy) bool { return p.governs(site) }); i >= 0 {
		return in.Policies[i].Name, true
	}
	return "", !slices.ContainsFunc(in.Policies, func(p Policy) bool { return p.Image == site.Image })
}

func (in SetInput) wants(r edit.Refusal) bool {
	of := in.imageOf(r)
	return slices.ContainsFunc(in.Wanted, func(want image.Reference) bool { return want.Repository == of })
}

// imageOf returns the image a refusal is about: the one it names, else that of the policy it names.
func (in SetInput) imageOf(r edit.Refusal) image.Repository {
	if r.Image != (image.Repository{}) {
		return r.Image
	}
	for _, p := range in.Policies {
		if p.Name == r.Policy {
			return p.Image
		}
	}
	return image.Repository{}
}

func (in SetInput) absent(of image.Repository) Absent {
	a := Absent{Image: of}
	for _, n := range in.Found.Notes {
		if n.Image == of || n.Image == (image.Repository{}) && n.Policy == "" {
			a.Skipped = append(a.Skipped, n)
		}
	}
	return a
}

// doubtful are the rules by which a policy's judgement is told to whoever goes against it. The others are about time
// and chance, or say that another tag is better, which set knows.
var doubtful = []policy.Rule{policy.RuleMatch, policy.RuleIgnore, policy.RuleRange, policy.RuleVariant,
	policy.RulePrerelease, policy.RuleBump, policy.RuleOlder}

// doubts says which policies would not have gone to the wanted tag, once for each policy.
func (in SetInput) doubts(want image.Reference, changes []Change) []string {
	var doubts []string
	said := map[string]bool{}
	for _, c := range changes {
		i := slices.IndexFunc(in.Policies, func(p Policy) bool { return p.Name == c.Policy })
		if i < 0 || said[c.Policy] || c.Site.Tag == want.Tag {
			continue
		}
		current := policy.Current{Tag: c.Site.Tag, Digest: c.Site.Digest}
		decision := in.Policies[i].Choice.Choose(current, []policy.Candidate{{Tag: c.Site.Tag}, {Tag: want.Tag}}, in.Now)
		for _, v := range decision.Verdicts {
			if v.Tag == want.Tag && slices.Contains(doubtful, v.Rule) {
				said[c.Policy] = true
				doubts = append(doubts, fmt.Sprintf("policy %q would not have gone from %s to %s: %s",
					c.Policy, version(c.Site.Tag, c.Site.Digest), want.Tag, v.Detail()))
			}
		}
	}
	return doubts
}

// Hint returns what a person can do about an absent image.
func (a Absent) Hint() string {
	if len(a.Skipped) == 0 {
		return "check the spelling of the image; a reference that is not found by itself needs a marker or a target in the policy file"
	}
	skipped := make([]string, 0, maxSkipped)
	for i, n := range a.Skipped {
		if i == maxSkipped {
			skipped = append(skipped, fmt.Sprintf("and %d more", len(a.Skipped)-i))
			break
		}
		skipped = append(skipped, n.String())
	}
	return "skipped: " + strings.Join(skipped, "; ")
}

// maxSkipped is how many skipped places a hint names.
const maxSkipped = 5
