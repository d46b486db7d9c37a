package notify

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/internal/status"
)

// Kind is what a channel is, as policy files call it.
type Kind string

// The kinds of channels.
const (
	Slack   Kind = "slack"
	Teams   Kind = "teams"
	Discord Kind = "discord"
	Webhook Kind = "webhook"
	Email   Kind = "email"
)

// Channel is one way that messages go.
type Channel struct {
	Name   string
	Kind   Kind
	URL    string // a secret; of all but email
	Secret string // what a webhook is signed with, "" = it is not
	SMTP   SMTP   // of email
	// Template words the line of an event, nil = as this package does.
	Template *message.EventTemplate
	// Link makes a link for each event, nil = none.
	Link *message.LinkTemplate
	// Watch says what is told there.
	Watch status.Watch
	// Fault is why the channel cannot be used, nil = it can: a secret that is not there.
	Fault error
}

// Message is what is sent to a channel at once.
type Message struct {
	ID      string // the same however often it is sent
	At      time.Time
	Version string // of the program
	Events  []status.Event
	Lost    int // events that there was no room for while the channel took nothing
	Sample  bool
}

// sender hands one message to a channel. Its error is a [*Error].
type sender interface {
	send(ctx context.Context, m Message) error
}

// sender returns the way to the channel.
func (c Channel) sender(o Options) (sender, error) {
	if c.Kind == Email {
		return c.mailer(o)
	}
	if err := checkURL(c.URL); err != nil {
		return nil, err
	}
	p := poster{channel: c, options: o}
	switch c.Kind {
	case Slack:
		return chat{p, slackBody}, nil
	case Teams:
		return chat{p, teamsBody}, nil
	case Discord:
		return chat{p, discordBody}, nil
	case Webhook:
		return newWebhook(p)
	}
	return nil, fmt.Errorf("unknown kind of channel %q", c.Kind)
}

// checkURL says what is wrong with a URL without repeating any of it.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return errors.New("the URL is none: want one that begins with https://")
	case u.Scheme == "https", u.Scheme == "http" && image.Loopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return errors.New("the URL is without TLS, which shows it to all on the way: want https://")
	}
	return errors.New("the URL has an unknown scheme: want https://")
}
