package hook

import (
	"cmp"
	"strings"
)

// distributionEvents is what the registry of the distribution project sends to its notification endpoints, GitLab's own
// registry among them: application/vnd.docker.distribution.events.v1+json, or v2 since its version 3.
type distributionEvents struct {
	Events []distributionEvent `json:"events"`
}

// distributionEvent is also what ACR sends, one by one.
type distributionEvent struct {
	Action string `json:"action"`
	Target struct {
		MediaType  string `json:"mediaType"`
		Repository string `json:"repository"`
		URL        string `json:"url"`
		Tag        string `json:"tag"`
	} `json:"target"`
	Request struct {
		Host string `json:"host"` // that the client asked
	} `json:"request"`
}

func readDistribution(m message) (Delivery, error) {
	var all distributionEvents
	if err := decode(m.body, &all); err != nil {
		return Delivery{}, err
	}
	var g gathering
	for _, e := range all.Events {
		g.distribution(e, m.registry)
	}
	return g.delivery(), nil
}

// distribution takes what a tag was pushed of: there is an event for each blob, too.
func (g *gathering) distribution(e distributionEvent, registry string) {
	if e.Action != "push" || e.Target.Tag == "" || !isManifest(e.Target.MediaType) {
		return
	}
	g.push(cmp.Or(registry, e.Request.Host, hostOf(e.Target.URL)), e.Target.Repository, e.Target.Tag)
}

func isManifest(mediaType string) bool {
	return mediaType == "" || strings.Contains(mediaType, "manifest") || strings.Contains(mediaType, "image.index")
}
