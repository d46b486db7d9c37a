package plan

import (
	"cmp"
	"slices"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/policy"
)

// Change is one reference that should carry another tag. What it carries now is in its Site.
type Change struct {
	Policy   string // "" when no policy governs it (the command set)
	Git      string
	Site     edit.Site
	To       string
	ToDigest image.Digest
	Decision policy.Decision // zero for set
	// PolicyHash is the policy's name and hash, as the trailer has them; "" for set.
	PolicyHash string
}

// Edit returns the change as package edit takes it.
func (c Change) Edit() edit.Change {
	return edit.Change{Site: c.Site, Tag: c.To, Digest: c.ToDigest}
}

// Group is the changes of one commit. Its order and its message follow from its changes alone.
type Group struct {
	Key     string // the policy's name, the Git repository's or one the user chose: the last part of the branch's name
	Changes []Change
}

// NewGroup returns a group of the changes given, in order.
func NewGroup(key string, changes []Change) Group {
	g := Group{Key: key, Changes: slices.Clone(changes)}
	g.sort()
	return g
}

// Policies returns the names of the policies behind the group's changes, sorted.
func (g Group) Policies() []string {
	return distinct(g.Changes, func(c Change) string { return message.Line(c.Policy) })
}

// Edits returns the changes as package edit takes them.
func (g Group) Edits() []edit.Change {
	edits := make([]edit.Change, len(g.Changes))
	for i, c := range g.Changes {
		edits[i] = c.Edit()
	}
	return edits
}

// Only returns the group without the changes that were not applied. Its message then tells what was really done.
func (g Group) Only(applied []edit.Change) Group {
	done := make(map[edit.Change]bool, len(applied))
	for _, a := range applied {
		done[a] = true
	}
	g.Changes = slices.DeleteFunc(slices.Clone(g.Changes), func(c Change) bool { return !done[c.Edit()] })
	return g
}

func (g *Group) add(c Change) { g.Changes = append(g.Changes, c) }

func (g *Group) sort() {
	slices.SortStableFunc(g.Changes, func(a, b Change) int {
		return cmp.Or(compareSites(a.Site, b.Site), cmp.Compare(a.Policy, b.Policy))
	})
}

// compareSites orders sites as a person reads them.
func compareSites(a, b edit.Site) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// distinct returns the values of the changes that are not empty, sorted, each once.
func distinct(changes []Change, value func(Change) string) []string {
	values := make([]string, len(changes))
	for i, c := range changes {
		values[i] = value(c)
	}
	return message.Distinct(values)
}
