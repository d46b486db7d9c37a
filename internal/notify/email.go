package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// SMTP is the server that mail is handed to, and the addresses of the mail.
type SMTP struct {
	Host               string
	Port               int
	From               string
	To                 []string
	Username, Password string // "" = none
	TLS                string // starttls, implicit, none
}

// mailer hands messages to a mail server.
type mailer struct {
	channel Channel
	options Options
}

func (c Channel) mailer(o Options) (sender, error) {
	for _, address := range append([]string{c.SMTP.From}, c.SMTP.To...) {
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address || legible(address) != address {
			return nil, fmt.Errorf("%q is not an e-mail address", address)
		}
	}
	switch {
	case len(c.SMTP.To) == 0:
		return nil, errors.New("there is nobody to send mail to")
	case c.SMTP.TLS == "none" && !image.Loopback(c.SMTP.Host):
		return nil, errors.New("mail goes without TLS to a server of this machine only")
	}
	return mailer{channel: c, options: o}, nil
}

func (s mailer) send(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeoutCause(ctx, sendTime, fmt.Errorf("no answer within %v", sendTime))
	defer cancel()
	err := s.deliver(ctx, m)
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause // what a connection says that was closed under way tells nobody anything
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return &Error{Text: fmt.Sprintf("answered %d: %s", e.Code, quote(e.Msg, s.channel.SMTP.Password)), Final: e.Code >= 500}
	}
	return unsent(err, s.channel.SMTP.Password)
}

// deliver speaks with the server until it has taken the mail.
func (s mailer) deliver(ctx context.Context, m Message) error {
	server := s.channel.SMTP
	connection, err := s.options.dial(ctx, "tcp", net.JoinHostPort(server.Host, strconv.Itoa(server.Port)))
	if err != nil {
		return err
	}
	defer connection.Close()
	stop := context.AfterFunc(ctx, func() { connection.Close() })
	defer stop()
	var limited net.Conn = &bounded{Conn: connection, left: maxConversation}
	security := &tls.Config{ServerName: server.Host, RootCAs: s.options.RootCAs, MinVersion: tls.VersionTLS12}
	if server.TLS == "implicit" {
		limited = tls.Client(limited, security)
	}
	client, err := smtp.NewClient(limited, server.Host)
	if err != nil {
		return err
	}
	defer client.Close()
	if server.TLS != "implicit" && server.TLS != "none" {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			return &Error{Text: "the server does not offer STARTTLS, and mail goes to no other without TLS", Final: true}
		}
		if err := client.StartTLS(security); err != nil {
			return err
		}
	}
	if err := s.logIn(client); err != nil {
		return err
	}
	return s.hand(client, m)
}

// hand hands over the mail on an open connection.
func (s mailer) hand(client *smtp.Client, m Message) error {
	if err := client.Mail(s.channel.SMTP.From); err != nil {
		return err
	}
	for _, to := range s.channel.SMTP.To {
		if err := client.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(s.channel.mail(m)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = client.Quit() // it has the mail, whatever it says now
	return nil
}

// logIn proves who sends, where a user is set.
func (s mailer) logIn(client *smtp.Client) error {
	server := s.channel.SMTP
	if server.Username == "" {
		return nil
	}
	offered, methods := client.Extension("AUTH")
	if !offered {
		return &Error{Text: "the server does not ask for a password, and one is set", Final: true}
	}
	if !strings.Contains(" "+strings.ToUpper(methods)+" ", " PLAIN ") {
		return client.Auth(&login{user: server.Username, password: server.Password})
	}
	return client.Auth(smtp.PlainAuth("", server.Username, server.Password, server.Host))
}

// login is the older way of some servers that do not take PLAIN.
type login struct{ user, password string }

// Start begins, over TLS only.
func (l *login) Start(server *smtp.ServerInfo) (string, []byte, error) {
	if !server.TLS && !image.Loopback(server.Name) {
		return "", nil, errors.New("a password is not sent without TLS")
	}
	return "LOGIN", nil, nil
}

// Next answers what the server asks for.
func (l *login) Next(asked []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	switch question := strings.ToLower(string(asked)); {
	case strings.HasPrefix(question, "user"):
		return []byte(l.user), nil
	case strings.HasPrefix(question, "pass"):
		return []byte(l.password), nil
	}
	return nil, errors.New("the server asks for something else than a user and a password")
}

// bounded is a connection on which a server may say so much and no more: net/textproto keeps a line in memory, however
// long it is.
type bounded struct {
	net.Conn
	left int
}

// maxConversation bounds what a server says to one mail, in bytes.
const maxConversation = 1 << 20

// Read reads what is left to be said.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the server says too much")
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
