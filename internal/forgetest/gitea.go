package forgetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// routeGitea serves what Gitea and Forgejo have below /api/v1.
func routeGitea(s *Server) {
	const repository = "/api/v1/repos/{owner}/{repo}"
	s.mux.HandleFunc("GET "+repository, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"full_name": s.owner + "/" + s.name, "default_merge_style": "squash"})
	})
	s.mux.HandleFunc("GET "+repository+"/pulls", s.giteaList)
	s.mux.HandleFunc("POST "+repository+"/pulls", s.giteaCreate)
	s.mux.HandleFunc("GET "+repository+"/pulls/{number}", s.giteaOne)
	s.mux.HandleFunc("GET "+repository+"/pulls/{base}/{head...}", s.giteaByBranches)
	s.mux.HandleFunc("PATCH "+repository+"/pulls/{number}", s.giteaUpdate)
	s.mux.HandleFunc("POST "+repository+"/pulls/{number}/merge", s.giteaMerge)
	s.mux.HandleFunc("POST "+repository+"/pulls/{number}/requested_reviewers", s.giteaReview)
	s.mux.HandleFunc("GET "+repository+"/issues/{number}/comments", s.giteaComments)
	s.mux.HandleFunc("POST "+repository+"/issues/{number}/comments", s.giteaComment)
	s.mux.HandleFunc("GET "+repository+"/issues/{number}/labels", s.giteaLabelsOf)
	s.mux.HandleFunc("POST "+repository+"/issues/{number}/labels", s.giteaLabel)
	s.mux.HandleFunc("DELETE "+repository+"/issues/{number}/labels/{id}", s.giteaUnlabel)
	s.mux.HandleFunc("GET "+repository+"/releases/tags/{tag}", s.release)
	s.mux.HandleFunc("GET "+repository+"/labels", s.giteaLabels)
	s.mux.HandleFunc("POST "+repository+"/labels", s.giteaMakeLabel)
	s.mux.HandleFunc("GET /api/v1/orgs/{owner}/labels", giteaNotFound) // the owner is a person
}

func giteaUser(name string) map[string]any { return map[string]any{"id": 1, "login": name} }

func giteaNotFound(w http.ResponseWriter, _ *http.Request) {
	fail(w, http.StatusNotFound, map[string]any{"errors": nil, "message": "not found", "url": "/api/swagger"})
}

func (s *Server) giteaLabelOf(name string) map[string]any {
	return map[string]any{"id": 1 + slices.Index(s.labels, name), "name": name, "color": "ededed"}
}

func (s *Server) giteaPull(p *Pull) map[string]any {
	head := map[string]any{"label": p.Head, "ref": p.Head, "sha": p.Tip, "repo_id": 7}
	if p.Fork != "" {
		head["repo_id"] = 8
	} else if _, there := s.tips[p.Head]; !there {
		head["ref"] = fmt.Sprintf("refs/pull/%d/head", p.Number)
	}
	out := map[string]any{
		"id": 1000 + p.Number, "number": p.Number, "html_url": fmt.Sprintf("https://forge.example/%s/%s/pulls/%d", s.owner, s.name, p.Number),
		"title": p.Title, "body": p.Body, "state": "open", "draft": strings.HasPrefix(p.Title, "WIP:"), "user": giteaUser(p.Author),
		"labels": listed(p.Labels, s.giteaLabelOf), "assignees": listed(p.Assignees, giteaUser), "head": head,
		"base":   map[string]any{"label": p.Base, "ref": p.Base, "sha": s.tips[p.Base], "repo_id": 7},
		"merged": false, "merged_by": nil, "merge_commit_sha": nil, "merged_at": nil, "closed_at": nil,
		"created_at": p.Created, "updated_at": p.Updated,
	}
	if p.State != "open" {
		out["state"], out["closed_at"] = "closed", p.Closed
	}
	if p.State == "merged" {
		out["merged"], out["merged_by"], out["merged_at"], out["merge_commit_sha"] = true, giteaUser(p.ClosedBy), p.Closed, p.MergeCommit
	}
	return out
}

// giteaList knows no filter by head.
func (s *Server) giteaList(w http.ResponseWriter, r *http.Request) {
	all := s.newest(func(p *Pull) bool {
		state := r.URL.Query().Get("state")
		return state == "all" || (p.State == "open") == (state != "closed")
	})
	if r.URL.Query().Get("sort") == "recentupdate" {
		slices.SortStableFunc(all, func(a, b *Pull) int { return b.Updated.Compare(a.Updated) })
	}
	part, next := window(r, all, "page", "limit", 50)
	link(w, r, "page", next)
	answer(w, http.StatusOK, listed(part, func(p *Pull) map[string]any {
		out := s.giteaPull(p)
		out["merged_by"] = nil // lists leave it out
		return out
	}))
}

// giteaByBranches answers with any of them, which is the oldest.
func (s *Server) giteaByBranches(w http.ResponseWriter, r *http.Request) {
	for _, p := range s.pulls {
		if p.Fork == "" && p.Base == r.PathValue("base") && p.Head == r.PathValue("head") {
			answer(w, http.StatusOK, s.giteaPull(p))
			return
		}
	}
	giteaNotFound(w, r)
}

func (s *Server) giteaFor(w http.ResponseWriter, r *http.Request) *Pull {
	p := s.pull(pathInt(r, "number"))
	if p == nil || r.PathValue("owner") != s.owner || r.PathValue("repo") != s.name {
		giteaNotFound(w, r)
		return nil
	}
	return p
}

func giteaFail(w http.ResponseWriter, status int, text string) {
	fail(w, status, map[string]any{"message": text, "url": "/api/swagger"})
}

func (s *Server) giteaCreate(w http.ResponseWriter, r *http.Request) {
	var q struct{ Title, Body, Head, Base string }
	if !decode(w, r, &q) || !s.may(w, Create) {
		return
	}
	p, bad := s.open(Pull{Title: q.Title, Body: q.Body, Head: q.Head, Base: q.Base})
	switch bad {
	case noHead, noBase:
		giteaNotFound(w, r)
	case noCommits: // it opens one without changes
		answer(w, http.StatusCreated, s.giteaPull(s.add(Pull{Title: q.Title, Body: q.Body, Head: q.Head, Base: q.Base, Tip: s.tips[q.Head]})))
	case exists:
		giteaFail(w, http.StatusConflict, fmt.Sprintf("pull request already exists for these targets [id: %d, issue_id: %d, head_repo_id: 7, base_repo_id: 7, head_branch: %s, base_branch: %s]", 1000+p.Number, p.Number, q.Head, q.Base))
	default:
		answer(w, http.StatusCreated, s.giteaPull(p))
	}
}

func (s *Server) giteaOne(w http.ResponseWriter, r *http.Request) {
	if p := s.giteaFor(w, r); p != nil {
		answer(w, http.StatusOK, s.giteaPull(p))
	}
}

func (s *Server) giteaUpdate(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Title, Body, State *string
		Assignees          []string
	}
	p := s.giteaFor(w, r)
	if p == nil || !decode(w, r, &q) {
		return
	}
	if (q.Title != nil || q.Body != nil) && !s.may(w, Update) || q.State != nil && !s.may(w, CloseIt) {
		return
	}
	for _, name := range q.Assignees {
		if !slices.Contains(people, name) {
			giteaFail(w, http.StatusUnprocessableEntity, "Assignee does not exist: [name: "+name+"]")
			return
		}
	}
	if q.Assignees != nil && !slices.Contains(s.denied, AssignIt) { // without the right it is passed over
		p.Assignees = q.Assignees
	}
	if q.Title != nil {
		p.Title = *q.Title
	}
	if q.Body != nil {
		p.Body = *q.Body
	}
	s.touch(p)
	if q.State != nil && *q.State == "closed" {
		if p.State == "merged" {
			giteaFail(w, http.StatusPreconditionFailed, "cannot change state of this pull request, it was already merged")
			return
		}
		s.finish(p, "closed", "", Bot)
	}
	answer(w, http.StatusCreated, s.giteaPull(p))
}

// giteaMerge has not found out whether a pull request can be merged until a second after it was opened.
func (s *Server) giteaMerge(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Do   string
		When bool `json:"merge_when_checks_succeed"`
	}
	p := s.giteaFor(w, r)
	if p == nil || !decode(w, r, &q) {
		return
	}
	switch {
	case slices.Contains(s.denied, AutoMerge):
		giteaFail(w, http.StatusMethodNotAllowed, "User not allowed to merge PR")
	case s.now().Sub(p.Created) < 1e9:
		giteaFail(w, http.StatusMethodNotAllowed, "Please try again later")
	case p.Auto:
		giteaFail(w, http.StatusConflict, fmt.Sprintf("pull request is already scheduled to auto merge when checks succeed [pull_id: %d]", p.Number))
	case !q.When || q.Do != "squash" || p.State != "open":
		giteaFail(w, http.StatusMethodNotAllowed, "not allowed")
	default:
		p.Auto = true
		answer(w, http.StatusCreated, nil)
	}
}

func (s *Server) giteaReview(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Reviewers []string
		Teams     []string `json:"team_reviewers"`
	}
	p := s.giteaFor(w, r)
	if p == nil || !decode(w, r, &q) || !s.may(w, Review) {
		return
	}
	for _, name := range q.Reviewers {
		if !slices.Contains(people, name) {
			giteaFail(w, http.StatusNotFound, "user does not exist [uid: 0, name: "+name+"]")
			return
		}
	}
	p.Reviewers = append(p.Reviewers, q.Reviewers...)
	s.touch(p)
	answer(w, http.StatusCreated, []any{})
}

func giteaComment(c Comment) map[string]any {
	return map[string]any{"body": c.Body, "user": giteaUser(c.Author), "created_at": c.Created}
}

// giteaComments has no pages, and is closed to a token without a scope for issues.
func (s *Server) giteaComments(w http.ResponseWriter, r *http.Request) {
	if p := s.giteaFor(w, r); p != nil && s.may(w, Say) {
		answer(w, http.StatusOK, listed(p.Comments, giteaComment))
	}
}

func (s *Server) giteaComment(w http.ResponseWriter, r *http.Request) {
	var q struct{ Body string }
	if p := s.giteaFor(w, r); p != nil && decode(w, r, &q) && s.may(w, Say) {
		answer(w, http.StatusCreated, giteaComment(s.say(p, Bot, q.Body)))
	}
}

func (s *Server) giteaLabels(w http.ResponseWriter, r *http.Request) {
	part, next := window(r, s.labels, "page", "limit", 50)
	link(w, r, "page", next)
	answer(w, http.StatusOK, listed(part, s.giteaLabelOf))
}

func (s *Server) giteaMakeLabel(w http.ResponseWriter, r *http.Request) {
	var q struct{ Name, Color string }
	if !decode(w, r, &q) || !s.may(w, Label) {
		return
	}
	if q.Name == "" || q.Color == "" {
		giteaFail(w, http.StatusUnprocessableEntity, "[Color]: Required")
		return
	}
	s.labels = append(s.labels, q.Name)
	answer(w, http.StatusCreated, s.giteaLabelOf(q.Name))
}

func (s *Server) giteaLabelsOf(w http.ResponseWriter, r *http.Request) {
	if p := s.giteaFor(w, r); p != nil {
		answer(w, http.StatusOK, listed(p.Labels, s.giteaLabelOf))
	}
}

func (s *Server) giteaLabel(w http.ResponseWriter, r *http.Request) {
	var q struct{ Labels []int }
	p := s.giteaFor(w, r)
	if p == nil || !decode(w, r, &q) || !s.may(w, Label) {
		return
	}
	for _, id := range q.Labels {
		if id > 0 && id <= len(s.labels) { // others are passed over
			s.label(p, s.labels[id-1])
		}
	}
	answer(w, http.StatusOK, listed(p.Labels, s.giteaLabelOf))
}

func (s *Server) giteaUnlabel(w http.ResponseWriter, r *http.Request) {
	p := s.giteaFor(w, r)
	if p == nil || !s.may(w, Label) {
		return
	}
	id := pathInt(r, "id")
	if id < 1 || id > len(s.labels) {
		giteaFail(w, http.StatusUnprocessableEntity, "label does not exist")
		return
	}
	s.unlabel(p, s.labels[id-1])
	w.WriteHeader(http.StatusNoContent)
}
