package edit

import "slices"

// isObject reports whether a document is a Kubernetes object: it has apiVersion and kind.
func isObject(root *node) bool {
	return root.field("apiVersion") != "" && root.field("kind") != ""
}

// field returns the text under a key of a mapping, "" when there is none.
func (n *node) field(key string) string {
	text, _ := n.value(key).scalarText()
	return text
}

// podLists are the keys under which pod templates list their containers.
var podLists = []string{"containers", "initContainers", "ephemeralContainers"}

// findInObject adds the references of the pod templates of an object of any kind, at any depth below a spec: the image
// of every container, and the reference of every image volume.
func (s *search) findInObject(root *node) {
	w := walker{enters: func(key string) bool { return key == "spec" }}
	w.each(root, false, func(n *node, belowSpec bool) {
		if !belowSpec {
			return
		}
		for _, list := range podLists {
			w.items(n.own(list), func(container *node) {
				s.addWhole(Kubernetes, container.value("image"), w.via)
			})
		}
		w.items(n.own("volumes"), func(volume *node) {
			s.addWhole(Kubernetes, volume.value("image").value("reference"), w.via)
		})
	})
}

// addWhole adds the reference that a value holds as a whole, if it is one.
func (s *search) addWhole(format Format, n *node, via []*node) {
	if text, found := n.scalarText(); found {
		s.addNamed(format, n, text, via)
	}
}

// addNamed adds the reference that a value holds as the last part of its text, if it is one.
func (s *search) addNamed(format Format, n *node, text string, via []*node) {
	s.addRead(&reference{format: format, whole: n, via: slices.Clone(via)}, n, text)
}
