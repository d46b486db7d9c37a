package hook

import "cmp"

// artifactoryEvent is what Artifactory sends for its domain docker. It names the repository that was pushed to, which may
// not be the one that images are taken from: that is often a virtual one around it.
type artifactoryEvent struct {
	Domain    string `json:"domain"`
	EventType string `json:"event_type"`
	Data      struct {
		ImageName string `json:"image_name"`
		Tag       string `json:"tag"`
	} `json:"data"`
	Origin string `json:"jpd_origin"` // https://acme.jfrog.io/artifactory
}

func readArtifactory(m message) (Delivery, error) {
	var e artifactoryEvent
	if err := decode(m.body, &e); err != nil {
		return Delivery{}, err
	}
	var g gathering
	if e.Domain == "docker" && (e.EventType == "pushed" || e.EventType == "promoted") {
		g.pushWithin(cmp.Or(m.registry, hostOf(e.Origin)), e.Data.ImageName, e.Data.Tag)
	}
	return g.delivery(), nil
}
