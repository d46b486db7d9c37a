package edit

import (
	"path"
	"strings"
)

// isWorkflow tells the files of GitHub Actions: workflows, and the descriptions of actions.
func isWorkflow(name string) bool {
	base := path.Base(name)
	return base == "action.yml" || base == "action.yaml" ||
		isYAML(base) && strings.HasSuffix("/"+path.Dir(name), "/.github/workflows")
}

// dockerScheme is what an image has in front where an action may stand.
const dockerScheme = "docker://"

// findInWorkflow adds the containers and services of jobs, and the steps and actions that are images.
func (s *search) findInWorkflow(root *node) {
	var w walker
	w.pairs(root.value("jobs"), func(_ string, job *node) {
		s.addImageOr(GitHubActions, job.value("container"), "image", w.via)
		w.pairs(job.value("services"), func(_ string, service *node) {
			s.addWhole(GitHubActions, service.value("image"), w.via)
		})
		s.findInSteps(&w, job.value("steps"))
	})
	runs := root.value("runs")
	s.addAction(runs.value("image"), nil)
	s.findInSteps(&w, runs.value("steps"))
}

func (s *search) findInSteps(w *walker, steps *node) {
	w.items(steps, func(step *node) { s.addAction(step.value("uses"), w.via) })
}

// addAction adds docker://IMAGE; what else stands there is no image.
func (s *search) addAction(n *node, via []*node) {
	text, _ := n.scalarText()
	if name, found := strings.CutPrefix(text, dockerScheme); found {
		s.addNamed(GitHubActions, n, name, via)
	}
}

// addImageOr adds a value that is a reference, or has one under a key.
func (s *search) addImageOr(format Format, n *node, key string, via []*node) {
	if v := n.value(key); v != nil {
		n = v
	}
	s.addWhole(format, n, via)
}
