package registrytest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// HubAPI is Docker Hub's own API: the newest tags first, a hundred in a page at most, and a login with the account of
// [Auth]. Its 429 and its headers are its own.
type HubAPI struct {
	PageSize  int           // tags in a page, whatever page_size: it was ignored for days; 0 = as asked for
	MaxOffset int           // how many tags are shown without a token; 0 = all. Docker Hub shows 1,000
	Unordered bool          // the tags are in the order of their names, whatever ordering
	Next      string        // instead of the URL of the next page
	Loop      bool          // every page is the first
	CountOff  int           // added to the count
	NoCount   bool          // there is no count
	Expires   time.Duration // of a token; 0 = 10 minutes
	Remaining int           // requests left in this minute, told by headers; 0 = there are no such headers
}

// login exchanges the account's password for a token.
func (h *HubAPI) login(r *Registry, w http.ResponseWriter, req *http.Request, _ request) {
	var asked struct{ Identifier, Secret string }
	a := r.options.Auth
	if json.NewDecoder(req.Body).Decode(&asked) != nil || a.Username == "" || asked.Identifier != a.Username || asked.Secret != a.Password {
		w.WriteHeader(http.StatusUnauthorized)
		w.Write([]byte(`{"message":"unauthorized: incorrect username or password"}`))
		return
	}
	life := h.Expires
	if life == 0 {
		life = 10 * time.Minute
	}
	g := grant{account: a.Username, expires: r.options.Now().Add(life)}
	r.mu.Lock()
	token := r.mint(g)
	r.granted["hub "+token] = g // it opens nothing of the registry
	r.mu.Unlock()
	send(w, map[string]string{"access_token": token})
}

// tags serves a page of tags.
func (h *HubAPI) tags(r *Registry, w http.ResponseWriter, req *http.Request, q request) {
	token := bearer(req)
	r.mu.Lock()
	if h.Remaining > 0 {
		h.Remaining--
		w.Header().Set("X-RateLimit-Limit", "180")
		w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(h.Remaining))
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(r.options.Now().Add(time.Minute).Unix(), 10))
	}
	g, known := r.granted["hub "+token]
	r.mu.Unlock()
	known = known && r.options.Now().Before(g.expires)
	all, found := r.newest(q.repository)
	size, number := h.page(req)
	switch {
	case token != "" && !known:
		hubError(w, http.StatusUnauthorized, "unauthorized")
		return
	case !found || !known && slices.Contains(r.options.Auth.Private, q.repository):
		hubError(w, http.StatusNotFound, "object not found")
		return
	case !known && h.MaxOffset > 0 && (number-1)*size >= h.MaxOffset:
		hubError(w, http.StatusForbidden, "pagination offset too large for anonymous requests; sign in to page further")
		return
	case number > 1 && (number-1)*size >= len(all) && !h.Loop:
		hubError(w, http.StatusNotFound, "object not found")
		return
	}
	if h.Unordered {
		slices.SortFunc(all, func(a, b told) int { return cmp.Compare(a.name, b.name) })
	}
	if h.Loop {
		number = 1
	}
	items, more := page(all, number, size)
	h.send(w, req, items, len(all), more, number)
}

func (h *HubAPI) page(req *http.Request) (size, number int) {
	size, _ = strconv.Atoi(req.URL.Query().Get("page_size"))
	if size <= 0 {
		size = 10
	}
	if size = min(size, 100); h.PageSize > 0 {
		size = h.PageSize
	}
	number, _ = strconv.Atoi(req.URL.Query().Get("page"))
	return size, max(number, 1)
}

func (h *HubAPI) send(w http.ResponseWriter, req *http.Request, items []told, count int, more bool, number int) {
	results := make([]map[string]any, len(items))
	for i, item := range items {
		images := make([]map[string]any, 0, len(item.platforms))
		for _, platform := range item.platforms {
			image := map[string]any{"variant": nil, "status": "active"}
			for key, value := range platformMap(platform) {
				image[key] = value
			}
			images = append(images, image)
		}
		results[i] = map[string]any{
			"name": item.name, "digest": item.digest, "images": images, "tag_status": "active",
			"last_updated": stamp(item.pushed), "tag_last_pushed": stamp(item.pushed),
		}
	}
	answer := map[string]any{"count": count + h.CountOff, "next": nil, "previous": nil, "results": results}
	if h.NoCount {
		delete(answer, "count")
	}
	if more {
		next := *req.URL
		query := next.Query()
		query.Set("page", strconv.Itoa(number+1))
		next.RawQuery = query.Encode()
		answer["next"] = origin(req) + next.RequestURI()
		if h.Next != "" {
			answer["next"] = h.Next
		}
	}
	send(w, answer)
}

func hubError(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(encode(map[string]any{"message": message, "errinfo": map[string]any{}}))
}
