package hook

// pubsubPush is what Pub/Sub sends for the topic gcr, into which Artifact Registry and Container Registry tell of pushes.
// A subscription with payload unwrapping sends what is in the message alone.
type pubsubPush struct {
	Message *struct {
		Data []byte `json:"data"` // base64
	} `json:"message"`
	googlePush
}

type googlePush struct {
	Action string `json:"action"`
	Tag    string `json:"tag"` // europe-docker.pkg.dev/acme/images/api:1.27.4; a push without a tag has a digest alone
}

func readPubSub(m message) (Delivery, error) {
	var envelope pubsubPush
	if err := decode(m.body, &envelope); err != nil {
		return Delivery{}, err
	}
	pushed := envelope.googlePush
	if envelope.Message != nil {
		if err := decode(envelope.Message.Data, &pushed); err != nil {
			return Delivery{}, err
		}
	}
	var g gathering
	if pushed.Action == "INSERT" {
		g.pushNamed(pushed.Tag, "")
	}
	return g.delivery(), nil
}
