package registrytest

import (
	"net/http"
	"slices"
	"strconv"
)

// QuayAPI is the API of Quay, which takes none of what opens the registry.
type QuayAPI struct {
	PageSize int // tags in a page at most; 0 = 100
}

// tags serves a page of active tags, the newest first.
func (a *QuayAPI) tags(r *Registry, w http.ResponseWriter, req *http.Request, q request) {
	all, found := r.newest(q.repository)
	if !found || slices.Contains(r.options.Auth.Private, q.repository) {
		sendError(w, http.StatusUnauthorized, "insufficient_scope", "Unauthorized")
		return
	}
	size, _ := strconv.Atoi(req.URL.Query().Get("limit"))
	if a.PageSize > 0 {
		size = min(size, a.PageSize)
	}
	number, _ := strconv.Atoi(req.URL.Query().Get("page"))
	items, more := page(all, number, max(1, min(size, 100)))
	tags := make([]map[string]any, len(items))
	for i, item := range items {
		tags[i] = map[string]any{"name": item.name, "manifest_digest": item.digest, "is_manifest_list": len(item.platforms) > 1}
		if !item.pushed.IsZero() {
			tags[i]["start_ts"] = item.pushed.Unix()
		}
	}
	send(w, map[string]any{"tags": tags, "page": number, "has_additional": more})
}
