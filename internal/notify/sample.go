package notify

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// Sample is a message that tells of nothing, to try a channel with.
func Sample(now time.Time, version string) Message {
	return Message{ID: newID(), At: now, Version: version, Sample: true, Events: []status.Event{
		{Kind: status.EventUpdated, When: now, Policies: []string{"example"}, Image: "nginx", Registry: "docker.io", Git: "fleet", Branch: "main",
			From: "1.25.3", To: "1.27.4", Places: 2, Link: status.Link{Text: "1a2b3c4", URL: "https://git.example/acme/fleet/commit/1a2b3c4"}},
		{Kind: status.EventHeld, When: now, Policies: []string{"example-api"}, Image: "ghcr.io/acme/api", Registry: "ghcr.io", Git: "fleet", Branch: "main",
			From: "2.0.0", To: "2.1.0", Why: status.Reason{Rule: "held", Detail: "2.1.0 was taken back by hand"}},
	}}
}

// newID returns what no other message is called.
func newID() string { return "msg-" + strings.ToLower(rand.Text()) }
