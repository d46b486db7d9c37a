package forgetest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// routeBitbucketCloud serves what api.bitbucket.org has below /2.0.
func routeBitbucketCloud(s *Server) {
	const pulls = "/2.0/repositories/{owner}/{repo}/pullrequests"
	s.mux.HandleFunc("GET "+pulls, s.cloudList)
	s.mux.HandleFunc("POST "+pulls, s.cloudCreate)
	s.mux.HandleFunc("GET "+pulls+"/{number}", s.cloudOne)
	s.mux.HandleFunc("PUT "+pulls+"/{number}", s.cloudUpdate)
	s.mux.HandleFunc("POST "+pulls+"/{number}/decline", s.cloudDecline)
	s.mux.HandleFunc("GET "+pulls+"/{number}/comments", s.cloudComments)
	s.mux.HandleFunc("POST "+pulls+"/{number}/comments", s.cloudComment)
	s.mux.HandleFunc("GET /2.0/workspaces/{owner}/members", s.cloudMembers)
}

func cloudUser(name string) map[string]any {
	return map[string]any{"uuid": "{uuid-of-" + name + "}", "nickname": name, "display_name": strings.ToUpper(name), "type": "user"}
}

func cloudFail(w http.ResponseWriter, status int, text string) {
	fail(w, status, map[string]any{"type": "error", "error": map[string]any{"message": text}})
}

func (s *Server) cloudPull(p *Pull) map[string]any {
	owner := s.owner
	if p.Fork != "" {
		owner = p.Fork
	}
	end := func(owner, branch, tip string) map[string]any {
		return map[string]any{
			"branch": map[string]any{"name": branch}, "commit": map[string]any{"hash": tip[:min(12, len(tip))], "type": "commit"},
			"repository": map[string]any{"full_name": owner + "/" + s.name, "uuid": "{" + owner + "}", "type": "repository"},
		}
	}
	out := map[string]any{
		"type": "pullrequest", "id": p.Number, "title": p.Title, "description": p.Body, "draft": p.Draft, "author": cloudUser(p.Author),
		"state": map[string]string{"open": "OPEN", "closed": "DECLINED", "merged": "MERGED"}[p.State], "closed_by": nil, "merge_commit": nil,
		"source": end(owner, p.Head, p.Tip), "destination": end(s.owner, p.Base, s.tips[p.Base]), "created_on": p.Created, "updated_on": p.Updated,
		"links": map[string]any{"html": map[string]any{"href": fmt.Sprintf("https://forge.example/%s/%s/pull-requests/%d", s.owner, s.name, p.Number)}},
	}
	if p.State != "open" {
		out["closed_by"] = cloudUser(p.ClosedBy)
	}
	if p.State == "merged" {
		out["merge_commit"] = map[string]any{"hash": p.MergeCommit[:12], "type": "commit"}
	}
	return out
}

// cloudWhole is a pull request with what lists leave out.
func (s *Server) cloudWhole(p *Pull) map[string]any {
	out := s.cloudPull(p)
	out["reviewers"], out["close_source_branch"] = listed(p.Reviewers, cloudUser), false
	return out
}

// cloudTerm is a comparison of a filter; more than equality and AND is not asked for.
var cloudTerm = regexp.MustCompile(`^([a-z.]+) = "((?:[^"\\]|\\.)*)"$`)

func (s *Server) cloudList(w http.ResponseWriter, r *http.Request) {
	want := map[string]string{}
	if q := r.URL.Query().Get("q"); q != "" {
		for term := range strings.SplitSeq(q, " AND ") {
			m := cloudTerm.FindStringSubmatch(term)
			if m == nil {
				cloudFail(w, http.StatusBadRequest, "Invalid query: "+term)
				return
			}
			want[m[1]] = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(m[2])
		}
	}
	states := r.URL.Query()["state"]
	if len(states) == 0 {
		states = []string{"OPEN"}
	}
	all := s.newest(func(p *Pull) bool {
		state, _ := s.cloudPull(p)["state"].(string)
		head, byHead := want["source.branch.name"]
		base, byBase := want["destination.branch.name"]
		return slices.Contains(states, state) && (!byHead || head == p.Head) && (!byBase || base == p.Base)
	})
	part, next := window(r, all, "page", "pagelen", 50)
	cloudPage(w, r, listed(part, s.cloudPull), next)
}

// cloudPage answers with a page of a list. The URL of the next has another host than was asked, as behind a proxy.
func cloudPage(w http.ResponseWriter, r *http.Request, values []map[string]any, next int) {
	page := map[string]any{"values": values, "pagelen": len(values)}
	if next != 0 {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(next))
		page["next"] = "http://internal.example" + r.URL.EscapedPath() + "?" + query.Encode()
	}
	answer(w, http.StatusOK, page)
}

func (s *Server) cloudFor(w http.ResponseWriter, r *http.Request) *Pull {
	p := s.pull(pathInt(r, "number"))
	if p == nil || r.PathValue("owner") != s.owner || r.PathValue("repo") != s.name {
		cloudFail(w, http.StatusNotFound, "Pull request not found")
		return nil
	}
	return p
}

func (s *Server) cloudCreate(w http.ResponseWriter, r *http.Request) {
	type end struct{ Branch struct{ Name string } }
	var q struct {
		Title, Description  string
		Source, Destination end
		Draft               bool
	}
	if !decode(w, r, &q) || !s.may(w, Create) {
		return
	}
	p, bad := s.open(Pull{Title: q.Title, Body: q.Description, Head: q.Source.Branch.Name, Base: q.Destination.Branch.Name, Draft: q.Draft})
	switch bad {
	case noHead:
		cloudFail(w, http.StatusBadRequest, "source: branch not found: "+q.Source.Branch.Name)
	case noBase:
		cloudFail(w, http.StatusBadRequest, "destination: branch not found: "+q.Destination.Branch.Name)
	case noCommits:
		cloudFail(w, http.StatusBadRequest, "There are no changes to be pulled")
	case exists:
		cloudFail(w, http.StatusBadRequest, "There is already an open pull request for these branches")
	default:
		answer(w, http.StatusCreated, s.cloudWhole(p))
	}
}

func (s *Server) cloudOne(w http.ResponseWriter, r *http.Request) {
	if p := s.cloudFor(w, r); p != nil {
		answer(w, http.StatusOK, s.cloudWhole(p))
	}
}

// cloudUpdate replaces the whole: what is left out is emptied.
func (s *Server) cloudUpdate(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Title, Description string
		Reviewers          []struct{ UUID string }
		Draft              bool
	}
	p := s.cloudFor(w, r)
	if p == nil || !decode(w, r, &q) {
		return
	}
	var reviewers []string
	for _, u := range q.Reviewers {
		name := strings.TrimSuffix(strings.TrimPrefix(u.UUID, "{uuid-of-"), "}")
		if !slices.Contains(people, name) || name == p.Author {
			cloudFail(w, http.StatusBadRequest, "reviewers: Malformed reviewers list")
			return
		}
		reviewers = append(reviewers, name)
	}
	right := Update
	if !slices.Equal(reviewers, p.Reviewers) {
		right = Review
	}
	switch {
	case !s.may(w, right):
	case q.Title == "":
		fail(w, http.StatusBadRequest, map[string]any{"type": "error", "error": map[string]any{"fields": map[string]any{"title": []string{"This field is required."}}, "message": "title: This field is required."}})
	case p.State != "open":
		cloudFail(w, http.StatusBadRequest, "This pull request is already closed.")
	default:
		p.Title, p.Body, p.Reviewers, p.Draft = q.Title, q.Description, reviewers, q.Draft
		s.touch(p)
		answer(w, http.StatusOK, s.cloudWhole(p))
	}
}

func (s *Server) cloudDecline(w http.ResponseWriter, r *http.Request) {
	p := s.cloudFor(w, r)
	if p == nil || !s.may(w, CloseIt) {
		return
	}
	if p.State != "open" {
		cloudFail(w, http.StatusBadRequest, "This pull request is already closed.")
		return
	}
	s.finish(p, "closed", "", Bot)
	answer(w, http.StatusOK, s.cloudWhole(p))
}

func cloudComment(c Comment) map[string]any {
	return map[string]any{"content": map[string]any{"raw": c.Body}, "user": cloudUser(c.Author), "deleted": false, "created_on": c.Created}
}

func (s *Server) cloudComments(w http.ResponseWriter, r *http.Request) {
	p := s.cloudFor(w, r)
	if p == nil {
		return
	}
	comments := slices.Clone(p.Comments)
	if r.URL.Query().Get("sort") == "-created_on" {
		slices.Reverse(comments)
	}
	part, next := window(r, comments, "page", "pagelen", 100)
	cloudPage(w, r, listed(part, cloudComment), next)
}

func (s *Server) cloudComment(w http.ResponseWriter, r *http.Request) {
	var q struct{ Content struct{ Raw string } }
	if p := s.cloudFor(w, r); p != nil && decode(w, r, &q) && s.may(w, Say) {
		answer(w, http.StatusCreated, cloudComment(s.say(p, Bot, q.Content.Raw)))
	}
}

func (s *Server) cloudMembers(w http.ResponseWriter, r *http.Request) {
	part, next := window(r, people, "page", "pagelen", 2)
	cloudPage(w, r, listed(part, func(n string) map[string]any { return map[string]any{"user": cloudUser(n)} }), next)
}
