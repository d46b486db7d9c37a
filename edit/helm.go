package edit

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// isValues tells the files that hold values of a Helm chart: by their name, or as YAML in the folder of a chart.
func isValues(f File) bool {
	base := path.Base(f.Path)
	stem := strings.TrimSuffix(base, path.Ext(base))
	if !isYAML(base) || stem == "Chart" {
		return false
	}
	return strings.HasPrefix(stem, "values") || strings.HasSuffix(stem, "-values") || strings.HasSuffix(stem, ".values") ||
		f.Chart != ""
}

// isTemplate tells the files that Helm renders. What stands in them is no reference yet.
func isTemplate(f File) bool {
	switch f.Chart {
	case "":
		return false
	case ".":
		return strings.HasPrefix(f.Path, "templates/")
	}
	return strings.HasPrefix(f.Path, f.Chart+"/templates/")
}

func isImageKey(key string) bool {
	return strings.HasSuffix(key, "image") || strings.HasSuffix(key, "Image")
}

// findInValues adds the references of Helm values: mappings with a repository and a tag, and texts under keys that end
// in image. No chart is bound to these names; nearly all keep to them.
func (s *search) findInValues(format Format, root *node) {
	v := valuesFinder{search: s, format: format, registry: root.value("global").field("imageRegistry")}
	v.enters = isImageKey
	v.each(root, false, v.addFrom)
}

// valuesFinder walks through one document of Helm values.
type valuesFinder struct {
	walker
	search   *search
	format   Format
	registry string // global.imageRegistry, which charts put in front of their repositories
}

// addFrom adds the references that a mapping holds itself.
func (v *valuesFinder) addFrom(n *node, belowImage bool) {
	v.addMap(n, belowImage)
	for i := 0; i+1 < len(n.content); i += 2 {
		if key := n.content[i]; key.kind == scalar && isImageKey(key.text) {
			v.addText(n, key.text, n.content[i+1])
		}
	}
}

// addMap adds {registry, repository, tag, digest}. Below a key that ends in image the keys may also be name and
// version, and directly below one the tag may be missing: elsewhere a name without a tag could be anything's.
func (v *valuesFinder) addMap(n *node, belowImage bool) {
	name, tag := n.value("repository"), n.value("tag")
	if belowImage && name == nil {
		name = n.value("name")
	}
	if belowImage && tag == nil {
		tag = n.value("version")
	}
	if name == nil || tag == nil && (n.key == nil || !isImageKey(n.key.text)) {
		return
	}
	r := &reference{format: v.format, via: slices.Clone(v.via)}
	v.readNames(r, n, name)
	if text, _ := name.scalarText(); len(r.names) == 0 {
		v.search.tellVariable(name, text)
		return
	}
	r.readParts(tag, n.value("digest"))
	r.beside = digestBeside(n, "tag")
	if r.tag == nil && r.lacks == "" {
		r.lacks, r.lacksHint = "it has no key for a tag", `add one: tag: ""`
	}
	v.search.add(r)
}

// addText adds image: NAME[:TAG][@DIGEST], or, where a key for a tag stands beside a bare name, the pair of them.
func (v *valuesFinder) addText(n *node, key string, value *node) {
	text, found := value.scalarText()
	r := &reference{format: v.format, whole: value, via: slices.Clone(v.via)}
	if !found || !value.resolved().isString {
		return
	}
	if !r.read(text) {
		if looksBroken(text) && r.readBroken(text) {
			v.readNames(r, n, nil)
			v.search.add(r)
			return
		}
		v.search.tellVariable(value, text)
		return
	}
	tag, clear := siblingTag(n, key)
	if r.problem != "" || r.oldTag != "" || r.oldDigest != "" || tag == nil {
		v.readNames(r, n, nil)
		r.beside = digestBeside(n, key)
		v.search.add(r)
		return
	}
	r = &reference{format: v.format, via: r.via}
	v.readNames(r, n, value)
	if clear {
		r.readParts(tag, n.value("digest"))
		r.beside = digestBeside(n, key)
	} else {
		r.lacks, r.lacksHint = "it is unclear which key beside it holds its tag", "name the place by a marker"
	}
	v.search.add(r)
}

// siblingTag returns the value of the key that holds the tag of the name under another key, nil if there is none, and
// whether it is clear that it does.
func siblingTag(n *node, key string) (tag *node, clear bool) {
	own, tag, imageTag := n.value(key+"Tag"), n.value("tag"), n.value("imageTag")
	switch {
	case key == "image" && own != nil && tag != nil:
		return tag, false
	case own != nil:
		return own, true
	case tag != nil:
		return tag, key == "image"
	}
	return imageTag, false
}

// readNames adds the ways to read the name of a mapping's image: what stands under its key, behind the registry beside
// it or behind the chart's global one unless it names a host itself. If name is nil, the reference has read a whole
// text already, and the joined names come behind it.
func (v *valuesFinder) readNames(r *reference, n, name *node) {
	registry := n.value("registry")
	host, _ := registry.scalarText()
	text, whole := "", name == nil
	if whole {
		text = r.names[0].text
	} else {
		text, _ = name.scalarText()
		r.parts = append(r.parts, name)
	}
	if host != "" {
		r.parts = append(r.parts, registry)
	}
	var names []string
	if hasHost(text) || host == "" && v.registry == "" {
		names = append(names, text)
	} else {
		for _, front := range []string{host, v.registry} {
			if front != "" {
				names = append(names, front+"/"+text)
			}
		}
	}
	if last := n.value("name"); !whole && last != nil && last != name {
		for _, front := range slices.Clone(names) {
			names = append(names, front+"/"+last.resolved().text)
		}
		r.parts = append(r.parts, last)
	}
	for _, name := range names {
		if whole && name == text || r.readName(name) || variableProblem(name) != "" {
			continue
		}
		if looksBroken(name) && r.readName(frontOf(name)) {
			r.problem = fmt.Sprintf("%.200q is no name of an image", text)
		}
	}
}

// hasHost reports whether a name begins with a registry, or with a variable that may be one.
func hasHost(name string) bool {
	first, _, found := strings.Cut(name, "/")
	return found && strings.ContainsAny(first, ".:$}") || strings.HasPrefix(name, "localhost/")
}
