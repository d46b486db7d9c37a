package hook

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/image-updater/image-updater/image"
)

// MaxBody is the longest body that is read.
const MaxBody = 1 << 20

// Event is one push: of a tag, or of what has none.
type Event struct {
	Repository image.Repository
	Tag        string // "" when the event tells none
	// Within says that the sender knows the image by a shorter name than its users: they may name a repository of the
	// registry before the path, or before the host as its subdomain.
	Within bool
}

// Delivery is what one request says.
type Delivery struct {
	Events []Event
	Reply  []byte // JSON that the sender wants to see as the answer, nil = any answer will do
}

// Options says what a hook expects.
type Options struct {
	Kind string // as in the policy file: docker-hub, github, ...
	// Secret returns what the sender proves itself with. Not for pubsub.
	Secret func() (string, error)
	// Registry is the host of the images; "" = the events tell it.
	Registry string

	// What follows is for pubsub.

	Audience, ServiceAccount string            // of the tokens
	Transport                http.RoundTripper // by which Google's keys are fetched; nil = [http.DefaultTransport]

	Now func() time.Time // nil = [time.Now]
}

// Hook reads the requests of one sender.
type Hook struct {
	kind     kind
	proof    proof
	registry string
}

// kind is what there is to know of a sender.
type kind struct {
	proof func(o Options) proof
	read  func(m message) (Delivery, error)
	// handshakes says that it asks with OPTIONS whether its events are welcome, as the CloudEvents Webhook
	// specification has it.
	handshakes bool
}

// message is a request that has proved itself.
type message struct {
	header   http.Header
	body     []byte
	registry string
}

var kinds = map[string]kind{
	"docker-hub":   {proof: tokenAnywhere, read: readDockerHub},
	"github":       {proof: signed("X-Hub-Signature-256", "sha256=", hmacSHA256), read: readGitHub},
	"quay":         {proof: tokenAnywhere, read: readQuay},
	"harbor":       {proof: tokenInHeader, read: readHarbor},
	"distribution": {proof: tokenInHeader, read: readDistribution},
	"gitlab":       {proof: tokenInHeader, read: readDistribution},
	"acr":          {proof: tokenAnywhere, read: readACR, handshakes: true},
	"ecr":          {proof: tokenInHeader, read: readECR},
	"pubsub":       {proof: googleToken, read: readPubSub},
	"nexus":        {proof: nexusSigned, read: readNexus},
	"artifactory":  {proof: artifactorySigned, read: readArtifactory},
	"gitea":        {proof: signed("X-Gitea-Signature", "", hmacSHA256), read: readGitea},
	"cloudevents":  {proof: tokenAnywhere, read: readCloudEvents, handshakes: true},
	"json":         {proof: standardSigned, read: readJSON},
}

// New returns the hook that o describes.
func New(o Options) (*Hook, error) {
	k, known := kinds[o.Kind]
	if !known {
		return nil, fmt.Errorf("unknown kind of hook %q", o.Kind)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Kind == "pubsub" && (o.Audience == "" || o.ServiceAccount == "") {
		return nil, errors.New("a hook of kind pubsub needs an audience and a service account")
	}
	if o.Kind != "pubsub" && o.Secret == nil {
		return nil, fmt.Errorf("a hook of kind %s needs a secret", o.Kind)
	}
	return &Hook{kind: k, proof: k.proof(o), registry: o.Registry}, nil
}

// Refusal is why a request is not taken.
type Refusal struct {
	Status int    // to answer with
	Reason string // for those who run the program, not for the sender
	Err    error  // the cause, or nil
}

// Error returns the reason and its cause.
func (r *Refusal) Error() string {
	if r.Err != nil {
		return r.Reason + ": " + r.Err.Error()
	}
	return r.Reason
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Err }

var (
	errUnproved = &Refusal{Status: http.StatusUnauthorized, Reason: "the secret or signature is missing or wrong"}
	errTooLarge = &Refusal{Status: http.StatusRequestEntityTooLarge, Reason: "the body is larger than 1 MiB"}
)

// Read checks a request and returns what it says. inPath is a secret that stood in the path of its address, "" = none did.
// The error is a [*Refusal].
func (h *Hook) Read(r *http.Request, inPath string) (Delivery, error) {
	shown := shownIn(r, inPath)
	if err := h.proof.before(r.Context(), shown); err != nil {
		return Delivery{}, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	switch {
	case len(body) > MaxBody:
		return Delivery{}, errTooLarge
	case err != nil:
		return Delivery{}, &Refusal{Status: http.StatusBadRequest, Reason: "reading the body", Err: err}
	}
	if err := h.proof.over(shown, body); err != nil {
		return Delivery{}, err
	}
	d, err := h.kind.read(message{header: r.Header, body: body, registry: h.registry})
	if err != nil {
		return Delivery{}, &Refusal{Status: http.StatusBadRequest, Reason: "reading the event", Err: err}
	}
	return d, nil
}

// provesByBody reports whether a request has to be read before it is known who sends it.
func (h *Hook) provesByBody() bool {
	switch h.proof.(type) {
	case signature, standard:
		return true
	}
	return false
}

// Greet answers a sender that asks with OPTIONS whether its events are welcome. It returns the origin that may send them.
func (h *Hook) Greet(r *http.Request, inPath string) (origin string, err error) {
	origin = r.Header.Get("WebHook-Request-Origin")
	if !h.kind.handshakes || origin == "" {
		return "", &Refusal{Status: http.StatusMethodNotAllowed, Reason: "OPTIONS without a handshake of this kind"}
	}
	return origin, h.proof.before(r.Context(), shownIn(r, inPath))
}
