package registrytest

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

const manifestType = "application/vnd.oci.image.manifest.v1+json"

// Manifest returns the manifest that stands under a tag, made from the two names, and its digest.
func Manifest(repository, tag string) (body []byte, digest string) {
	config := sha256.Sum256([]byte(repository + ":" + tag))
	body = fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":`+
		`"application/vnd.oci.image.config.v1+json","digest":"sha256:%x","size":2},"layers":[]}`, manifestType, config)
	return body, fmt.Sprintf("sha256:%x", sha256.Sum256(body))
}

func (r *Registry) serveManifest(w http.ResponseWriter, q request) {
	body, digest, found := r.manifest(q)
	if !found {
		sendError(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown")
		return
	}
	w.Header().Set("Content-Type", manifestType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Docker-Content-Digest", digest)
	if q.kind == Get {
		w.Write(body)
	}
}

func (r *Registry) manifest(q request) (body []byte, digest string, found bool) {
	r.mu.Lock()
	tags := slices.Clone(r.tags[q.repository])
	r.mu.Unlock()
	for _, tag := range tags {
		if body, digest := Manifest(q.repository, tag); tag == q.reference || digest == q.reference {
			return body, digest, true
		}
	}
	return nil, "", false
}
