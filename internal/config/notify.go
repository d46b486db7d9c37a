package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/message"
)

// Channel is one entry of notify: where messages go.
type Channel struct {
	Name                  string
	Kind                  ChannelKind
	URLEnv, URLFile       string // one of them, but for email
	SecretEnv, SecretFile string // at most one of them, for a webhook
	SMTP                  SMTP   // for email
	Events                []string
	Template              *message.EventTemplate // nil = the program's own words
	Link                  *message.LinkTemplate  // nil = none
	WaitingAfter          time.Duration
	Position              Position
}

// SMTP is the server that mail is handed to, and the addresses of the mail.
type SMTP struct {
	Host                      string
	Port                      int
	From                      string
	To                        []string
	Username, UsernameEnv     string // at most one of them
	PasswordEnv, PasswordFile string // at most one of them
	TLS                       SMTPSecurity
}

// ChannelKind is what a channel is.
type ChannelKind string

// The kinds of channels.
const (
	Slack   ChannelKind = "slack"
	Teams   ChannelKind = "teams"
	Discord ChannelKind = "discord"
	Webhook ChannelKind = "webhook"
	Email   ChannelKind = "email"
)

// SMTPSecurity is how the way to a mail server is kept secret.
type SMTPSecurity string

// The ways to keep it so.
const (
	StartTLS    SMTPSecurity = "starttls"
	ImplicitTLS SMTPSecurity = "implicit"
	NoTLS       SMTPSecurity = "none"
)

// A channel that messages go to: a chat, a webhook or a mailbox.
type notifyEntry struct {
	section

	// The name by which policies choose it.
	Name name `yaml:"name" jsonschema:"required"`
	// What it is.
	Kind ChannelKind `yaml:"kind" jsonschema:"required"`
	// Environment variable that holds the URL, which is a secret.
	URLEnv envName `yaml:"urlEnv"`
	// File that holds the URL.
	URLFile filePath `yaml:"urlFile"`
	// Environment variable that holds what the requests of a webhook are signed with.
	SecretEnv envName `yaml:"secretEnv"`
	// File that holds what the requests of a webhook are signed with.
	SecretFile filePath `yaml:"secretFile"`
	// The server that mail is handed to.
	SMTP smtpKeys `yaml:"smtp"`
	// What is told. Default: all but waiting.
	Events []eventKind `yaml:"events"`
	// Go template of the line of an event, in the markup of the channel.
	Template eventText `yaml:"template"`
	// Go template of a link for each event: https://dashboard.example/#/search?q={{.Image}}
	Link linkText `yaml:"link"`
	// How long a tag must have waited before waiting is told. Default: 72h.
	WaitingAfter duration `yaml:"waitingAfter"`
}

// A mail server, and the mail.
type smtpKeys struct {
	// The server.
	Host smtpHost `yaml:"host" jsonschema:"required"`
	// Its port. Default: 587, 465 with tls: implicit, 25 with tls: none.
	Port port `yaml:"port"`
	// Address of the sender.
	From mailbox `yaml:"from" jsonschema:"required"`
	// Addresses of the receivers.
	To []mailbox `yaml:"to" jsonschema:"required"`
	// User name, where it is no secret.
	Username text `yaml:"username"`
	// Environment variable that holds the user name.
	UsernameEnv envName `yaml:"usernameEnv"`
	// Environment variable that holds the password.
	PasswordEnv envName `yaml:"passwordEnv"`
	// File that holds the password.
	PasswordFile filePath `yaml:"passwordFile"`
	// starttls: must be offered; implicit: from the first byte; none: for a server of this machine only. Default: starttls.
	TLS SMTPSecurity `yaml:"tls"`
}

// port returns the one that is meant where none is written.
func (s SMTPSecurity) port() int {
	switch s {
	case ImplicitTLS:
		return 465
	case NoTLS:
		return 25
	}
	return 587
}

// usualEvents are told where a channel does not say which.
var usualEvents = []string{"updated", "pull-request", "held", "failed", "recovered", "quota"}

func (n *notifyEntry) rules(p place) {
	p.atMostOne("urlEnv", "urlFile")
	p.atMostOne("secretEnv", "secretFile")
	if n.Kind == "" {
		return // a fault already
	}
	if n.Kind == Email {
		for _, key := range p.written("urlEnv", "urlFile") {
			p.refuse(key, "is not for email, which goes by smtp")
		}
		if p.sound && !p.has("smtp") {
			p.fail(p.keyAt("kind"), `missing key "smtp": where mail is handed in`)
		}
	} else {
		if p.has("smtp") {
			p.refuse("smtp", "is for email, not for %s", n.Kind)
		}
		if p.sound && len(p.written("urlEnv", "urlFile")) == 0 {
			p.fail(p.keyAt("kind"), "missing key: want one of urlEnv or urlFile, where the URL is")
		}
	}
	for _, key := range p.written("secretEnv", "secretFile") {
		if n.Kind != Webhook {
			p.refuse(key, "is for webhook, not for %s", n.Kind)
		}
	}
	if p.has("events") && len(n.Events) == 0 && p.sound {
		p.refuse("events", "is an empty list")
	}
	n.rulesOfWaiting(p)
}

func (n *notifyEntry) rulesOfWaiting(p place) {
	if !p.has("waitingAfter") || !p.sound {
		return
	}
	if !slices.Contains(n.Events, "waiting") {
		p.refuse("waitingAfter", "has no use without waiting in events")
	}
}

func (k *smtpKeys) rules(p place) {
	p.atMostOne("username", "usernameEnv")
	p.atMostOne("passwordEnv", "passwordFile")
	p.needs("username", "passwordEnv", "passwordFile")
	p.needs("usernameEnv", "passwordEnv", "passwordFile")
	p.needs("passwordEnv", "username", "usernameEnv")
	p.needs("passwordFile", "username", "usernameEnv")
	if p.has("to") && len(k.To) == 0 && p.sound {
		p.refuse("to", "is an empty list")
	}
	if k.TLS == NoTLS && p.sound && !image.Loopback(string(k.Host)) {
		p.refuse("tls", "none is for a server of this machine only: want starttls or implicit")
	}
}

func (c *resolver) addChannel(n *notifyEntry) {
	if !c.claim(&n.section, "name", string(n.Name)) {
		return
	}
	channel := Channel{
		Name: string(n.Name), Kind: n.Kind,
		URLEnv: string(n.URLEnv), URLFile: string(n.URLFile), SecretEnv: string(n.SecretEnv), SecretFile: string(n.SecretFile),
		Events:   namesOf(n.Events, func(k eventKind) string { return string(k) }),
		Template: n.Template.EventTemplate, Link: n.Link.LinkTemplate,
		WaitingAfter: defaultWaiting,
		Position:     n.top,
	}
	if len(channel.Events) == 0 {
		channel.Events = usualEvents
	}
	if n.has("waitingAfter") {
		channel.WaitingAfter = time.Duration(n.WaitingAfter)
	}
	if n.Kind == Email {
		channel.SMTP = n.SMTP.checked()
	}
	c.config.Notify = append(c.config.Notify, channel)
	c.config.secrets = append(c.config.secrets, secretsOf(n)...)
}

func (k smtpKeys) checked() SMTP {
	s := SMTP{
		Host: string(k.Host), Port: int(k.Port), From: string(k.From), To: namesOf(k.To, func(m mailbox) string { return string(m) }),
		Username: string(k.Username), UsernameEnv: string(k.UsernameEnv), PasswordEnv: string(k.PasswordEnv),
		PasswordFile: string(k.PasswordFile), TLS: k.TLS,
	}
	if s.TLS == "" {
		s.TLS = defaultSecurity
	}
	if s.Port == 0 {
		s.Port = s.TLS.port()
	}
	return s
}

// checkChannels reports names in notify, which s wrote itself, that are no channel's, or there twice.
func (c *resolver) checkChannels(s *section, wanted channels) {
	for i, n := range wanted {
		at := s.valueAt(fmt.Sprintf("notify[%d]", i))
		_, known := c.taken["notify "+string(n)]
		switch {
		case n == "":
			continue // a fault already
		case !known:
			all := namesOf(c.config.Notify, func(ch Channel) string { return ch.Name })
			s.fail(at, "notify: unknown name %q%s", n, didYouMean(string(n), all))
		case slices.Contains(wanted[:i], n):
			s.fail(at, "notify: %q is in the list twice", n)
		}
	}
}

// warnOfSilence says which channels no policy names, unless policies in Git repositories may.
func (c *resolver) warnOfSilence() {
	if len(c.config.Policies) == 0 || slices.ContainsFunc(c.config.Git, func(g Git) bool { return g.Policies != "" }) {
		return
	}
	for _, ch := range c.config.Notify {
		if !slices.ContainsFunc(c.config.Policies, func(p Policy) bool { return slices.Contains(p.Notify, ch.Name) }) {
			c.report.warn(&Error{File: ch.Position.File, Line: ch.Position.Line, Column: ch.Position.Column,
				Message: fmt.Sprintf("notify %q: no policy names it, so nothing is told there", ch.Name)})
		}
	}
}

// ChannelNamed returns the channel of that name, or an [*UnknownError].
func (c *Config) ChannelNamed(name string) (*Channel, error) {
	names := namesOf(c.Notify, func(ch Channel) string { return ch.Name })
	i := slices.Index(names, name)
	if i < 0 {
		return nil, &UnknownError{Kind: "notify", Name: name, Near: nearest(name, names)}
	}
	return &c.Notify[i], nil
}
