package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// governors finds the policies that decide a site: of ten thousand it is one.
type governors struct {
	byName  map[string][]Policy
	byImage map[image.Repository][]Policy
}

func newGovernors(policies []Policy) governors {
	g := governors{byName: make(map[string][]Policy, len(policies)), byImage: make(map[image.Repository][]Policy, len(policies))}
	for _, p := range policies {
		g.byName[p.Name] = append(g.byName[p.Name], p)
		g.byImage[p.Image] = append(g.byImage[p.Image], p)
	}
	return g
}

// of returns the policies that decide a site: the one it names, else those of its image whose paths hold it.
func (g governors) of(site edit.Site) []Policy {
	if site.Policy != "" {
		return g.byName[site.Policy]
	}
	var of []Policy
	for _, p := range g.byImage[site.Image] {
		if p.governs(site) {
			of = append(of, p)
		}
	}
	return of
}

// governs reports whether the policy is one of those that decide a site.
func (p Policy) governs(site edit.Site) bool {
	return site.Policy == p.Name || site.Policy == "" && p.Image == site.Image && p.Paths.Match(site.Path)
}

// concerned returns the policies a refusal stops: the one it names, else those of its image whose paths hold it. A
// marker may name a policy that there is not.
func concerned(policies []Policy, r edit.Refusal) []Policy {
	var byImage []Policy
	for _, p := range policies {
		if r.Policy == p.Name {
			return []Policy{p}
		}
		if p.Image == r.Image && p.Paths.Match(r.Path) {
			byImage = append(byImage, p)
		}
	}
	return byImage
}

// decided returns those policies about which a plan decides.
func decided(policies []Policy) []Policy {
	return slices.DeleteFunc(slices.Clone(policies), func(p Policy) bool { return p.Aside })
}

// conflict says that several policies govern a reference. Which of them is meant only a person knows.
func conflict(policies []Policy) string {
	names := make([]string, len(policies))
	for i, p := range policies {
		names[i] = fmt.Sprintf("%q", p.Name)
	}
	return fmt.Sprintf("policies %s all govern this reference, want one: narrow their paths or mark the line", strings.Join(names, ", "))
}
