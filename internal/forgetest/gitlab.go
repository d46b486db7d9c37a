package forgetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// routeGitLab serves what GitLab has below /api/v4.
func routeGitLab(s *Server) {
	const merges = "/api/v4/projects/{project}/merge_requests"
	s.mux.HandleFunc("GET "+merges, s.gitLabList)
	s.mux.HandleFunc("POST "+merges, s.gitLabCreate)
	s.mux.HandleFunc("GET "+merges+"/{number}", s.gitLabOne)
	s.mux.HandleFunc("PUT "+merges+"/{number}", s.gitLabUpdate)
	s.mux.HandleFunc("PUT "+merges+"/{number}/merge", s.gitLabMerge)
	s.mux.HandleFunc("GET "+merges+"/{number}/notes", s.gitLabNotes)
	s.mux.HandleFunc("POST "+merges+"/{number}/notes", s.gitLabNote)
	s.mux.HandleFunc("GET /api/v4/projects/{project}/releases/{tag}", s.release)
	s.mux.HandleFunc("GET /api/v4/users", s.gitLabUsers)
}

func gitLabUser(name string) map[string]any {
	return map[string]any{"id": 100 + slices.Index(people, name), "username": name}
}

func (s *Server) gitLabPull(p *Pull) map[string]any {
	from := 7
	if p.Fork != "" {
		from = 8
	}
	out := map[string]any{
		"id": 1000 + p.Number, "iid": p.Number, "web_url": fmt.Sprintf("https://forge.example/%s/%s/-/merge_requests/%d", s.owner, s.name, p.Number),
		"title": p.Title, "description": p.Body, "source_branch": p.Head, "target_branch": p.Base, "source_project_id": from,
		"target_project_id": 7, "sha": p.Tip, "state": "opened", "draft": strings.HasPrefix(p.Title, "Draft: "),
		"labels": append([]string{}, p.Labels...), "author": gitLabUser(p.Author), "created_at": p.Created, "updated_at": p.Updated,
		"closed_at": nil, "closed_by": nil, "merged_at": nil, "merge_user": nil, "merge_commit_sha": nil, "squash_commit_sha": nil,
		"reviewers": listed(p.Reviewers, gitLabUser), "assignees": listed(p.Assignees, gitLabUser),
	}
	switch p.State {
	case "closed":
		out["state"], out["closed_at"], out["closed_by"] = "closed", p.Closed, gitLabUser(p.ClosedBy)
	case "merged":
		out["state"], out["merged_at"], out["merge_user"], out["merge_commit_sha"] = "merged", p.Closed, gitLabUser(p.ClosedBy), p.MergeCommit
	}
	return out
}

func (s *Server) gitLabList(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("project") != s.owner+"/"+s.name {
		fail(w, http.StatusNotFound, map[string]any{"message": "404 Project Not Found"})
		return
	}
	states := map[string]string{"open": "opened", "closed": "closed", "merged": "merged"}
	all := s.newest(func(p *Pull) bool {
		state := r.URL.Query().Get("state")
		return wanted(r, "source_branch", p.Head) && wanted(r, "target_branch", p.Base) && (state == "all" || state == states[p.State])
	})
	part, next := window(r, all, "page", "per_page", 100)
	link(w, r, "page", next)
	answer(w, http.StatusOK, listed(part, s.gitLabPull))
}

func (s *Server) gitLabFor(w http.ResponseWriter, r *http.Request) *Pull {
	p := s.pull(pathInt(r, "number"))
	if p == nil || r.PathValue("project") != s.owner+"/"+s.name {
		fail(w, http.StatusNotFound, map[string]any{"message": "404 Not found"})
		return nil
	}
	return p
}

func (s *Server) gitLabCreate(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Title, Description string
		Head               string `json:"source_branch"`
		Base               string `json:"target_branch"`
	}
	if !decode(w, r, &q) || !s.may(w, Create) {
		return
	}
	if len(q.Title) > 255 {
		fail(w, http.StatusBadRequest, map[string]any{"message": map[string]any{"title": []string{"is too long (maximum is 255 characters)"}}})
		return
	}
	p, bad := s.open(Pull{Title: q.Title, Body: q.Description, Head: q.Head, Base: q.Base})
	switch bad {
	case noHead:
		fail(w, http.StatusBadRequest, map[string]any{"message": []string{"Source branch does not exist"}})
	case noBase:
		fail(w, http.StatusBadRequest, map[string]any{"message": []string{"Target branch does not exist"}})
	case exists:
		fail(w, http.StatusConflict, map[string]any{"message": []string{fmt.Sprintf("Another open merge request already exists for this source branch: !%d", p.Number)}})
	case noCommits: // it opens one without changes
		answer(w, http.StatusCreated, s.gitLabPull(s.add(Pull{Title: q.Title, Body: q.Description, Head: q.Head, Base: q.Base, Tip: s.tips[q.Head]})))
	default:
		answer(w, http.StatusCreated, s.gitLabPull(p))
	}
}

func (s *Server) gitLabOne(w http.ResponseWriter, r *http.Request) {
	if p := s.gitLabFor(w, r); p != nil {
		out := s.gitLabPull(p)
		out["detailed_merge_status"], out["head_pipeline"] = "ci_still_running", map[string]any{"status": "running"}
		answer(w, http.StatusOK, out)
	}
}

// gitLabUpdate passes over changes that the token has no right to, and over people who are not there.
func (s *Server) gitLabUpdate(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Title, Description *string
		Event              string `json:"state_event"`
		Add                string `json:"add_labels"`
		Remove             string `json:"remove_labels"`
		Reviewers          []int  `json:"reviewer_ids"`
		Assignees          []int  `json:"assignee_ids"`
	}
	p := s.gitLabFor(w, r)
	if p == nil || !decode(w, r, &q) {
		return
	}
	if (q.Title != nil || q.Description != nil) && !s.may(w, Update) || q.Event != "" && !s.may(w, CloseIt) {
		return
	}
	if q.Title != nil {
		p.Title = *q.Title
	}
	if q.Description != nil {
		p.Body = *q.Description
	}
	if !slices.Contains(s.denied, Label) {
		for name := range strings.SplitSeq(q.Add, ",") {
			if name != "" {
				s.label(p, name)
			}
		}
		s.unlabel(p, q.Remove)
	}
	if q.Reviewers != nil && !slices.Contains(s.denied, Review) {
		p.Reviewers = gitLabNames(q.Reviewers)
	}
	if q.Assignees != nil && !slices.Contains(s.denied, AssignIt) {
		p.Assignees = gitLabNames(q.Assignees)
	}
	s.touch(p)
	if q.Event == "close" {
		if p.State == "merged" {
			fail(w, http.StatusUnprocessableEntity, map[string]any{"message": map[string]any{"state": []string{"cannot transition via \"close\""}}})
			return
		}
		s.finish(p, "closed", "", Bot)
	}
	answer(w, http.StatusOK, s.gitLabPull(p))
}

func gitLabNames(ids []int) []string {
	var names []string
	for _, id := range ids {
		if i := id - 100; i >= 0 && i < len(people) {
			names = append(names, people[i])
		}
	}
	return names
}

func (s *Server) gitLabMerge(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Auto bool `json:"auto_merge"`
		SHA  string
	}
	p := s.gitLabFor(w, r)
	if p == nil || !decode(w, r, &q) || !s.may(w, AutoMerge) {
		return
	}
	if p.State != "open" || !q.Auto {
		fail(w, http.StatusMethodNotAllowed, map[string]any{"message": "405 Method Not Allowed"})
		return
	}
	if q.SHA != p.Tip {
		fail(w, http.StatusConflict, map[string]any{"message": "SHA does not match HEAD of source branch: " + p.Tip})
		return
	}
	p.Auto = true
	answer(w, http.StatusOK, s.gitLabPull(p))
}

func (s *Server) gitLabNotes(w http.ResponseWriter, r *http.Request) {
	p := s.gitLabFor(w, r)
	if p == nil {
		return
	}
	notes := []map[string]any{{"body": "added 1 commit", "system": true, "author": gitLabUser(p.Author), "created_at": p.Created}}
	for _, c := range p.Comments {
		notes = append(notes, gitLabNote(c))
	}
	if r.URL.Query().Get("sort") == "desc" {
		slices.Reverse(notes)
	}
	part, next := window(r, notes, "page", "per_page", 100)
	link(w, r, "page", next)
	answer(w, http.StatusOK, part)
}

func gitLabNote(c Comment) map[string]any {
	return map[string]any{"body": c.Body, "system": false, "author": gitLabUser(c.Author), "created_at": c.Created}
}

func (s *Server) gitLabNote(w http.ResponseWriter, r *http.Request) {
	var q struct{ Body string }
	if p := s.gitLabFor(w, r); p != nil && decode(w, r, &q) && s.may(w, Say) {
		answer(w, http.StatusCreated, gitLabNote(s.say(p, Bot, q.Body)))
	}
}

func (s *Server) gitLabUsers(w http.ResponseWriter, r *http.Request) {
	found := []map[string]any{}
	if name := r.URL.Query().Get("username"); slices.Contains(people, name) {
		found = append(found, gitLabUser(name))
	}
	answer(w, http.StatusOK, found)
}
