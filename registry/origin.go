package registry

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/image-updater/image-updater/image"
)

// Origin is what an image says about where it comes from. All of it is optional, and the word of whoever has built the
// image: it is short and printable, and nothing else about it is sure.
type Origin struct {
	Source   string `json:"source,omitempty"`   // URL of the source code
	Revision string `json:"revision,omitempty"` // of the source code, such as the id of a commit
	Version  string `json:"version,omitempty"`  // of the software in the image
	URL      string `json:"url,omitempty"`      // of a page about the image
}

// or fills in what is not told with what other tells.
func (o Origin) or(other Origin) Origin {
	return Origin{
		Source: cmp.Or(o.Source, other.Source), Revision: cmp.Or(o.Revision, other.Revision),
		Version: cmp.Or(o.Version, other.Version), URL: cmp.Or(o.URL, other.URL),
	}
}

// maxAnnotation is the longest text of an annotation that is kept.
const maxAnnotation = 500

// annotations are those of a manifest, or the labels of a config.
type annotations map[string]string

// UnmarshalJSON passes over values that are no texts: that one is wrong does not make an image unreadable.
func (a *annotations) UnmarshalJSON(data []byte) error {
	var all map[string]json.RawMessage
	if !bytes.HasPrefix(data, []byte("{")) || json.Unmarshal(data, &all) != nil {
		return nil
	}
	*a = annotations{}
	for key, value := range all {
		var text string
		if json.Unmarshal(value, &text) == nil {
			(*a)[key] = text
		}
	}
	return nil
}

// origin reads the annotations of the OCI image specification, and those of Label Schema that came before them.
func (a annotations) origin() Origin {
	first := func(keys ...string) string {
		for _, key := range keys {
			if text := strings.TrimSpace(a[key]); text != "" && len(text) <= maxAnnotation && isPrintable(text) {
				return text
			}
		}
		return ""
	}
	return Origin{
		Source:   first("org.opencontainers.image.source", "org.label-schema.vcs-url"),
		Revision: first("org.opencontainers.image.revision", "org.label-schema.vcs-ref"),
		Version:  first("org.opencontainers.image.version", "org.label-schema.version"),
		URL:      first("org.opencontainers.image.url", "org.label-schema.url"),
	}
}

func isPrintable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Origin returns what an image says about where it comes from: its annotations first, then its labels, which are read
// only if the annotations name no source. The digest is that of the tag; with "" the tag is looked up, unless that was
// done since then.
//
// What is not at hand takes one GET of a manifest, for an index without annotations two, and one of a blob. A GET for
// which the quota has no room is not sent: the error has a [*QuotaError] in it then. With free set a registry that
// counts pulls is asked nothing at all, and what is not at hand is not told. Beside an error is what was found before it.
func (c *Client) Origin(ctx context.Context, repository image.Repository, tag string, digest image.Digest, since time.Time, free bool) (Origin, error) {
	op := "reading where tag " + tag + " comes from"
	if err := image.CheckTag(tag); err != nil {
		return Origin{}, &Error{Op: "reading where a tag comes from", Repository: repository, Err: err}
	}
	ctx, h, end, err := c.begin(ctx, op, repository)
	if err != nil {
		return Origin{}, err
	}
	defer end()
	o, err := h.origin(ctx, repository, tag, digest, since, free)
	if err != nil {
		return o, h.wrap(op, repository, err)
	}
	return o, nil
}

// errCounted says that a manifest is not at hand.
var errCounted = errors.New("reading it would be counted as a pull")

func (h *host) origin(ctx context.Context, r image.Repository, tag string, digest image.Digest, since time.Time, free bool) (Origin, error) {
	c, err := h.keys.get(ctx)
	if err != nil {
		return Origin{}, err
	}
	x := reading{host: h, repository: r, tag: tag, credential: c, free: free && h.ledger.meters(c)}
	if digest == "" {
		if digest, err = x.digest(ctx, since); err != nil {
			return Origin{}, explain(err, h.entry.Host, c)
		}
	}
	o, err := x.origin(ctx, digest)
	if errors.Is(err, errCounted) {
		return o, nil
	}
	return o, explain(err, h.entry.Host, c)
}

// digest returns that of the tag; "", where only what is at hand is wanted and it is not.
func (x reading) digest(ctx context.Context, since time.Time) (image.Digest, error) {
	if x.free {
		top, _ := x.host.keptHead(x.host.keyOf(x.repository.String()+":"+x.tag, x.credential))
		return top.digest, nil
	}
	top, err := x.host.head(ctx, x.credential, x.repository, x.tag, since)
	return top.digest, err
}

// origin goes from a manifest to what it points to, until something names the source.
func (x reading) origin(ctx context.Context, digest image.Digest) (Origin, error) {
	m, err := x.manifest(ctx, digest)
	o := m.Origin
	if err == nil && o.Source == "" && m.Child != "" {
		m, err = x.manifest(ctx, m.Child)
		o = o.or(m.Origin)
	}
	if err != nil || o.Source != "" || m.Config == "" {
		return o, err
	}
	c, err := x.config(ctx, m.Config)
	return o.or(c.Origin), err
}
