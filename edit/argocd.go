package edit

import (
	"fmt"
	"slices"
	"strings"
)

// isApplicationSource tells the files in which Argo CD keeps parameters beside an application's manifests.
func isApplicationSource(base string) bool {
	return strings.HasPrefix(base, ".argocd-source") && isYAML(base)
}

// findInApplication adds the references of the sources of Argo CD's Application, and of the template of an
// ApplicationSet.
func (s *search) findInApplication(root *node) {
	if group, _, _ := strings.Cut(root.field("apiVersion"), "/"); group != "argoproj.io" {
		return
	}
	spec := root.value("spec")
	switch root.field("kind") {
	case "ApplicationSet":
		spec = spec.value("template").value("spec")
	case "Application":
	default:
		return
	}
	s.findInSource(spec.value("source"))
	for _, source := range spec.value("sources").items() {
		s.findInSource(source)
	}
}

// findInSource adds the references of one source: helm.parameters, helm.valuesObject and kustomize.images.
func (s *search) findInSource(source *node) {
	helm := source.value("helm")
	s.findInParameters(helm.value("parameters"))
	if values := helm.value("valuesObject"); values != nil {
		s.findInValues(ArgoCD, values)
	}
	if text, found := helm.value("values").scalarText(); found {
		i, line := s.scanner.screen.mentions([]byte(text))
		if line > 0 || s.scanner.screen.everything() && yamlSyntax.hasImages([]byte(text)) {
			s.note(Refusal{Line: int(helm.value("values").line), Image: i, Reason: "is in a text of Helm values",
				Hint: "write it as valuesObject"})
		}
	}
	for _, n := range source.value("kustomize").value("images").items() {
		s.addKustomizeImage(n)
	}
}

// addKustomizeImage adds an image override as kustomize edit takes it: [NAME=]NEWNAME[:TAG][@DIGEST].
func (s *search) addKustomizeImage(n *node) {
	text, found := n.scalarText()
	if i := strings.IndexByte(text, '='); i >= 0 {
		text = text[i+1:]
	}
	if found {
		s.addNamed(ArgoCD, n, text, nil)
	}
}

// findInParameters adds the references of a list of {name, value}. Parameters of one path are the mapping that Helm
// makes of them: web.image.repository and web.image.tag are repository and tag below image.
func (s *search) findInParameters(list *node) {
	maps := map[string]*node{}
	var paths []string
	counts := map[string]int{}
	for _, item := range list.items() {
		name, value := item.field("name"), item.value("value")
		counts[name]++
		front, last := "", name
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			front, last = name[:i], name[i+1:]
		}
		if value == nil {
			continue
		}
		if maps[front] == nil {
			maps[front] = &node{kind: mapping, key: &node{kind: scalar, text: front}}
			paths = append(paths, front)
		}
		maps[front].content = append(maps[front].content, &node{kind: scalar, isKey: true, text: last}, value)
	}
	before := len(s.refs)
	for _, front := range paths {
		v := valuesFinder{search: s, format: ArgoCD, registry: maps["global"].field("imageRegistry")}
		v.addFrom(maps[front], isImageKey(front))
	}
	s.refuseRepeated(s.refs[before:], list, counts)
}

// refuseRepeated refuses references that are made of parameters given more than once: Helm takes the last.
func (s *search) refuseRepeated(refs []*reference, list *node, counts map[string]int) {
	repeated := map[*node]string{}
	for _, item := range list.items() {
		if name, value := item.field("name"), item.value("value"); counts[name] > 1 && value != nil {
			repeated[value] = name
		}
	}
	for _, r := range refs {
		for _, n := range slices.Concat([]*node{r.whole, r.tag, r.digest}, r.parts) {
			if name, found := repeated[n]; found {
				r.problem = fmt.Sprintf("is made of the parameter %q, which stands more than once", name)
			}
		}
	}
}
