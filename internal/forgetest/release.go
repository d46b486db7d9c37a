package forgetest

import (
	"cmp"
	"net/http"
)

// Publish makes a release of a tag, in a repository "owner/name" that need not be there otherwise.
func (s *Server) Publish(repository, tag, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.releases == nil {
		s.releases = map[string]string{}
	}
	s.releases[repository+"@"+tag] = text
}

// release serves one: at GitHub and Gitea with the text as its body, at GitLab as its description.
func (s *Server) release(w http.ResponseWriter, r *http.Request) {
	tag := r.PathValue("tag")
	repository := cmp.Or(r.PathValue("project"), r.PathValue("owner")+"/"+r.PathValue("repo"))
	text, found := s.releases[repository+"@"+tag]
	if !found {
		fail(w, http.StatusNotFound, map[string]any{"message": "404 Not Found"})
		return
	}
	words := "body"
	if s.kind == GitLab {
		words = "description"
	}
	answer(w, http.StatusOK, map[string]any{"tag_name": tag, "name": tag, "draft": false, words: text})
}
