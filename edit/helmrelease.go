package edit

import "strings"

// findInHelmRelease adds the references of Flux's HelmRelease: its values, and the images of its post-renderers. The
// version of its chart is no image's, and valuesFrom lies elsewhere.
func (s *search) findInHelmRelease(root *node) {
	if group, _, _ := strings.Cut(root.field("apiVersion"), "/"); group != "helm.toolkit.fluxcd.io" || root.field("kind") != "HelmRelease" {
		return
	}
	spec := root.value("spec")
	if values := spec.value("values"); values != nil {
		s.findInValues(HelmRelease, values)
	}
	for _, renderer := range spec.value("postRenderers").items() {
		if list := renderer.value("kustomize").value("images"); list != nil {
			s.findInKustomization(HelmRelease, list, nil)
		}
	}
}
