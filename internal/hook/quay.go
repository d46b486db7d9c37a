package hook

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
)

// quayPush is what Quay sends when a repository was pushed to. Its other notifications have no updated_tags.
type quayPush struct {
	DockerURL   string   `json:"docker_url"` // quay.io/acme/api
	UpdatedTags quayTags `json:"updated_tags"`
}

// quayTags are a list, and were once an object of image ids by tag.
type quayTags []string

// UnmarshalJSON reads either.
func (t *quayTags) UnmarshalJSON(data []byte) error {
	var list []string
	if json.Unmarshal(data, &list) == nil {
		*t = list
		return nil
	}
	var byTag map[string]json.RawMessage
	if err := json.Unmarshal(data, &byTag); err != nil {
		return err
	}
	*t = slices.Sorted(maps.Keys(byTag))
	return nil
}

func readQuay(m message) (Delivery, error) {
	var p quayPush
	if err := decode(m.body, &p); err != nil {
		return Delivery{}, err
	}
	var g gathering
	host, path, _ := cutName(p.DockerURL)
	for _, tag := range p.UpdatedTags {
		g.push(cmp.Or(m.registry, host), path, tag)
	}
	return g.delivery(), nil
}
