package hook

// nexusEvent is what Nexus sends for a component of a repository. It tells no host.
type nexusEvent struct {
	Action    string `json:"action"`
	Component struct {
		Format  string `json:"format"`
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"component"`
}

func readNexus(m message) (Delivery, error) {
	if m.header.Get("X-Nexus-Webhook-Id") != "rm:repository:component" {
		return Delivery{}, nil
	}
	var e nexusEvent
	if err := decode(m.body, &e); err != nil {
		return Delivery{}, err
	}
	var g gathering
	if e.Component.Format == "docker" && (e.Action == "CREATED" || e.Action == "UPDATED") {
		g.pushWithin(m.registry, e.Component.Name, e.Component.Version)
	}
	return g.delivery(), nil
}
