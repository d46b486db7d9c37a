package edit

import "strings"

// isGitLabCI tells the files of GitLab CI: the one it begins with, and those that are named like it to be included.
func isGitLabCI(base string) bool { return strings.HasSuffix(base, ".gitlab-ci.yml") }

// findInGitLabCI adds the image and the services of jobs, hidden ones too, of the defaults, and of the file itself.
func (s *search) findInGitLabCI(root *node) {
	var w walker
	s.findInJob(&w, root)
	w.pairs(root, func(key string, job *node) {
		if key != "image" && key != "services" && key != "variables" {
			s.findInJob(&w, job)
		}
	})
}

func (s *search) findInJob(w *walker, job *node) {
	s.addImageOr(GitLabCI, job.value("image"), "name", w.via)
	w.items(job.value("services"), func(service *node) {
		s.addImageOr(GitLabCI, service, "name", w.via)
	})
}
