package notify

import (
	"context"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// Options are what the outside gives.
type Options struct {
	// Transport asks, nil = http.DefaultTransport.
	Transport http.RoundTripper
	// Dial connects to mail servers, nil = by a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// RootCAs are the authorities to trust for mail servers, nil = the system's.
	RootCAs *x509.CertPool
	Version string           // of the program
	Now     func() time.Time // nil = time.Now
	Log     *slog.Logger     // nil = nowhere
	// Chance is a number from 0 to 1, of which waits are made uneven; nil = math/rand/v2.
	Chance func() float64
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

func (o Options) chance() float64 {
	if o.Chance == nil {
		return rand.Float64()
	}
	return o.Chance()
}

func (o Options) log() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

func (o Options) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if o.Dial == nil {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	return o.Dial(ctx, network, address)
}

// Check says what is wrong with a channel, as far as it can be seen without asking it. It repeats no secret.
func Check(c Channel) error {
	_, err := c.sender(Options{})
	return err
}

// Send sends one message to a channel, once. Its error is an [*Error] where the channel was asked.
func Send(ctx context.Context, c Channel, o Options, m Message) error {
	s, err := c.sender(o)
	if err != nil {
		return err
	}
	return s.send(ctx, m)
}
