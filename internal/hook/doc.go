// Package hook reads what registries send when something was pushed, and answers them.
//
//	h, err := hook.New(hook.Options{Kind: "github", Secret: secret})
//	delivery, err := h.Read(r, "")
//	for _, e := range delivery.Events { ... } // ghcr.io/acme/api, 1.27.4
//
// An event decides nothing: it says which repository is worth a look. What it tells beside is a hint that nobody has to
// believe, so that a replayed, a forged or a flooded event costs a look at the most. [Handler] puts the hooks of a policy
// file behind /hooks/NAME.
//
// # Proof
//
// Nothing is read from a request that does not prove itself, in the way that its sender can:
//
//   - by a signature over the body: github, nexus, artifactory, gitea, json (over the time, too, so that it grows old),
//   - by the secret in a header: harbor, distribution, gitlab, ecr,
//   - by the secret in a header or in the address, where the sender can set no header, or not always: docker-hub, quay, acr,
//     cloudevents,
//   - by a token of Google for one audience and service account: pubsub.
//
// Secrets are asked for at each request, so one that changes holds at once, and compared in a time that does not tell how
// much of them was right.
//
// # Bounds
//
// A body has 1 MiB at most, a delivery a thousand events. Names that are no image's are left out; what is not about a push
// is no error, it is a [Delivery] without events. No input makes it panic.
package hook
