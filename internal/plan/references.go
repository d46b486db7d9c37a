package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

// The rules for which a policy leaves a reference alone, beside [policy.RuleNoVersion] and [Suspended].
const (
	OutsidePaths policy.Rule = "paths"    // its image has policies, and the paths of none of them hold it
	Elsewhere    policy.Rule = "git"      // a marker names a policy that does not write here
	Conflict     policy.Rule = "conflict" // several policies govern it
)

// ReferencesInput is what was found in a folder or Git repository.
type ReferencesInput struct {
	Policies []Policy // those that may govern what is there; the group is not used
	Found    edit.Found
	Now      time.Time
}

// References is what a folder or Git repository refers to, before any registry is asked.
type References struct {
	References []Reference // in the order of the files
	Refused    []Refused   // cannot be edited safely
	Skipped    []Refused   // left out on purpose
}

// Reference is one reference, with the policies that govern it.
type Reference struct {
	Site     edit.Site
	Policies []string // in the order of the policy file; none when nothing governs it
	Held     Held     // why it is left alone; its Rule is "" when it is not. Its Policy is not used
}

// Refused is a place that was not taken for a reference, with the policies that this concerns.
type Refused struct {
	edit.Refusal
	Policies []string
}

// MakeReferences tells which policy governs what was found, and what will be left alone whatever its registry has.
func MakeReferences(in ReferencesInput) References {
	refused, notes := settle(in.Found)
	out := References{Refused: in.refused(refused), Skipped: in.refused(notes)}
	held := map[leavingKey]Held{}
	governors := newGovernors(in.Policies)
	for _, site := range slices.SortedStableFunc(slices.Values(in.Found.Sites), compareSites) {
		of := governors.of(site)
		out.References = append(out.References, Reference{Site: site, Policies: namesOf(of), Held: in.held(of, site, held)})
	}
	return out
}

// leavingKey is what a policy goes by in leaving a reference alone. Many references have the same.
type leavingKey struct {
	decisionKey
	named bool
}

// held returns why a reference is left alone: by all policies that govern it.
func (in ReferencesInput) held(of []Policy, site edit.Site, known map[leavingKey]Held) Held {
	switch {
	case len(of) == 0:
		return in.outside(site)
	case disputed(of):
		return Held{Rule: Conflict, Detail: conflict(of)}
	}
	var first Held
	for i, p := range of {
		key := leavingKey{decisionKey{policy: p.Name, tag: site.Tag, digest: site.Digest}, site.Named}
		h, found := known[key]
		if !found {
			h = in.leaves(p, site)
			known[key] = h
		}
		if h.Rule == "" {
			return Held{}
		}
		if i == 0 {
			first = h
		}
	}
	return first
}

// leaves returns why a policy leaves a reference alone. What only passes by, as a window that is closed, is none of it.
func (in ReferencesInput) leaves(p Policy, site edit.Site) Held {
	if d := p.Choice.Choose(policy.Current{Tag: site.Tag, Digest: site.Digest}, nil, in.Now); !d.Usable && !site.Named {
		return Held{Rule: policy.RuleNoVersion, Detail: d.Unusable}
	}
	if stop, closed := p.Gate.Closed(in.Now); closed && stop.Rule == Suspended {
		return Held{Rule: stop.Rule, Detail: stop.Why}
	}
	return Held{}
}

// outside names the policies of a reference's image if there are any: their paths leave it out. One that a marker names
// writes elsewhere.
func (in ReferencesInput) outside(site edit.Site) Held {
	if site.Policy != "" {
		return Held{Rule: Elsewhere, Detail: fmt.Sprintf("policy %q does not write here", site.Policy)}
	}
	var names []string
	for _, p := range in.Policies {
		if p.Image == site.Image {
			names = append(names, fmt.Sprintf("%q", p.Name))
		}
	}
	switch len(names) {
	case 0:
		return Held{}
	case 1:
		return Held{Rule: OutsidePaths, Detail: "outside the paths of policy " + names[0]}
	}
	return Held{Rule: OutsidePaths, Detail: "outside the paths of policies " + strings.Join(names, ", ")}
}

// disputed reports whether two of the policies may come to write the same reference. Those of different Git repositories
// never meet; one that names none may be given any.
func disputed(policies []Policy) bool {
	for i, p := range policies {
		for _, q := range policies[:i] {
			if len(p.Git) == 0 || len(q.Git) == 0 || slices.ContainsFunc(p.Git, func(g string) bool { return slices.Contains(q.Git, g) }) {
				return true
			}
		}
	}
	return false
}

// refused puts refusals in the order of the files, each once.
func (in ReferencesInput) refused(refusals []edit.Refusal) []Refused {
	sorted := slices.SortedStableFunc(slices.Values(refusals), func(a, b edit.Refusal) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	var out []Refused
	for _, r := range slices.Compact(sorted) {
		out = append(out, Refused{r, namesOf(concerned(in.Policies, r))})
	}
	return out
}

func namesOf(policies []Policy) []string {
	names := make([]string, len(policies))
	for i, p := range policies {
		names[i] = p.Name
	}
	return names
}

// Ungoverned returns what no policy governs.
func (r References) Ungoverned() References {
	var out References
	for _, ref := range r.References {
		if len(ref.Policies) == 0 {
			out.References = append(out.References, ref)
		}
	}
	for _, refused := range r.Refused {
		if len(refused.Policies) == 0 {
			out.Refused = append(out.Refused, refused)
		}
	}
	out.Skipped = r.Skipped
	return out
}

// Images returns how many references there are to each image.
func (r References) Images() map[image.Repository]int {
	images := map[image.Repository]int{}
	for _, ref := range r.References {
		images[ref.Site.Image]++
	}
	return images
}

// First returns the image to write a first policy for: the one that most references without a policy carry a version of,
// or, where none does, that most of them name. It is false where there is none.
func (r References) First() (image.Repository, bool) {
	usual, err := policy.New(policy.Spec{})
	if err != nil {
		panic(err) // the zero Spec is a policy
	}
	type score struct{ versions, all int }
	scores := map[image.Repository]score{}
	var best image.Repository
	for _, ref := range r.Ungoverned().References {
		site := ref.Site
		s := scores[site.Image]
		s.all++
		if usual.Choose(policy.Current{Tag: site.Tag, Digest: site.Digest}, nil, time.Time{}).Usable {
			s.versions++
		}
		scores[site.Image] = s
	}
	for i, s := range scores {
		than := scores[best]
		if order := cmp.Or(cmp.Compare(s.versions, than.versions), cmp.Compare(s.all, than.all), cmp.Compare(best.String(), i.String())); order > 0 {
			best = i
		}
	}
	return best, len(scores) > 0
}
