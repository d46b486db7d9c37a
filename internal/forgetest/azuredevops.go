package forgetest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// routeAzureDevOps serves what Azure DevOps has below an organization and its project.
func routeAzureDevOps(s *Server) {
	const pulls = "/acme/platform/_apis/git/repositories/fleet/pullrequests"
	s.mux.HandleFunc("GET "+pulls, s.azureList)
	s.mux.HandleFunc("POST "+pulls, s.azureCreate)
	s.mux.HandleFunc("GET "+pulls+"/{number}", s.azureOne)
	s.mux.HandleFunc("PATCH "+pulls+"/{number}", s.azureUpdate)
	s.mux.HandleFunc("GET "+pulls+"/{number}/threads", s.azureThreads)
	s.mux.HandleFunc("POST "+pulls+"/{number}/threads", s.azureComment)
	s.mux.HandleFunc("POST "+pulls+"/{number}/labels", s.azureLabel)
	s.mux.HandleFunc("DELETE "+pulls+"/{number}/labels/{name}", s.azureUnlabel)
	s.mux.HandleFunc("PUT "+pulls+"/{number}/reviewers/{id}", s.azureReview)
	s.mux.HandleFunc("GET /acme/_apis/projects/platform/teams", func(w http.ResponseWriter, _ *http.Request) {
		azureValues(w, []map[string]any{{"id": azureID("Platform Team"), "name": "Platform Team"}})
	})
	s.mux.HandleFunc("GET /acme/_apis/projects/platform/teams/{team}/members", func(w http.ResponseWriter, _ *http.Request) {
		azureValues(w, listed(people, func(n string) map[string]any { return map[string]any{"identity": azureUser(n)} }))
	})
}

// azureID is an id in the form that Azure DevOps has for everything.
func azureID(name string) string {
	n := slices.Index(people, name) + 1
	return "00000000-0000-0000-0000-00000000000" + strconv.Itoa(n)
}

func azureUser(name string) map[string]any {
	return map[string]any{"id": azureID(name), "uniqueName": name, "displayName": strings.ToUpper(name)}
}

func azureValues(w http.ResponseWriter, values []map[string]any) {
	answer(w, http.StatusOK, map[string]any{"value": values, "count": len(values)})
}

func azureFail(w http.ResponseWriter, status int, text string) {
	fail(w, status, map[string]any{"$id": "1", "innerException": nil, "message": text, "typeKey": "GitPullRequestException", "errorCode": 0})
}

func (s *Server) azurePull(p *Pull) map[string]any {
	out := map[string]any{
		"pullRequestId": p.Number, "title": p.Title, "description": p.Body, "isDraft": p.Draft,
		"status":        map[string]string{"open": "active", "closed": "abandoned", "merged": "completed"}[p.State],
		"sourceRefName": "refs/heads/" + p.Head, "targetRefName": "refs/heads/" + p.Base, "createdBy": azureUser(p.Author),
		"creationDate": p.Created, "lastMergeSourceCommit": map[string]any{"commitId": p.Tip}, "reviewers": listed(p.Reviewers, azureUser),
		"labels": listed(p.Labels, func(l string) map[string]any { return map[string]any{"name": l, "active": true} }),
	}
	if p.Fork != "" {
		out["forkSource"] = map[string]any{"repository": map[string]any{"name": p.Fork}}
	}
	if p.State != "open" {
		out["closedDate"], out["closedBy"] = p.Closed, azureUser(p.ClosedBy)
	}
	if p.State == "merged" {
		out["lastMergeCommit"] = map[string]any{"commitId": p.MergeCommit}
	}
	return out
}

// azureList shortens descriptions.
func (s *Server) azureList(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("api-version") == "" {
		azureFail(w, http.StatusBadRequest, "No api-version was supplied for the request.")
		return
	}
	const by = "searchCriteria."
	states := map[string]string{"open": "active", "closed": "abandoned", "merged": "completed"}
	all := s.newest(func(p *Pull) bool {
		state := r.URL.Query().Get(by + "status")
		return wanted(r, by+"sourceRefName", "refs/heads/"+p.Head) && wanted(r, by+"targetRefName", "refs/heads/"+p.Base) &&
			(state == "all" || state == states[p.State] || state == "" && p.State == "open")
	})
	skip, _ := strconv.Atoi(r.URL.Query().Get("$skip")) // nothing is the beginning
	top, err := strconv.Atoi(r.URL.Query().Get("$top"))
	if err != nil {
		top = 101
	}
	all = all[min(skip, len(all)):]
	azureValues(w, listed(all[:min(top, len(all))], func(p *Pull) map[string]any {
		out := s.azurePull(p)
		if len(p.Body) > 400 {
			out["description"] = p.Body[:400]
		}
		return out
	}))
}

func (s *Server) azureFor(w http.ResponseWriter, r *http.Request) *Pull {
	p := s.pull(pathInt(r, "number"))
	if p == nil {
		azureFail(w, http.StatusNotFound, "TF401180: The requested pull request was not found.")
	}
	return p
}

func (s *Server) azureCreate(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Title, Description string
		Source             string `json:"sourceRefName"`
		Target             string `json:"targetRefName"`
		Draft              bool   `json:"isDraft"`
	}
	if !decode(w, r, &q) || !s.may(w, Create) {
		return
	}
	if len(q.Title) > 400 || len(q.Description) > 4000 {
		azureFail(w, http.StatusBadRequest, "Invalid argument value.\r\nParameter name: A description for a pull request must not be longer than 4000 characters.")
		return
	}
	p, bad := s.open(Pull{
		Title: q.Title, Body: q.Description, Head: strings.TrimPrefix(q.Source, "refs/heads/"), Base: strings.TrimPrefix(q.Target, "refs/heads/"), Draft: q.Draft,
	})
	switch bad {
	case noHead, noBase:
		azureFail(w, http.StatusBadRequest, "TF401398: The pull request cannot be activated because the source and/or the target branch no longer exists, or the requested refs are not branches.")
	case exists:
		azureFail(w, http.StatusConflict, "TF401179: An active pull request for the source and target branch already exists.")
	case noCommits: // it opens one without changes
		head, base := strings.TrimPrefix(q.Source, "refs/heads/"), strings.TrimPrefix(q.Target, "refs/heads/")
		answer(w, http.StatusCreated, s.azurePull(s.add(Pull{Title: q.Title, Body: q.Description, Head: head, Base: base, Tip: s.tips[head]})))
	default:
		answer(w, http.StatusCreated, s.azurePull(p))
	}
}

func (s *Server) azureOne(w http.ResponseWriter, r *http.Request) {
	if p := s.azureFor(w, r); p != nil {
		answer(w, http.StatusOK, s.azurePull(p))
	}
}

func (s *Server) azureUpdate(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Title, Description *string
		Status             string
		Auto               *struct{ ID string } `json:"autoCompleteSetBy"`
	}
	p := s.azureFor(w, r)
	if p == nil || !decode(w, r, &q) {
		return
	}
	switch {
	case q.Auto != nil && !s.may(w, AutoMerge), q.Status != "" && !s.may(w, CloseIt), q.Title != nil && !s.may(w, Update):
		return
	case p.State == "merged":
		azureFail(w, http.StatusConflict, "TF401181: The pull request cannot be edited due to its state.")
		return
	case q.Status == "abandoned":
		s.finish(p, "closed", "", Bot)
	case q.Auto != nil:
		p.Auto = q.Auto.ID == azureID(p.Author)
	}
	if q.Title != nil {
		p.Title = *q.Title
	}
	if q.Description != nil {
		p.Body = *q.Description
	}
	s.touch(p)
	answer(w, http.StatusOK, s.azurePull(p))
}

func (s *Server) azureThreads(w http.ResponseWriter, r *http.Request) {
	p := s.azureFor(w, r)
	if p == nil {
		return
	}
	thread := func(kind string, c Comment) map[string]any {
		return map[string]any{"threadContext": nil, "isDeleted": false, "comments": []map[string]any{{
			"content": c.Body, "commentType": kind, "author": azureUser(c.Author), "publishedDate": c.Created}}}
	}
	all := []map[string]any{thread("system", Comment{Author: Bot, Body: "The reference was updated.", Created: p.Created})}
	for _, c := range p.Comments {
		all = append(all, thread("text", c))
	}
	azureValues(w, all)
}

func (s *Server) azureComment(w http.ResponseWriter, r *http.Request) {
	var q struct{ Comments []struct{ Content string } }
	p := s.azureFor(w, r)
	if p == nil || !decode(w, r, &q) || !s.may(w, Say) {
		return
	}
	for _, c := range q.Comments {
		s.say(p, Bot, c.Content)
	}
	answer(w, http.StatusOK, map[string]any{"id": len(p.Comments)})
}

func (s *Server) azureLabel(w http.ResponseWriter, r *http.Request) {
	var q struct{ Name string }
	if p := s.azureFor(w, r); p != nil && decode(w, r, &q) && s.may(w, Label) {
		s.label(p, q.Name)
		answer(w, http.StatusOK, map[string]any{"name": q.Name, "active": true})
	}
}

func (s *Server) azureUnlabel(w http.ResponseWriter, r *http.Request) {
	p := s.azureFor(w, r)
	if p == nil || !s.may(w, Label) {
		return
	}
	if !slices.Contains(p.Labels, r.PathValue("name")) {
		azureFail(w, http.StatusNotFound, "The tag is not there.")
		return
	}
	s.unlabel(p, r.PathValue("name"))
	w.WriteHeader(http.StatusOK)
}

func (s *Server) azureReview(w http.ResponseWriter, r *http.Request) {
	p := s.azureFor(w, r)
	if p == nil || !s.may(w, Review) {
		return
	}
	for _, name := range people {
		if azureID(name) == r.PathValue("id") {
			if !slices.Contains(p.Reviewers, name) {
				p.Reviewers = append(p.Reviewers, name)
				s.touch(p)
			}
			answer(w, http.StatusOK, azureUser(name))
			return
		}
	}
	azureFail(w, http.StatusNotFound, "The identity was not found.")
}
