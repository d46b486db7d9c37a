package registrytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Paging is how a registry cuts its tag lists into pages. The zero value sends the whole list, or as many as asked for
// by n with a relative Link to the next page.
type Paging struct {
	Size          int    // tags in a page at most, also where the request names no n; 0 = all
	Default       int    // tags in a page where the request names no n; 0 = Size
	IgnoreN       bool   // sends everything, whatever n and last: Google, distribution 2.8
	RefuseN       bool   // 400 for any n
	MaxN          int    // 400 for a larger n: ECR; 0 = none is too large
	IgnoreLast    bool   // begins with the first tag, whatever last: Quay
	RefuseLast    bool   // 405 for any last: ECR Public, for one that was made up
	NoLink        bool   // cuts pages but sends no Link: go-containerregistry's registry, Nexus groups
	EmptyLastPage bool   // sends a Link although the page ended exactly at the end: distribution 3
	AbsoluteLink  bool   // ECR, Nexus
	LinkOrigin    string // scheme and host that the Link leads to instead of this server
	LinkPath      string // path that the Link has instead of the one that was asked: Artifactory, Nexus
	Loop          bool   // the Link leads to the page itself
	Endless       bool   // after the last page the first one comes again, under another URL
	Repeat        bool   // each page begins with the last tag of the one before
	JSONNext      string // a "next" in the body, which go-containerregistry follows
	NullTags      bool   // "tags": null where there are none
}

func (r *Registry) serveList(w http.ResponseWriter, req *http.Request, repository string) {
	if google := r.options.API.Google; google != nil {
		google.serve(r, w, repository)
		return
	}
	r.mu.Lock()
	tags, found := r.tags[repository]
	tags = slices.Clone(tags)
	r.mu.Unlock()
	p := r.options.Paging
	if !found {
		sendError(w, http.StatusNotFound, "NAME_UNKNOWN", "repository name not known to registry")
		return
	}
	query := req.URL.Query()
	size, ok := p.size(w, query.Get("n"))
	if !ok {
		return
	}
	last := query.Get("last")
	if p.RefuseLast && last != "" {
		sendError(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "invalid next token")
		return
	}
	if p.IgnoreLast || p.IgnoreN {
		last = ""
	}
	page, more := p.cut(tags, last, size)
	if more && !p.NoLink {
		w.Header().Set("Link", fmt.Sprintf("<%s>; rel=%q", p.link(req, page, size), "next"))
	}
	p.send(w, repository, page)
}

// size returns the number of tags in a page.
func (p Paging) size(w http.ResponseWriter, n string) (int, bool) {
	size := p.Size
	if size == 0 || p.IgnoreN {
		size = 1 << 30
	}
	if n == "" && p.Default > 0 {
		return p.Default, true
	}
	if n == "" || p.IgnoreN {
		return size, true
	}
	asked, err := strconv.Atoi(n)
	if err != nil || asked < 0 || p.RefuseN || p.MaxN > 0 && asked > p.MaxN {
		sendError(w, http.StatusBadRequest, "PAGINATION_NUMBER_INVALID", "invalid number of results requested")
		return 0, false
	}
	return min(size, asked), true
}

// cut returns the page after last, and whether a Link follows it.
func (p Paging) cut(tags []string, last string, size int) (page []string, more bool) {
	start, found := slices.BinarySearch(tags, last)
	found = found && last != "" // an illegal tag may be empty
	if found && !p.Repeat {
		start++
	}
	if p.Endless && start == len(tags) {
		start = 0
	}
	end := min(start+size, len(tags))
	more = end < len(tags) || p.EmptyLastPage && end-start == size || p.Endless
	return tags[start:end], more
}

func (p Paging) link(req *http.Request, page []string, size int) string {
	u := url.URL{Path: req.URL.Path}
	if p.LinkPath != "" {
		u.Path = p.LinkPath
	}
	query := url.Values{"n": {strconv.Itoa(size)}}
	if len(page) > 0 {
		query.Set("last", page[len(page)-1])
	}
	if p.Loop {
		query = req.URL.Query()
	}
	if p.Endless { // a URL not seen before
		turn, _ := strconv.Atoi(req.URL.Query().Get("turn"))
		query.Set("turn", strconv.Itoa(turn+1))
	}
	u.RawQuery = query.Encode()
	switch {
	case p.LinkOrigin != "":
		return p.LinkOrigin + u.String()
	case p.AbsoluteLink:
		return origin(req) + u.String()
	}
	return u.String()
}

func (p Paging) send(w http.ResponseWriter, repository string, page []string) {
	if p.NullTags && len(page) == 0 {
		page = nil
	} else if page == nil {
		page = []string{}
	}
	body, err := json.Marshal(struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
		Next string   `json:"next,omitempty"`
	}{repository, page, p.JSONNext})
	if err != nil {
		panic(err) // strings are always JSON
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// origin is the scheme and host by which the client came.
func origin(req *http.Request) string {
	scheme := "http"
	if req.TLS != nil || req.URL.Scheme == "https" {
		scheme = "https"
	}
	return scheme + "://" + req.Host
}
