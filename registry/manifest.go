package registry

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
)

const (
	maxManifest  = 4 << 20 // as the OCI distribution specification advises registries
	maxConfig    = 8 << 20
	maxPlatforms = 256 // of one index
	maxManifests = 2000
)

// manifestTypes is what is asked for: without the types of indexes, a registry answers for a tag of many platforms with
// one of them, which has another digest.
var manifestTypes = http.Header{"Accept": {strings.Join([]string{
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.docker.distribution.manifest.v2+json",
}, ", ")}}

// configTypes are the configs that describe an image. Those of charts, signatures and the like are not read.
var configTypes = []string{
	"application/vnd.oci.image.config.v1+json",
	"application/vnd.docker.container.image.v1+json",
}

// errNoDigest is an answer to HEAD that leaves the digest open.
var errNoDigest = errors.New("the answer to HEAD has no Docker-Content-Digest")

// errOtherContent is an answer for a digest that has another one.
var errOtherContent = errors.New("it is not used")

// headManifest asks for the digest of a tag.
func (h *host) headManifest(ctx context.Context, r image.Repository, reference string) (image.Digest, error) {
	path := h.path(r)
	ctx = withCall(ctx, &call{path: path})
	resp, err := h.send(ctx, http.MethodHead, h.authorized, h.url(path+"/manifests/"+reference), manifestTypes, nil)
	if err != nil {
		return "", err
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return "", &Error{Status: resp.StatusCode, Err: errNoDigest}
	default:
		return "", h.manifestError(resp)
	}
	text := resp.Header.Get("Docker-Content-Digest")
	if text == "" {
		return "", &Error{Err: errNoDigest}
	}
	digest, err := image.ParseDigest(text)
	if err != nil {
		return "", &Error{Message: "the answer to HEAD has a Docker-Content-Digest that is none: " + h.secret.cleanText(text)}
	}
	return digest, nil
}

// getManifest asks for a manifest. It is what registries count as a pull.
func (h *host) getManifest(ctx context.Context, r image.Repository, reference string) ([]byte, error) {
	path := h.path(r)
	ctx = withCall(ctx, &call{path: path, maxBody: maxManifest, pull: true})
	resp, err := h.get(ctx, h.authorized, h.url(path+"/manifests/"+reference), manifestTypes)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, h.manifestError(resp)
	}
	return whole(resp), nil
}

// getBlob asks for a blob. Registries keep them elsewhere: a redirect to another host is followed, without credentials
// or certificate.
func (h *host) getBlob(ctx context.Context, r image.Repository, digest image.Digest) ([]byte, error) {
	path := h.path(r)
	ctx = withCall(ctx, &call{path: path, maxBody: maxConfig})
	resp, err := h.send(ctx, http.MethodGet, h.authorized, h.url(path+"/blobs/"+string(digest)), http.Header{}, h.beyond)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, h.statusError(resp, "reading the config "+digest.Short())
	}
	return whole(resp), nil
}

// manifestError is the error of an answer for a manifest. 404 is what all registries say of a tag that is not there,
// with or without a text.
func (h *host) manifestError(resp *http.Response) error {
	e := h.statusError(resp, "")
	if resp.StatusCode == http.StatusNotFound {
		e.Err = ErrNoTag
	}
	return e
}

func digestOf(body []byte) image.Digest {
	return image.Digest(fmt.Sprintf("sha256:%x", sha256.Sum256(body)))
}

// checkDigest reports an answer that is not what its digest promises.
func checkDigest(digest image.Digest, body []byte) error {
	got := digestOf(body)
	if strings.HasPrefix(string(digest), "sha512:") {
		got = image.Digest(fmt.Sprintf("sha512:%x", sha512.Sum512(body)))
	}
	if got != digest {
		return &Error{
			Message: fmt.Sprintf("the registry answers for %s with what has the digest %s", digest.Short(), got.Short()),
			Err:     errOtherContent,
		}
	}
	return nil
}

// manifest is what is kept of a manifest or index.
type manifest struct {
	Platforms []image.Platform `json:"platforms,omitempty"` // of an index, in its order
	Child     image.Digest     `json:"child,omitempty"`     // of an index: the manifest that speaks for it
	Config    image.Digest     `json:"config,omitempty"`    // of a manifest
	Images    string           `json:"images,omitempty"`    // of an index: the same for the same images for the same platforms
	Origin    Origin           `json:"origin,omitzero"`     // as the annotations tell, of an index also those of its child
}

// config is what is kept of an image's config.
type config struct {
	Platform image.Platform `json:"platform"`
	Created  time.Time      `json:"created"`
	Origin   Origin         `json:"origin,omitzero"` // as the labels tell
}

// descriptor is how one document points to another.
type descriptor struct {
	MediaType   string      `json:"mediaType"`
	Digest      string      `json:"digest"`
	Platform    *platform   `json:"platform"`
	Annotations annotations `json:"annotations"`
}

// platform is what a descriptor, a config or a tag API says of what the image runs on.
type platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant"`
}

// parse returns the platform if it is one. "unknown" is what attestations stand under.
func (p platform) parse() (image.Platform, bool) {
	parsed, err := image.ParsePlatform(image.Platform(p).String())
	return parsed, err == nil && parsed.OS != "unknown"
}

// addPlatform adds a platform, unless it is none: attestations and old images have "unknown" or nothing.
func addPlatform(all []image.Platform, p platform) []image.Platform {
	parsed, ok := p.parse()
	if !ok || len(parsed.String()) > maxPlatformText || len(all) == maxPlatforms || slices.Contains(all, parsed) {
		return all
	}
	return append(all, parsed)
}

// isAttestation reports whether it points to what BuildKit puts beside an image.
func (d descriptor) isAttestation() bool { return d.Annotations["vnd.docker.reference.type"] != "" }

// parseManifest reads a manifest or an index, and nothing out of what is neither or both.
func parseManifest(body []byte) manifest {
	var content struct {
		Config      *descriptor `json:"config"`
		Manifests   descriptors `json:"manifests"`
		Annotations annotations `json:"annotations"`
	}
	if json.Unmarshal(body, &content) != nil || content.Config != nil && content.Manifests != nil {
		return manifest{}
	}
	if content.Config == nil {
		m := parseIndex(content.Manifests)
		m.Origin = content.Annotations.origin().or(m.Origin)
		return m
	}
	digest, err := image.ParseDigest(content.Config.Digest)
	if err != nil || !slices.Contains(configTypes, content.Config.MediaType) {
		return manifest{}
	}
	return manifest{Config: digest, Origin: content.Annotations.origin()}
}

// descriptors are those of an index, of which there are not too many.
type descriptors []descriptor

// UnmarshalJSON counts before it makes room.
func (d *descriptors) UnmarshalJSON(data []byte) error {
	if elements(data) > maxManifests {
		return errors.New("too many manifests")
	}
	return json.Unmarshal(data, (*[]descriptor)(d))
}

// parseIndex gathers the platforms, and finds the manifest that speaks for the index: the first for linux/amd64, else the
// first with a platform, else the first.
func parseIndex(manifests []descriptor) manifest {
	var m manifest
	var images []string
	spoken := image.Platform{}
	preferred := image.Platform{OS: "linux", Architecture: "amd64"}
	for _, d := range manifests {
		digest, err := image.ParseDigest(d.Digest)
		if err != nil || d.isAttestation() {
			continue
		}
		if d.Platform == nil {
			if m.Child == "" {
				m.Child, m.Origin = digest, d.Annotations.origin()
			}
			continue
		}
		p, ok := d.Platform.parse()
		if !ok {
			continue
		}
		if spoken == (image.Platform{}) || p == preferred && spoken != preferred {
			m.Child, spoken, m.Origin = digest, p, d.Annotations.origin()
		}
		images = append(images, p.String()+" "+string(digest))
		if len(m.Platforms) < maxPlatforms && !slices.Contains(m.Platforms, p) {
			m.Platforms = append(m.Platforms, p)
		}
	}
	if len(images) > 0 {
		slices.Sort(images)
		m.Images = string(digestOf([]byte(strings.Join(slices.Compact(images), "\n"))))
	}
	return m
}

// parseConfig reads the config of an image. A platform or a time that is none is left out.
func parseConfig(body []byte) config {
	var content struct {
		platform
		Created string          `json:"created"`
		Config  json.RawMessage `json:"config"`
	}
	if json.Unmarshal(body, &content) != nil {
		return config{}
	}
	var inner struct {
		Labels annotations `json:"Labels"`
	}
	_ = json.Unmarshal(content.Config, &inner) // what is no object there has no labels
	c := config{Origin: inner.Labels.origin()}
	if p, ok := content.parse(); ok {
		c.Platform = p
	}
	// The last hours of the year 9999 are, in UTC, in one that cannot be written again.
	if created, err := time.Parse(time.RFC3339, content.Created); err == nil && created.UTC().Year() > 0 && created.UTC().Year() <= 9999 {
		c.Created = created.UTC()
	}
	return c
}
