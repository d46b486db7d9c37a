package registrytest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The media types of what is served.
const (
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	ociConfig      = "application/vnd.oci.image.config.v1+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerIndex    = "application/vnd.docker.distribution.manifest.list.v2+json"
	dockerConfig   = "application/vnd.docker.container.image.v1+json"
)

// builtAt is when images were built that do not say.
var builtAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Image is what stands under a tag. The zero value is one manifest for linux/amd64.
type Image struct {
	Platforms   []string  // "linux/arm64/v8"; more than one make an index; nil = linux/amd64
	Created     time.Time // in its configs; zero = the first of January 2026
	Pushed      time.Time // zero = when Push was called; what was only added by Add has none
	Build       int       // another number makes another digest
	Index       bool      // an index for one platform, too
	Attestation bool      // the index has a manifest of attestations for each image, as BuildKit makes them
	Docker      bool      // with Docker's media types instead of OCI's

	Annotations map[string]string // of the manifest, or of the index
	Described   map[string]string // annotations of what an index points to
	Labels      map[string]string // in its configs
}

// document is a manifest or a config, content-addressed.
type document struct {
	body      []byte
	mediaType string
}

func (d document) digest() string { return fmt.Sprintf("sha256:%x", sha256.Sum256(d.body)) }

// descriptor is how one document points to another.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    map[string]string `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

func (d document) descriptor() descriptor {
	return descriptor{MediaType: d.mediaType, Digest: d.digest(), Size: len(d.body)}
}

// pushed is what a tag points to.
type pushed struct {
	image  Image
	digest string
}

// Manifest returns the manifest that stands under a tag made by [Registry.Add], made from the two names, and its
// digest.
func Manifest(repository, tag string) (body []byte, digest string) {
	top := Image{}.build(repository + ":" + tag)[0]
	return top.body, top.digest()
}

// build makes the documents of an image, the one that a tag points to first.
func (i Image) build(name string) []document {
	platforms := i.Platforms
	if platforms == nil {
		platforms = []string{"linux/amd64"}
	}
	if len(platforms) == 1 && !i.Index {
		return i.single(name, platforms[0])
	}
	index := struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Manifests     []descriptor `json:"manifests"`

		Annotations map[string]string `json:"annotations,omitempty"`
	}{2, i.mediaType(dockerIndex, ociIndex), nil, i.Annotations}
	i.Annotations = nil // those of the manifests are their own
	var rest []document
	for _, platform := range platforms {
		documents := i.single(name, platform)
		rest = append(rest, documents...)
		d := documents[0].descriptor()
		d.Platform, d.Annotations = platformMap(platform), i.Described
		index.Manifests = append(index.Manifests, d)
		if i.Attestation {
			index.Manifests = append(index.Manifests, descriptor{
				MediaType: ociManifest, Digest: document{body: []byte(d.Digest)}.digest(), Size: 1,
				Platform:    map[string]string{"os": "unknown", "architecture": "unknown"},
				Annotations: map[string]string{"vnd.docker.reference.type": "attestation-manifest"},
			})
		}
	}
	return append([]document{{encode(index), index.MediaType}}, rest...)
}

// single makes the manifest of one platform and its config.
func (i Image) single(name, platform string) []document {
	created := i.Created
	if created.IsZero() {
		created = builtAt
	}
	content := map[string]any{"created": created.UTC(), "comment": fmt.Sprintf("%s, build %d", name, i.Build)}
	for key, value := range platformMap(platform) {
		content[key] = value
	}
	if i.Labels != nil {
		content["config"] = map[string]any{"Labels": i.Labels}
	}
	config := document{encode(content), i.mediaType(dockerConfig, ociConfig)}
	manifest := struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Config        descriptor   `json:"config"`
		Layers        []descriptor `json:"layers"`

		Annotations map[string]string `json:"annotations,omitempty"`
	}{2, i.mediaType(dockerManifest, ociManifest), config.descriptor(), []descriptor{}, i.Annotations}
	return []document{{encode(manifest), manifest.MediaType}, config}
}

func (i Image) mediaType(docker, oci string) string {
	if i.Docker {
		return docker
	}
	return oci
}

// platformMap splits OS/ARCHITECTURE[/VARIANT] into what stands in an index and in a config.
func platformMap(platform string) map[string]string {
	parts := strings.Split(platform, "/")
	m := map[string]string{"os": parts[0], "architecture": parts[1]}
	if len(parts) > 2 {
		m["variant"] = parts[2]
	}
	return m
}

func encode(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers and times are always JSON
	}
	return body
}

// Push puts an image under a tag, whether or not something stands there, and returns its digest. What stood there can
// still be had by its digest.
func (r *Registry) Push(repository, tag string, i Image) (digest string) {
	r.Add(repository, tag)
	r.mu.Lock()
	defer r.mu.Unlock()
	if i.Pushed.IsZero() {
		i.Pushed = r.options.Now()
	}
	return r.store(repository, tag, i).digest
}

// PushDocument puts a manifest of any bytes under a tag, and returns its digest.
func (r *Registry) PushDocument(repository, tag, mediaType, body string) (digest string) {
	r.Add(repository, tag)
	r.mu.Lock()
	defer r.mu.Unlock()
	d := document{[]byte(body), mediaType}
	r.documents[repository+"@"+d.digest()] = d
	r.pushed[repository+":"+tag] = pushed{Image{Pushed: r.options.Now()}, d.digest()}
	return d.digest()
}

// store keeps an image and points the tag to it; r.mu is held.
func (r *Registry) store(repository, tag string, i Image) pushed {
	documents := i.build(repository + ":" + tag)
	for _, d := range documents {
		r.documents[repository+"@"+d.digest()] = d
	}
	p := pushed{i, documents[0].digest()}
	r.pushed[repository+":"+tag] = p
	return p
}

// at returns what the tag points to; r.mu is held. What [Registry.Add] has made is built when it is first asked for.
func (r *Registry) at(repository, tag string) (pushed, bool) {
	if _, found := slices.BinarySearch(r.tags[repository], tag); !found {
		return pushed{}, false
	}
	if p, found := r.pushed[repository+":"+tag]; found {
		return p, true
	}
	return r.store(repository, tag, Image{}), true
}

// document returns what a reference, a tag or a digest, leads to; r.mu is held.
func (r *Registry) document(repository, reference string) (document, bool) {
	if !strings.Contains(reference, ":") {
		p, found := r.at(repository, reference)
		return r.documents[repository+"@"+p.digest], found
	}
	if _, found := r.documents[repository+"@"+reference]; !found {
		for _, tag := range r.tags[repository] {
			r.at(repository, tag)
		}
	}
	d, found := r.documents[repository+"@"+reference]
	return d, found
}

func (r *Registry) serveManifest(w http.ResponseWriter, req *http.Request, q request) {
	if !r.meter(w, req, q) {
		return
	}
	r.mu.Lock()
	d, found := r.document(q.repository, q.reference)
	r.mu.Unlock()
	if !found {
		sendError(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown")
		return
	}
	w.Header().Set("Content-Type", d.mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(d.body)))
	if !r.options.NoDigest {
		w.Header().Set("Docker-Content-Digest", d.digest())
	}
	if q.kind == Get {
		w.Write(d.body)
	}
}

// serveBlob sends a config, or leads to where it lies.
func (r *Registry) serveBlob(w http.ResponseWriter, req *http.Request, q request) {
	r.mu.Lock()
	d, found := r.document(q.repository, q.reference)
	r.mu.Unlock()
	store := r.options.BlobStore
	switch {
	case !found:
		sendError(w, http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry")
	case store != "" && origin(req) != store:
		http.Redirect(w, req, store+req.URL.Path+"?signature=secret", http.StatusTemporaryRedirect)
	case store != "" && req.Header.Get("Authorization") != "":
		http.Error(w, "only one auth mechanism allowed", http.StatusBadRequest) // as S3 has it
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(d.body)))
		w.Write(d.body)
	}
}
