package forgetest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// routeBitbucketServer serves what Bitbucket Data Center has below /rest/api/1.0.
func routeBitbucketServer(s *Server) {
	const pulls = "/rest/api/1.0/projects/{project}/repos/{repo}/pull-requests"
	s.mux.HandleFunc("GET "+pulls, s.serverList)
	s.mux.HandleFunc("POST "+pulls, s.serverCreate)
	s.mux.HandleFunc("GET "+pulls+"/{number}", s.serverOne)
	s.mux.HandleFunc("PUT "+pulls+"/{number}", s.serverUpdate)
	s.mux.HandleFunc("POST "+pulls+"/{number}/decline", s.serverDecline)
	s.mux.HandleFunc("POST "+pulls+"/{number}/auto-merge", s.serverAutoMerge)
	s.mux.HandleFunc("GET "+pulls+"/{number}/activities", s.serverActivities)
	s.mux.HandleFunc("POST "+pulls+"/{number}/comments", s.serverComment)
}

// atlassian is how Bitbucket Data Center words errors.
func atlassian(text string) map[string]any {
	return map[string]any{"errors": []map[string]any{{"context": nil, "message": text, "exceptionName": "com.atlassian.bitbucket.Exception"}}}
}

func serverUser(name string) map[string]any {
	return map[string]any{"user": map[string]any{"name": name, "slug": name}}
}

func (s *Server) serverPull(p *Pull) map[string]any {
	project := s.owner
	if p.Fork != "" {
		project = "~" + p.Fork
	}
	ref := func(project, branch, tip string) map[string]any {
		return map[string]any{
			"id": "refs/heads/" + branch, "displayId": branch, "latestCommit": tip,
			"repository": map[string]any{"slug": s.name, "project": map[string]any{"key": project}},
		}
	}
	out := map[string]any{
		"id": p.Number, "version": p.Version, "title": p.Title, "description": p.Body, "draft": p.Draft,
		"state": map[string]string{"open": "OPEN", "closed": "DECLINED", "merged": "MERGED"}[p.State],
		"open":  p.State == "open", "closed": p.State != "open", "createdDate": p.Created.UnixMilli(), "updatedDate": p.Updated.UnixMilli(),
		"fromRef": ref(project, p.Head, p.Tip), "toRef": ref(s.owner, p.Base, s.tips[p.Base]), "author": serverUser(p.Author),
		"reviewers": listed(p.Reviewers, serverUser),
		"links":     map[string]any{"self": []map[string]any{{"href": fmt.Sprintf("https://forge.example/projects/%s/repos/%s/pull-requests/%d", s.owner, s.name, p.Number)}}},
	}
	if p.State != "open" {
		out["closedDate"] = p.Closed.UnixMilli()
	}
	if p.State == "merged" {
		out["properties"] = map[string]any{"mergeCommit": map[string]any{"id": p.MergeCommit, "displayId": p.MergeCommit[:11]}}
	}
	return out
}

func (s *Server) serverList(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	at, outgoing := strings.TrimPrefix(query.Get("at"), "refs/heads/"), query.Get("direction") == "OUTGOING"
	states := map[string]string{"open": "OPEN", "closed": "DECLINED", "merged": "MERGED"}
	all := s.newest(func(p *Pull) bool {
		branch := p.Base
		if outgoing {
			if p.Fork != "" {
				return false
			}
			branch = p.Head
		}
		state := query.Get("state")
		return (at == "" || at == branch) && (state == "ALL" || states[p.State] == state || state == "" && p.State == "open")
	})
	serverPage(w, r, all, s.serverPull)
}

// serverPage answers with a part of a list, by an offset.
func serverPage[T any](w http.ResponseWriter, r *http.Request, all []T, as func(T) map[string]any) {
	start, _ := strconv.Atoi(r.URL.Query().Get("start")) // nothing is the beginning
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil {
		limit = 25
	}
	from := min(start, len(all))
	to := min(from+limit, len(all))
	page := map[string]any{"values": listed(all[from:to], as), "size": to - from, "limit": limit, "start": start, "isLastPage": to == len(all), "nextPageStart": nil}
	if to < len(all) {
		page["nextPageStart"] = to
	}
	answer(w, http.StatusOK, page)
}

func (s *Server) serverFor(w http.ResponseWriter, r *http.Request) *Pull {
	p := s.pull(pathInt(r, "number"))
	if p == nil || r.PathValue("project") != s.owner || r.PathValue("repo") != s.name {
		fail(w, http.StatusNotFound, atlassian("No pull request exists with this ID for this repository"))
		return nil
	}
	return p
}

func (s *Server) serverCreate(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Title, Description string
		FromRef, ToRef     struct{ ID string }
		Draft              bool
	}
	if !decode(w, r, &q) || !s.may(w, Create) {
		return
	}
	if len(q.Title) > 255 || len(q.Description) > 32768 {
		fail(w, http.StatusBadRequest, atlassian("The description must be 32,768 characters or less."))
		return
	}
	p, bad := s.open(Pull{
		Title: q.Title, Body: q.Description, Head: strings.TrimPrefix(q.FromRef.ID, "refs/heads/"), Base: strings.TrimPrefix(q.ToRef.ID, "refs/heads/"), Draft: q.Draft,
	})
	switch bad {
	case noHead, noBase:
		fail(w, http.StatusNotFound, atlassian("Repository "+s.name+" of project "+s.owner+" has no such branch"))
	case noCommits:
		fail(w, http.StatusConflict, atlassian("The destination already contains all commits of the source"))
	case exists:
		e := atlassian("Only one pull request may be open for a given source and target branch")
		e["errors"].([]map[string]any)[0]["existingPullRequest"] = s.serverPull(p)
		fail(w, http.StatusConflict, e)
	default:
		answer(w, http.StatusCreated, s.serverPull(p))
	}
}

func (s *Server) serverOne(w http.ResponseWriter, r *http.Request) {
	if p := s.serverFor(w, r); p != nil {
		answer(w, http.StatusOK, s.serverPull(p))
	}
}

// stale answers to a change of a version that is not the latest.
func (s *Server) stale(w http.ResponseWriter, p *Pull, version int) bool {
	if version == p.Version {
		return false
	}
	e := atlassian("You are attempting to modify a pull request based on out-of-date information.")
	one := e["errors"].([]map[string]any)[0]
	one["currentVersion"], one["expectedVersion"] = p.Version, version
	fail(w, http.StatusConflict, e)
	return true
}

// serverUpdate replaces the reviewers, by none if they are left out.
func (s *Server) serverUpdate(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Version            int
		Title, Description string
		Reviewers          []struct{ User struct{ Name string } }
		Draft              *bool
	}
	p := s.serverFor(w, r)
	if p == nil || !decode(w, r, &q) || s.stale(w, p, q.Version) {
		return
	}
	var reviewers []string
	for _, u := range q.Reviewers {
		if !slices.Contains(people, u.User.Name) || u.User.Name == p.Author {
			fail(w, http.StatusConflict, atlassian("Errors encountered while adding some reviewers to this pull request: "+u.User.Name+" is not a user"))
			return
		}
		reviewers = append(reviewers, u.User.Name)
	}
	right := Update
	if !slices.Equal(reviewers, p.Reviewers) {
		right = Review
	}
	if !s.may(w, right) {
		return
	}
	if p.State != "open" {
		fail(w, http.StatusConflict, atlassian("This pull request has already been closed."))
		return
	}
	p.Title, p.Body, p.Reviewers = q.Title, q.Description, reviewers
	if q.Draft != nil {
		p.Draft = *q.Draft
	}
	s.touch(p)
	answer(w, http.StatusOK, s.serverPull(p))
}

func (s *Server) serverDecline(w http.ResponseWriter, r *http.Request) {
	p := s.serverFor(w, r)
	if p == nil || !s.may(w, CloseIt) {
		return
	}
	if r.Header.Get("X-Atlassian-Token") != "no-check" {
		fail(w, http.StatusForbidden, atlassian("XSRF check failed"))
		return
	}
	version, err := strconv.Atoi(r.URL.Query().Get("version"))
	if err != nil {
		version = -1
	}
	if s.stale(w, p, version) {
		return
	}
	s.finish(p, "closed", "", Bot)
	answer(w, http.StatusOK, s.serverPull(p))
}

func (s *Server) serverAutoMerge(w http.ResponseWriter, r *http.Request) {
	var q struct{ FromHash string }
	p := s.serverFor(w, r)
	if p == nil || !decode(w, r, &q) || !s.may(w, AutoMerge) {
		return
	}
	if q.FromHash != p.Tip {
		fail(w, http.StatusConflict, atlassian("The source branch has been updated."))
		return
	}
	p.Auto = true
	answer(w, http.StatusOK, map[string]any{"autoMergeProcessingStatus": "PENDING"})
}

func (s *Server) serverActivities(w http.ResponseWriter, r *http.Request) {
	p := s.serverFor(w, r)
	if p == nil {
		return
	}
	all := []map[string]any{{"action": "OPENED"}}
	for _, c := range p.Comments {
		all = append(all, map[string]any{"action": "COMMENTED", "commentAction": "ADDED", "comment": serverComment(c)})
	}
	slices.Reverse(all)
	serverPage(w, r, all, func(a map[string]any) map[string]any { return a })
}

func serverComment(c Comment) map[string]any {
	return map[string]any{"text": c.Body, "author": map[string]any{"name": c.Author}, "createdDate": c.Created.UnixMilli()}
}

func (s *Server) serverComment(w http.ResponseWriter, r *http.Request) {
	var q struct{ Text string }
	if p := s.serverFor(w, r); p != nil && decode(w, r, &q) && s.may(w, Say) {
		answer(w, http.StatusCreated, serverComment(s.say(p, Bot, q.Text)))
	}
}
