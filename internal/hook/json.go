package hook

import (
	"cmp"

	"github.com/image-updater/image-updater/image"
)

// plainPush is our own form: {"image": "ghcr.io/acme/api", "tag": "1.27.4"}. The image is written as in a policy, and may
// have the tag in it.
type plainPush struct {
	Image string `json:"image"`
	Tag   string `json:"tag"`
}

func readJSON(m message) (Delivery, error) {
	var g gathering
	err := g.plain(m.body)
	return g.delivery(), err
}

func (g *gathering) plain(body []byte) error {
	var p plainPush
	if err := decode(body, &p); err != nil {
		return err
	}
	if ref, err := image.ParseReference(p.Image); err == nil {
		g.add(Event{Repository: ref.Repository, Tag: cmp.Or(p.Tag, ref.Tag)})
	}
	return nil
}
