package registry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/image-updater/image-updater/image"
)

// adapterKind names the adapter of a registry in the table of known ones.
type adapterKind string

const (
	noAdapter adapterKind = ""
	dockerHub adapterKind = "Docker Hub"
	google    adapterKind = "Google"
	quay      adapterKind = "Quay"
	azure     adapterKind = "Azure"
	harbor    adapterKind = "Harbor"
)

// adapters are how one registry tells more of tags than their names.
type adapters struct {
	host *host
	hub  *hubAPI // Docker Hub's own API, where it may be asked

	mu  sync.Mutex
	one adapter // nil = none, as far as the registry has shown
}

func (a *adapters) init(h *host) {
	a.host = h
	if h.habits.adapter == dockerHub && (h.entry.Endpoint == "" || h.entry.HubEndpoint != "") {
		a.hub = newHub(h.client, h.entry)
	}
}

// get returns the adapter, or nil.
func (a *adapters) get() adapter {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.one == nil {
		a.one = a.choose()
	}
	return a.one
}

// choose goes by the table and by what the registry has shown. A mirror is not what it mirrors, so that a registry with
// an endpoint has none but the tag API that was named for it.
func (a *adapters) choose() adapter {
	kind := a.host.habits.adapter
	switch {
	case a.hub != nil:
		return &dockerHubTags{host: a.host, api: a.hub}
	case a.host.entry.Endpoint != "":
		return nil
	case kind == noAdapter:
		kind = a.host.kindShown()
	}
	switch kind {
	case google:
		return &googleTags{host: a.host}
	case quay:
		return &quayTags{host: a.host}
	case azure:
		return &azureTags{host: a.host}
	case harbor:
		return newHarbor(a.host)
	}
	return nil
}

// kindShown tells from its challenge what kind of registry it is, once it has been asked for something. Both write the
// same in all versions known: Harbor the service "harbor-registry", Quay its token server at /v2/auth.
func (h *host) kindShown() adapterKind {
	ch, known := h.challenges.peek()
	if !known || ch.Scheme != schemeBearer {
		return noAdapter
	}
	realm, err := url.Parse(ch.Realm)
	switch {
	case err != nil || !strings.EqualFold(realm.Hostname(), h.base.Hostname()):
		return noAdapter
	case ch.Service == "harbor-registry":
		return harbor
	case realm.Path == "/v2/auth":
		return quay
	}
	return noAdapter
}

// ask reads an answer in JSON of a service beside the registry's own interface. An answer that refuses is a [notTold].
func (h *host) ask(ctx context.Context, by http.RoundTripper, at *url.URL, header http.Header, answer any) (http.Header, error) {
	if header == nil {
		header = make(http.Header)
	}
	header.Set("Accept", "application/json")
	resp, err := h.get(ctx, by, at, header)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		err := h.statusError(resp, "asking "+at.Host+" for tags")
		if refuses(resp.StatusCode) {
			return nil, &notTold{err}
		}
		return nil, err
	}
	body := whole(resp)
	if crowded(body, callOf(ctx).maxBody) {
		return nil, &Error{step: "asking " + at.Host + " for tags", Message: "the answer is no tag list: it has too many parts"}
	}
	defer h.client.decoding(body)()
	err = json.Unmarshal(body, answer)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		err = nil // that field is not set, all others are
	}
	if err != nil {
		return nil, &Error{step: "asking " + at.Host + " for tags", Message: "the answer is no tag list: " + jsonProblem(err)}
	}
	return resp.Header, nil
}

// apiURL returns the URL of a path outside of /v2/. Slashes that are part of a name come escaped.
func (h *host) apiURL(escapedPath string, query url.Values) *url.URL {
	u := *h.base
	u.Path, _ = url.PathUnescape(escapedPath) // of our making
	u.RawPath, u.RawQuery = escapedPath, query.Encode()
	return &u
}

// allNames returns the names of all tags as the registry has them now.
func (h *host) allNames(r image.Repository) func(context.Context) (TagList, error) {
	return func(ctx context.Context) (TagList, error) { return h.tags(ctx, r, 0) }
}
