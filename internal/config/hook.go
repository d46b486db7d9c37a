package config

import "slices"

// Hook is one entry of hooks: a place at which a registry tells that something was pushed.
type Hook struct {
	Name                  string
	Kind                  string // docker-hub, github, ...
	SecretEnv, SecretFile string // one of them, but for pubsub
	Registry              string // host of the images, as in image.Repository.Host; "" = the events tell it
	Audience              string // for pubsub, as ServiceAccount
	ServiceAccount        string
	PerMinute             int // events that are taken
	Position              Position
}

// A place at which a registry tells that something was pushed.
type hookEntry struct {
	section

	// The last part of its address: /hooks/NAME.
	Name name `yaml:"name" jsonschema:"required"`
	// Who sends the events, or in which form.
	Kind hookKind `yaml:"kind" jsonschema:"required"`
	// Environment variable that holds what the sender proves itself with.
	SecretEnv envName `yaml:"secretEnv"`
	// File that holds what the sender proves itself with.
	SecretFile filePath `yaml:"secretFile"`
	// Host of the images, with its port if it has one, where the events do not tell it, or tell another one.
	Registry hostName `yaml:"registry"`
	// Audience of the tokens, as the subscription has it. For pubsub, required there.
	Audience line `yaml:"audience"`
	// E-mail address of the service account that the tokens are of. For pubsub, required there.
	ServiceAccount email `yaml:"serviceAccount"`
	// The most events in a minute. Those beyond are refused. Default: 600.
	PerMinute count `yaml:"perMinute"`
}

// mostEvents is the highest limit of events in a minute.
const mostEvents = 100_000

// What the events of a kind tell of the host of their images.
var (
	needsRegistry   = []hookKind{"nexus"}
	refusesRegistry = map[hookKind]string{
		"docker-hub": "its images are of docker.io",
		"acr":        "its events tell the host",
		"ecr":        "its events tell the account and the region",
		"pubsub":     "its events tell the whole name",
		"json":       "image is the whole name",
	}
)

func (h *hookEntry) rules(p place) {
	if h.PerMinute > mostEvents {
		p.fail(p.valueAt("perMinute"), "perMinute: %d is more than %d, which is as good as no limit", h.PerMinute, mostEvents)
	}
	if h.Kind == "" {
		return // a fault already
	}
	if why, refused := refusesRegistry[h.Kind]; refused && p.has("registry") {
		p.refuse("registry", "is not for %s: %s", h.Kind, why)
	}
	p.wants(slices.Contains(needsRegistry, h.Kind), "registry", "its events tell no host", h.Kind)
	if h.Kind == "pubsub" {
		for _, key := range p.written("secretEnv", "secretFile") {
			p.refuse(key, "is not for pubsub, which shows tokens of Google: want audience and serviceAccount")
		}
		p.wants(true, "audience", "any other subscription has tokens of Google, too", h.Kind)
		p.wants(true, "serviceAccount", "anyone can have tokens of Google", h.Kind)
		return
	}
	for _, key := range p.written("audience", "serviceAccount") {
		p.refuse(key, "is for pubsub only")
	}
	p.atMostOne("secretEnv", "secretFile")
	if p.sound && len(p.written("secretEnv", "secretFile")) == 0 {
		p.fail(p.top, "want secretEnv or secretFile: without a secret anyone could send events")
	}
}

// wants reports that a key is missing that the kind of a hook cannot do without.
func (p place) wants(wanted bool, key, why string, kind hookKind) {
	if wanted && p.sound && !p.has(key) {
		p.fail(p.top, "missing key %q, which %s needs: %s", key, kind, why)
	}
}

func (c *resolver) addHook(h *hookEntry) {
	if !c.claim(&h.section, "name", string(h.Name)) {
		return
	}
	hook := Hook{
		Name:           string(h.Name),
		Kind:           string(h.Kind),
		SecretEnv:      string(h.SecretEnv),
		SecretFile:     string(h.SecretFile),
		Registry:       string(h.Registry),
		Audience:       string(h.Audience),
		ServiceAccount: string(h.ServiceAccount),
		PerMinute:      defaultEvents,
		Position:       h.top,
	}
	if h.has("perMinute") {
		hook.PerMinute = int(h.PerMinute)
	}
	c.config.Hooks = append(c.config.Hooks, hook)
	c.config.secrets = append(c.config.secrets, secretsOf(h)...)
}
