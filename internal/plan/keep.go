package plan

import (
	"slices"

	"github.com/image-updater/image-updater/edit"
)

// Undecided is a reference that nothing was decided about, or whose change a gate stops: what a branch of our own makes
// of it is not wrong for all this plan knows.
type Undecided struct {
	Policy Policy
	Site   edit.Site
}

func (m *maker) leave(p Policy, site edit.Site) {
	m.undecided = append(m.undecided, Undecided{p, site})
}

// Keep adds to a group what its branch has of references that the plan has not decided about. standing is what the commits
// of the branch tell; each of their changes is of one reference.
func (p Plan) Keep(g Group, git string, standing []Trailer) Group {
	standing = slices.Clone(standing)
	changes := slices.Clone(g.Changes)
	for _, u := range p.Undecided {
		i := slices.IndexFunc(standing, func(t Trailer) bool {
			return t.Path == u.Site.Path && t.Image == u.Site.Image && t.From == u.Site.Tag && t.FromDigest == u.Site.Digest
		})
		if u.Policy.Group != g.Key || i < 0 {
			continue
		}
		changes = append(changes, Change{Policy: u.Policy.Name, Git: git, Site: u.Site, To: standing[i].To,
			ToDigest: standing[i].ToDigest, PolicyHash: u.Policy.Name + " " + u.Policy.hash()})
		standing = slices.Delete(standing, i, i+1)
	}
	return NewGroup(g.Key, changes)
}
