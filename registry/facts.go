package registry

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/image-updater/image-updater/image"
)

// The buckets of what digests lead to. It never changes and is the same in every registry, so it is kept for ever.
const (
	manifestBucket = "manifest"
	configBucket   = "config"
)

// factRenewed is the age at which what is in use is kept anew, so that it is not dropped as the oldest.
const factRenewed = 7 * 24 * time.Hour

// reading is one look at what a tag points to.
type reading struct {
	host       *host
	repository image.Repository
	tag        string
	credential credential
	free       bool // only what is at hand, as a manifest would be counted as a pull
}

// describe adds the platforms and the build time to a tag, whose digest is known.
func (x reading) describe(ctx context.Context, t *Tag, want image.Facts) error {
	m, err := x.manifest(ctx, t.Digest)
	if err != nil {
		return err
	}
	t.Platforms = append([]image.Platform{}, m.Platforms...)
	if len(m.Platforms) > 0 && !want.Has(image.CreatedFact) {
		return nil
	}
	if m.Child != "" {
		m, err = x.manifest(ctx, m.Child)
		if errors.Is(err, ErrNoTag) {
			return nil // an index need not have all it names
		}
		if err != nil {
			return err
		}
	}
	if m.Config == "" {
		return nil
	}
	c, err := x.config(ctx, m.Config)
	if err != nil {
		return err
	}
	t.Created = c.Created
	if len(t.Platforms) == 0 && c.Platform != (image.Platform{}) {
		t.Platforms = []image.Platform{c.Platform}
	}
	return nil
}

// manifest returns what a manifest or index says: as it was kept, else by the one GET that it ever costs.
func (x reading) manifest(ctx context.Context, digest image.Digest) (manifest, error) {
	if x.free { // alone, so that nobody who may spend a pull gets the answer
		var m manifest
		if !x.host.kept(manifestBucket, digest, &m) {
			return manifest{}, errCounted
		}
		return m, nil
	}
	return once(ctx, x, manifestBucket, digest, parseManifest, func() ([]byte, error) {
		if err := x.unread(digest); err != nil {
			return nil, err
		}
		if err := x.hear(ctx); err != nil {
			return nil, err
		}
		body, err := x.host.getManifest(ctx, x.repository, string(digest))
		if err == nil {
			err = checkDigest(digest, body)
		}
		x.keepUnread(digest, err)
		return body, err
	})
}

// config is the same for the config of an image, which is a blob and no registry counts.
func (x reading) config(ctx context.Context, digest image.Digest) (config, error) {
	return once(ctx, x, configBucket, digest, parseConfig, func() ([]byte, error) {
		return x.host.getBlob(ctx, x.repository, digest)
	})
}

// hear sends a HEAD, which is free, when a GET would be counted and the registry has not said lately what is left.
func (x reading) hear(ctx context.Context) error {
	h := x.host
	if !h.ledger.meters(x.credential) || h.ledger.heardLately(x.credential, h.path(x.repository)) {
		return nil
	}
	_, err := h.headManifest(ctx, x.repository, x.tag)
	return err
}

// once returns what a digest leads to, kept or read. However many want it at a time, it is read once.
func once[T any](ctx context.Context, x reading, bucket string, digest image.Digest, parse func([]byte) T, read func() ([]byte, error)) (T, error) {
	var value T
	if x.host.kept(bucket, digest, &value) {
		return value, nil
	}
	key := bucket + " " + x.repository.String() + "@" + string(digest)
	found, err := x.host.client.things.do(ctx, key, func() (any, error) {
		if x.host.kept(bucket, digest, &value) {
			return value, nil
		}
		body, err := read()
		if err == nil {
			err = checkDigest(digest, body)
		}
		if err != nil {
			return value, err
		}
		done := x.host.client.decoding(body)
		value = parse(body)
		done()
		x.host.keep(bucket, digest, value)
		return value, nil
	})
	if err != nil {
		return value, err
	}
	return found.(T), nil
}

// kept finds what a digest leads to.
func (h *host) kept(bucket string, digest image.Digest, into any) bool {
	entry, found := h.client.cache.Get(bucket, string(digest))
	if !found || json.Unmarshal(entry.Value, into) != nil {
		return false
	}
	if h.client.now().Sub(entry.At) > factRenewed {
		h.put(bucket, digest, entry.Value)
	}
	return true
}

func (h *host) keep(bucket string, digest image.Digest, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // texts, and times of the years that JSON has
	}
	h.put(bucket, digest, data)
}

func (h *host) put(bucket string, digest image.Digest, data []byte) {
	if err := h.client.cache.Put(bucket, string(digest), data, h.client.now()); err != nil {
		h.client.log.Debug("what a digest leads to is not kept", "digest", digest, "err", err)
	}
}
