package edit

import (
	"fmt"
	"slices"
	"strings"
)

// isKustomization tells the names that kustomize looks for in a folder.
func isKustomization(base string) bool {
	return base == "kustomization.yaml" || base == "kustomization.yml" || base == "Kustomization"
}

// imageEntries returns what a document has in the form of Kustomize's images: the list of a Kustomization or Component,
// that of Flux's Kustomization, or the one entry of an ImageTagTransformer.
func imageEntries(root *node, byName bool) (list, entry *node) {
	group, _, _ := strings.Cut(root.field("apiVersion"), "/")
	kind := root.field("kind")
	switch {
	case group == "kustomize.toolkit.fluxcd.io" && kind == "Kustomization":
		return root.value("spec").value("images"), nil
	case kind == "ImageTagTransformer":
		return nil, root.value("imageTag")
	case group == "kustomize.config.k8s.io" && (kind == "Kustomization" || kind == "Component"), byName && !isObject(root):
		return root.value("images"), nil
	}
	return nil, nil
}

// findInKustomization adds the entries of a list of Kustomize images.
func (s *search) findInKustomization(format Format, list, entry *node) {
	var w walker
	var refs []*reference
	names := map[string]int{}
	add := func(entry *node) {
		names[entry.field("name")]++
		if r := s.addEntry(format, entry, w.via); r != nil {
			refs = append(refs, r)
		}
	}
	w.items(list, add)
	if entry.resolved() != nil {
		add(entry.resolved())
	}
	for _, r := range refs {
		if n := names[r.entryName]; n > 1 {
			r.problem = fmt.Sprintf("has the name %q, which %d entries have", r.entryName, n)
			r.hint = "kustomize applies them one after the other; leave one"
		}
	}
}

// addEntry adds {name, newName, newTag, digest}. The image is what kustomize writes: newName, else name.
func (s *search) addEntry(format Format, entry *node, via []*node) *reference {
	named := entry.value("newName")
	if text, found := named.scalarText(); !found || text == "" {
		named = entry.value("name")
	}
	text, found := named.scalarText()
	r := &reference{format: format, parts: []*node{named}, via: slices.Clone(via), entryName: entry.field("name")}
	if !found {
		return nil
	}
	if !r.readName(text) {
		s.tellUnread(named, text)
		return nil
	}
	if name := entry.value("name"); name != nil && name != named {
		r.parts = append(r.parts, name)
	}
	r.readParts(entry.value(insertedKey), entry.value("digest"))
	if r.tag == nil && r.lacks == "" {
		r.behind = named
	}
	s.add(r)
	return r
}
