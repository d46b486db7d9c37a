package registrytest

import (
	"net/http"
	"strconv"
	"time"
)

// GoogleLists is that tag lists are Google's: everything at once, with the manifests beside the tags.
type GoogleLists struct {
	Created bool // times of building are told, as Container Registry did; Artifact Registry says 0
}

func (g *GoogleLists) serve(r *Registry, w http.ResponseWriter, repository string) {
	all, found := r.newest(repository)
	if !found {
		sendError(w, http.StatusNotFound, "NAME_UNKNOWN", "repository name not known to registry")
		return
	}
	type manifest struct {
		Size      string   `json:"imageSizeBytes"`
		MediaType string   `json:"mediaType"`
		Created   string   `json:"timeCreatedMs"`
		Uploaded  string   `json:"timeUploadedMs"`
		Tags      []string `json:"tag"`
	}
	names, manifests := []string{}, make(map[string]manifest)
	for _, t := range all {
		names = append(names, t.name)
		m := manifest{Size: "2", MediaType: ociManifest, Created: "0", Uploaded: millis(t.pushed), Tags: append(manifests[t.digest].Tags, t.name)}
		if g.Created {
			m.Created = millis(t.created)
		}
		manifests[t.digest] = m
	}
	send(w, map[string]any{"child": []string{}, "manifest": manifests, "name": repository, "tags": names})
}

func millis(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
