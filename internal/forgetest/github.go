package forgetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// routeGitHub serves what GitHub Enterprise Server has below /api/v3 and at /api/graphql.
func routeGitHub(s *Server) {
	const repository = "/api/v3/repos/{owner}/{repo}"
	s.mux.HandleFunc("GET "+repository+"/pulls", s.gitHubList)
	s.mux.HandleFunc("POST "+repository+"/pulls", s.gitHubCreate)
	s.mux.HandleFunc("GET "+repository+"/pulls/{number}", s.gitHubOne)
	s.mux.HandleFunc("PATCH "+repository+"/pulls/{number}", s.gitHubUpdate)
	s.mux.HandleFunc("POST "+repository+"/pulls/{number}/requested_reviewers", s.gitHubReview)
	s.mux.HandleFunc("GET "+repository+"/issues/{number}/comments", s.gitHubComments)
	s.mux.HandleFunc("POST "+repository+"/issues/{number}/comments", s.gitHubComment)
	s.mux.HandleFunc("POST "+repository+"/issues/{number}/labels", s.gitHubLabel)
	s.mux.HandleFunc("DELETE "+repository+"/issues/{number}/labels/{name}", s.gitHubUnlabel)
	s.mux.HandleFunc("POST "+repository+"/issues/{number}/assignees", s.gitHubAssign)
	s.mux.HandleFunc("GET "+repository+"/releases/tags/{tag}", s.release)
	s.mux.HandleFunc("POST /api/graphql", s.gitHubGraphQL)
}

func (s *Server) gitHubPull(p *Pull) map[string]any {
	head := map[string]any{"ref": p.Head, "sha": p.Tip, "label": s.owner + ":" + p.Head, "repo": map[string]any{"full_name": s.owner + "/" + s.name}}
	if p.Fork != "" {
		head["label"], head["repo"] = p.Fork+":"+p.Head, map[string]any{"full_name": p.Fork + "/" + s.name}
	}
	out := map[string]any{
		"number": p.Number, "html_url": fmt.Sprintf("https://forge.example/%s/%s/pull/%d", s.owner, s.name, p.Number), "title": p.Title,
		"body": p.Body, "state": "open", "draft": p.Draft, "head": head, "user": map[string]any{"login": p.Author},
		"base":   map[string]any{"ref": p.Base, "sha": s.tips[p.Base], "repo": map[string]any{"full_name": s.owner + "/" + s.name}},
		"labels": listed(p.Labels, func(l string) map[string]any { return map[string]any{"name": l} }), "merge_commit_sha": strings.Repeat("0", 40),
		"created_at": p.Created, "updated_at": p.Updated, "closed_at": nil, "merged_at": nil,
	}
	if p.State != "open" {
		out["state"], out["closed_at"] = "closed", p.Closed
	}
	if p.State == "merged" {
		out["merged_at"], out["merge_commit_sha"] = p.Closed, p.MergeCommit
	}
	return out
}

func (s *Server) gitHubList(w http.ResponseWriter, r *http.Request) {
	owner, branch, byHead := strings.Cut(r.URL.Query().Get("head"), ":")
	all := s.newest(func(p *Pull) bool {
		open := p.State == "open"
		state := r.URL.Query().Get("state")
		of := !byHead || p.Head == branch && (p.Fork == "" && owner == s.owner || p.Fork == owner)
		return of && wanted(r, "base", p.Base) && (state == "all" || open == (state != "closed"))
	})
	part, next := window(r, all, "page", "per_page", 100)
	link(w, r, "page", next)
	answer(w, http.StatusOK, listed(part, s.gitHubPull))
}

// gitHubFor returns the pull request that a request is about, or answers that there is none.
func (s *Server) gitHubFor(w http.ResponseWriter, r *http.Request) *Pull {
	p := s.pull(pathInt(r, "number"))
	if p == nil || r.PathValue("owner") != s.owner || r.PathValue("repo") != s.name {
		fail(w, http.StatusNotFound, map[string]any{"message": "Not Found", "status": "404"})
		return nil
	}
	return p
}

func gitHubInvalid(w http.ResponseWriter, details ...map[string]any) {
	fail(w, http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed", "errors": details, "status": "422"})
}

func (s *Server) gitHubCreate(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Title, Body, Head, Base string
		Draft                   bool
	}
	if !decode(w, r, &q) || !s.may(w, Create) {
		return
	}
	if len(q.Title) > 256 || len(q.Body) > 65536 {
		gitHubInvalid(w, map[string]any{"resource": "Issue", "code": "custom", "field": "body", "message": "body is too long (maximum is 65536 characters)"})
		return
	}
	p, bad := s.open(Pull{Title: q.Title, Body: q.Body, Head: q.Head, Base: q.Base, Draft: q.Draft})
	custom := func(text string) {
		gitHubInvalid(w, map[string]any{"resource": "PullRequest", "code": "custom", "message": text})
	}
	switch bad {
	case noHead:
		gitHubInvalid(w, map[string]any{"resource": "PullRequest", "field": "head", "code": "invalid"})
	case noBase:
		gitHubInvalid(w, map[string]any{"resource": "PullRequest", "field": "base", "code": "invalid"})
	case noCommits:
		custom("No commits between " + q.Base + " and " + q.Head)
	case exists:
		custom("A pull request already exists for " + s.owner + ":" + q.Head + ".")
	default:
		answer(w, http.StatusCreated, s.gitHubPull(p))
	}
}

func (s *Server) gitHubOne(w http.ResponseWriter, r *http.Request) {
	if p := s.gitHubFor(w, r); p != nil {
		answer(w, http.StatusOK, s.gitHubPull(p))
	}
}

func (s *Server) gitHubUpdate(w http.ResponseWriter, r *http.Request) {
	var q struct{ Title, Body, State *string }
	p := s.gitHubFor(w, r)
	if p == nil || !decode(w, r, &q) {
		return
	}
	right := Update
	if q.State != nil {
		right = CloseIt
	}
	if !s.may(w, right) {
		return
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
			gitHubInvalid(w, map[string]any{"resource": "PullRequest", "code": "invalid", "field": "state"})
			return
		}
		s.finish(p, "closed", "", Bot)
	}
	answer(w, http.StatusOK, s.gitHubPull(p))
}

func (s *Server) gitHubReview(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Reviewers []string
		Teams     []string `json:"team_reviewers"`
	}
	p := s.gitHubFor(w, r)
	if p == nil || !decode(w, r, &q) || !s.may(w, Review) {
		return
	}
	for _, name := range q.Reviewers {
		if !slices.Contains(people, name) || name == p.Author {
			fail(w, http.StatusUnprocessableEntity, map[string]any{"message": "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the " + s.owner + "/" + s.name + " repository."})
			return
		}
	}
	p.Reviewers = append(p.Reviewers, q.Reviewers...)
	for _, team := range q.Teams {
		p.Reviewers = append(p.Reviewers, "@"+team)
	}
	s.touch(p)
	answer(w, http.StatusCreated, s.gitHubPull(p))
}

func gitHubComment(c Comment) map[string]any {
	return map[string]any{"body": c.Body, "user": map[string]any{"login": c.Author}, "created_at": c.Created}
}

func (s *Server) gitHubComments(w http.ResponseWriter, r *http.Request) {
	if p := s.gitHubFor(w, r); p != nil {
		part, next := window(r, p.Comments, "page", "per_page", 100)
		link(w, r, "page", next)
		answer(w, http.StatusOK, listed(part, gitHubComment))
	}
}

func (s *Server) gitHubComment(w http.ResponseWriter, r *http.Request) {
	var q struct{ Body string }
	if p := s.gitHubFor(w, r); p != nil && decode(w, r, &q) && s.may(w, Say) {
		answer(w, http.StatusCreated, gitHubComment(s.say(p, Bot, q.Body)))
	}
}

func gitHubLabel(name string) map[string]any { return map[string]any{"name": name, "color": "ededed"} }

func (s *Server) gitHubLabel(w http.ResponseWriter, r *http.Request) {
	var q struct{ Labels []string }
	p := s.gitHubFor(w, r)
	if p == nil || !decode(w, r, &q) || !s.may(w, Label) {
		return
	}
	for _, name := range q.Labels {
		s.label(p, name)
	}
	answer(w, http.StatusOK, listed(p.Labels, gitHubLabel))
}

func (s *Server) gitHubUnlabel(w http.ResponseWriter, r *http.Request) {
	p := s.gitHubFor(w, r)
	if p == nil || !s.may(w, Label) {
		return
	}
	if !slices.Contains(p.Labels, r.PathValue("name")) {
		fail(w, http.StatusNotFound, map[string]any{"message": "Label does not exist"})
		return
	}
	s.unlabel(p, r.PathValue("name"))
	answer(w, http.StatusOK, listed(p.Labels, gitHubLabel))
}

// gitHubAssign passes over whom it does not know.
func (s *Server) gitHubAssign(w http.ResponseWriter, r *http.Request) {
	var q struct{ Assignees []string }
	p := s.gitHubFor(w, r)
	if p == nil || !decode(w, r, &q) || !s.may(w, AssignIt) {
		return
	}
	for _, name := range q.Assignees {
		if slices.Contains(people, name) && !slices.Contains(p.Assignees, name) {
			p.Assignees = append(p.Assignees, name)
		}
	}
	out := s.gitHubPull(p)
	out["assignees"] = listed(p.Assignees, func(n string) map[string]any { return map[string]any{"login": n} })
	answer(w, http.StatusCreated, out)
}

// gitHubGraphQL knows the three questions that are asked, by what stands in them.
func (s *Server) gitHubGraphQL(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Query     string
		Variables struct {
			Number int
			ID     string
		}
	}
	if !decode(w, r, &q) {
		return
	}
	data := func(v any) { answer(w, http.StatusOK, map[string]any{"data": v}) }
	refuse := func(kind, text string) {
		answer(w, http.StatusOK, map[string]any{"data": nil, "errors": []map[string]any{{"type": kind, "message": text}}})
	}
	switch {
	case strings.Contains(q.Query, "enablePullRequestAutoMerge"):
		number := 0
		_, err := fmt.Sscanf(q.Variables.ID, "PR_%d", &number)
		switch p := s.pull(number); {
		case err != nil || p == nil:
			refuse("NOT_FOUND", "Could not resolve to a node with the global id of '"+q.Variables.ID+"'.")
		case slices.Contains(s.denied, AutoMerge):
			refuse("FORBIDDEN", "Resource not accessible by integration")
		default:
			p.Auto = true
			data(map[string]any{"enablePullRequestAutoMerge": map[string]any{"clientMutationId": nil}})
		}
	default:
		p := s.pull(q.Variables.Number)
		if p == nil {
			refuse("NOT_FOUND", "Could not resolve to a PullRequest.")
			return
		}
		one := map[string]any{"id": fmt.Sprintf("PR_%d", p.Number), "autoMergeRequest": nil}
		if p.Auto {
			one["autoMergeRequest"] = map[string]any{"enabledAt": p.Updated}
		}
		data(map[string]any{"repository": map[string]any{
			"mergeCommitAllowed": false, "squashMergeAllowed": true, "rebaseMergeAllowed": true, "pullRequest": one}})
	}
}
