package hook

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// cloudEvent is an event of the CloudEvents specification 1.0, as far as it matters here.
type cloudEvent struct {
	Type       string          `json:"type"`
	Source     string          `json:"source"`
	Data       json.RawMessage `json:"data"`
	DataBase64 []byte          `json:"data_base64"`
}

// readCloudEvents reads an event in either mode, or a batch.
func readCloudEvents(m message) (Delivery, error) {
	events, err := cloudEventsOf(m)
	if err != nil {
		return Delivery{}, err
	}
	var g gathering
	for _, e := range events {
		if err := g.cloudEvent(e, m.registry); err != nil {
			return Delivery{}, err
		}
	}
	return g.delivery(), nil
}

func cloudEventsOf(m message) ([]cloudEvent, error) {
	media, _, _ := strings.Cut(strings.ToLower(m.header.Get("Content-Type")), ";")
	switch {
	case strings.HasPrefix(media, "application/cloudevents-batch+json"):
		var batch []cloudEvent
		err := decode(m.body, &batch)
		return batch, err
	case m.header.Get("Ce-Type") != "": // binary mode: the attributes are headers
		return []cloudEvent{{Type: m.header.Get("Ce-Type"), Source: m.header.Get("Ce-Source"), Data: m.body}}, nil
	}
	var e cloudEvent
	err := decode(m.body, &e)
	return []cloudEvent{e}, err
}

// cloudEvent takes the events of those who are known to send some about images, and of everybody else those whose data say
// image.
func (g *gathering) cloudEvent(e cloudEvent, registry string) error {
	data := e.Data
	if len(e.DataBase64) > 0 {
		data = e.DataBase64
	}
	if len(data) == 0 {
		return nil
	}
	switch {
	case slices.Contains(harborPushes, e.Type):
		var d harborData
		if err := decode(data, &d); err != nil {
			return err
		}
		g.harbor(d, registry)
	case e.Type == acrPushed:
		var d distributionEvent
		if err := decode(data, &d); err != nil {
			return err
		}
		g.distribution(d, registry)
	case strings.HasSuffix(e.Type, ".image.updated"): // zot, whose typePrefix and source can be set
		var d struct {
			Name      string `json:"name"`
			Reference string `json:"reference"`
		}
		if err := decode(data, &d); err != nil {
			return err
		}
		g.push(cmp.Or(registry, hostOf(e.Source)), d.Name, d.Reference)
	case strings.HasPrefix(e.Type, "dev.cdevents.artifact.published."):
		var d struct {
			Subject struct {
				ID string `json:"id"`
			} `json:"subject"`
		}
		if err := decode(data, &d); err != nil {
			return err
		}
		g.packageURL(d.Subject.ID)
	default:
		return g.plain(data)
	}
	return nil
}

// packageURL takes the package URL of an image: pkg:oci/api@sha256:...?repository_url=ghcr.io/acme/api&tag=1.27.4
func (g *gathering) packageURL(s string) {
	rest, found := strings.CutPrefix(s, "pkg:oci/")
	_, qualifiers, qualified := strings.Cut(rest, "?")
	if !found || !qualified {
		return
	}
	qualifiers, _, _ = strings.Cut(qualifiers, "#")
	query, err := url.ParseQuery(qualifiers)
	if err != nil {
		return
	}
	host, path, _ := cutName(query.Get("repository_url"))
	g.push(host, path, query.Get("tag"))
}
