package registrytest

import (
	"net/http"
	"slices"
	"strconv"
)

// HarborAPI is the API of Harbor, which takes the account of [Auth]. Its artifacts are manifests and indexes.
type HarborAPI struct {
	NoAccount bool // it does not take the account, which opens the registry all the same
}

// artifacts serves a page of them with their tags, the newest first.
func (a *HarborAPI) artifacts(r *Registry, w http.ResponseWriter, req *http.Request, q request) {
	_, _, shown := req.BasicAuth()
	if shown && (a.NoAccount || !r.account(req)) {
		sendError(w, http.StatusUnauthorized, "UNAUTHORIZED", "unauthorized")
		return
	}
	all, found := r.newest(q.repository)
	if !found || !shown && slices.Contains(r.options.Auth.Private, q.repository) {
		sendError(w, http.StatusNotFound, "NOT_FOUND", "repository not found")
		return
	}
	var artifacts []map[string]any
	for _, t := range all {
		artifacts = append(artifacts, artifact(t))
	}
	query := req.URL.Query()
	number, _ := strconv.Atoi(query.Get("page"))
	size, _ := strconv.Atoi(query.Get("page_size"))
	items, _ := page(artifacts, number, max(1, min(size, 100)))
	w.Header().Set("X-Total-Count", strconv.Itoa(len(artifacts)))
	if items == nil {
		items = []map[string]any{}
	}
	send(w, items)
}

func artifact(t told) map[string]any {
	tags := []map[string]any{{"name": t.name, "push_time": stamp(t.pushed)}}
	a := map[string]any{"type": "IMAGE", "digest": t.digest, "push_time": stamp(t.pushed), "tags": tags}
	if len(t.platforms) == 1 {
		attributes := map[string]any{"created": stamp(t.created)}
		for key, value := range platformMap(t.platforms[0]) {
			attributes[key] = value
		}
		a["extra_attrs"] = attributes
		return a
	}
	var references []map[string]any
	for _, platform := range t.platforms {
		references = append(references, map[string]any{"platform": platformMap(platform)})
	}
	a["references"] = references
	return a
}
