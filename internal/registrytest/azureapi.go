package registrytest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// AzureAPI is the API of Azure's registries, for tokens with the scope metadata_read.
type AzureAPI struct {
	PageSize int // tags in a page at most; 0 = 1000
}

// tags serves a page of tags, the newest first, and a Link to the next.
func (a *AzureAPI) tags(r *Registry, w http.ResponseWriter, req *http.Request, q request) {
	if !r.authorize(w, req, q) {
		return
	}
	all, found := r.newest(q.repository)
	if !found {
		sendError(w, http.StatusNotFound, "NAME_UNKNOWN", "repository name not known to registry")
		return
	}
	query := req.URL.Query()
	size, _ := strconv.Atoi(query.Get("n"))
	if a.PageSize > 0 {
		size = min(size, a.PageSize)
	}
	start := 1 + slices.IndexFunc(all, func(t told) bool { return t.name == query.Get("last") })
	items, more := page(all[start:], 1, max(1, size))
	tags := make([]map[string]any, len(items))
	for i, item := range items {
		tags[i] = map[string]any{"name": item.name, "digest": item.digest, "createdTime": stamp(item.pushed), "lastUpdateTime": stamp(item.pushed)}
	}
	if more {
		query.Set("last", items[len(items)-1].name)
		next := url.URL{Path: req.URL.Path, RawQuery: query.Encode()}
		w.Header().Set("Link", "<"+next.String()+`>; rel="next"`)
	}
	send(w, map[string]any{"registry": req.Host, "imageName": q.repository, "tags": tags})
}
