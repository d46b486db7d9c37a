package registrytest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// API is which interfaces a registry has beside the specification, to tell more of tags than their names: what is told
// is what [Registry.Push] was given, and of tags from [Registry.Add] the digest. One that is nil is not there.
type API struct {
	Hub    *HubAPI
	Quay   *QuayAPI
	Azure  *AzureAPI
	Harbor *HarborAPI
	Google *GoogleLists
}

// apiRequest is a request to one of them.
type apiRequest struct {
	request
	serve func(*Registry, http.ResponseWriter, *http.Request, request)
}

// find returns what a URL asks for.
func (a API) find(at *url.URL) (apiRequest, bool) {
	path := at.EscapedPath()
	between := func(prefix, suffix string) (string, bool) {
		rest, found := strings.CutPrefix(path, prefix)
		if !found {
			return "", false
		}
		return strings.CutSuffix(rest, suffix)
	}
	if path == "/v2/auth/token" && a.Hub != nil {
		return apiRequest{request{kind: Login}, a.Hub.login}, true
	}
	if name, found := between("/v2/namespaces/", "/tags"); found && a.Hub != nil {
		return apiRequest{request{kind: Tell, repository: strings.Replace(name, "/repositories/", "/", 1)}, a.Hub.tags}, true
	}
	if name, found := between("/api/v1/repository/", "/tag/"); found && a.Quay != nil {
		return apiRequest{request{kind: Tell, repository: name}, a.Quay.tags}, true
	}
	if name, found := between("/acr/v1/", "/_tags"); found && a.Azure != nil {
		return apiRequest{request{kind: Tell, repository: name}, a.Azure.tags}, true
	}
	if name, found := between("/api/v2.0/projects/", "/artifacts"); found && a.Harbor != nil {
		project, name, _ := strings.Cut(name, "/repositories/")
		return apiRequest{request{kind: Tell, repository: project + "/" + strings.ReplaceAll(name, "%252F", "/")}, a.Harbor.artifacts}, true
	}
	return apiRequest{}, false
}

// told is a tag as these interfaces tell of it.
type told struct {
	name, digest    string
	pushed, created time.Time // zero = not known
	platforms       []string
}

// newest returns the tags of a repository, the one pushed last first, and whether there is such a repository.
func (r *Registry) newest(repository string) ([]told, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	names, found := r.tags[repository]
	all := make([]told, len(names))
	for i, name := range names {
		p, _ := r.at(repository, name)
		all[i] = told{name, p.digest, p.image.Pushed, p.image.Created, p.image.Platforms}
		if all[i].platforms == nil {
			all[i].platforms = []string{"linux/amd64"}
		}
	}
	slices.SortStableFunc(all, func(a, b told) int {
		return cmp.Or(b.pushed.Compare(a.pushed), cmp.Compare(a.name, b.name))
	})
	return all, found
}

// page cuts the page with that number, from 1 on.
func page[T any](all []T, number, size int) (items []T, more bool) {
	start := min(max(0, number-1)*size, len(all))
	end := min(start+size, len(all))
	return all[start:end], end < len(all)
}

// send answers with JSON.
func send(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(encode(answer))
}

// stamp writes a time as these interfaces do, or null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.999999Z")
}
