package hook

import (
	"cmp"
	"slices"
)

// harborEvent is what Harbor sends, in its own form or as a CloudEvent.
type harborEvent struct {
	Type      string     `json:"type"`
	EventData harborData `json:"event_data"`
	Data      harborData `json:"data"` // of a CloudEvent
}

type harborData struct {
	Resources []struct {
		Tag         string `json:"tag"`          // the digest of what was pushed without one
		ResourceURL string `json:"resource_url"` // harbor.acme.example/team/api:1.27.4
	} `json:"resources"`
	Repository struct {
		RepoFullName string `json:"repo_full_name"` // team/api
	} `json:"repository"`
}

// harborPushes are the types of events that say that something was pushed: since 2.0, before, and as CloudEvents.
var harborPushes = []string{"PUSH_ARTIFACT", "pushImage", "harbor.artifact.pushed", "harbor.tag.created"}

func readHarbor(m message) (Delivery, error) {
	var e harborEvent
	if err := decode(m.body, &e); err != nil {
		return Delivery{}, err
	}
	var g gathering
	if slices.Contains(harborPushes, e.Type) {
		g.harbor(e.EventData, m.registry)
		g.harbor(e.Data, m.registry)
	}
	return g.delivery(), nil
}

func (g *gathering) harbor(d harborData, registry string) {
	for _, r := range d.Resources {
		host, path, _ := cutName(r.ResourceURL)
		g.push(cmp.Or(registry, host), cmp.Or(d.Repository.RepoFullName, path), r.Tag)
	}
}
