package notify_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/notify"
	"github.com/image-updater/image-updater/internal/notifytest"
)

// certificate returns what a server of example.com shows, and what to trust it by.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return &tls.Config{Certificates: server.TLS.Certificates}, roots
}

// post serves a mail server by memory alone, and returns the channel that goes to it.
func post(t *testing.T, m *notifytest.Mail) (notify.Channel, notify.Options) {
	t.Helper()
	o := options()
	m.TLS, o.RootCAs = certificate(t)
	o.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
		if address != "example.com:587" {
			t.Errorf("dials %s", address)
		}
		ours, theirs := net.Pipe()
		go m.Speak(theirs)
		return ours, nil
	}
	return notify.Channel{Name: "mail", Kind: notify.Email, SMTP: notify.SMTP{
		Host: "example.com", Port: 587, From: "image-updater@acme.example", To: []string{"a@acme.example", "b@acme.example"},
		Username: "robot", Password: "hunter2hunter2", TLS: "starttls",
	}}, o
}

func TestMail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		server *notifytest.Mail
		change func(*notify.SMTP)
		want   notifytest.Letter
	}{
		{"starttls", &notifytest.Mail{Auth: "LOGIN PLAIN"}, func(*notify.SMTP) {}, notifytest.Letter{TLS: true, User: "robot", Password: "hunter2hunter2"}},
		{"implicit", &notifytest.Mail{Auth: "PLAIN", Implicit: true}, func(s *notify.SMTP) { s.TLS = "implicit" },
			notifytest.Letter{TLS: true, User: "robot", Password: "hunter2hunter2"}},
		{"login", &notifytest.Mail{Auth: "LOGIN XOAUTH2"}, func(*notify.SMTP) {}, notifytest.Letter{TLS: true, User: "robot", Password: "hunter2hunter2"}},
		{"nobody", &notifytest.Mail{}, func(s *notify.SMTP) { s.Username, s.Password = "", "" }, notifytest.Letter{TLS: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			channel, o := post(t, test.server)
			test.change(&channel.SMTP)
			if err := notify.Send(t.Context(), channel, o, story()); err != nil {
				t.Fatal(err)
			}
			letters := test.server.Letters()
			if len(letters) != 1 {
				t.Fatalf("%d letters", len(letters))
			}
			letter := letters[0]
			golden(t, "email.txt", letter.Text)
			letter.Text = ""
			test.want.From, test.want.To = "image-updater@acme.example", []string{"a@acme.example", "b@acme.example"}
			if diff := cmp.Diff(test.want, letter); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What strangers have written cannot begin a header, end the mail or hide in it.
func TestMailIsOneText(t *testing.T) {
	t.Parallel()
	server := &notifytest.Mail{}
	channel, o := post(t, server)
	channel.SMTP.Username = ""
	m := story()
	m.Events[2].Title = "x\r\n.\r\nQUIT\r\nSubject: évil\u202e"
	m.Events[0].To = "1\r\n\r\nBcc: all@acme.example"
	if err := notify.Send(t.Context(), channel, o, m); err != nil {
		t.Fatal(err)
	}
	letter, err := mail.ReadMessage(strings.NewReader(server.Letters()[0].Text))
	if err != nil {
		t.Fatal(err)
	}
	if len(letter.Header) != 9 || letter.Header.Get("Bcc") != "" || len(letter.Header["Subject"]) != 1 {
		t.Errorf("headers %v", letter.Header)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		if !strings.HasPrefix(line, "- ") {
			t.Errorf("a line of its own: %q", line)
		}
	}
	if n := strings.Count(string(body), "\n"); n != len(m.Events) || !strings.Contains(string(body), "x . QUIT Subject: évil in fleet") {
		t.Errorf("%d lines: %s", n, body)
	}
}

func TestMailErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		server *notifytest.Mail
		change func(*notify.Channel, *notify.Options)
		want   notify.Error
	}{
		{name: "refused for good", server: &notifytest.Mail{Refuse: map[string]string{"RCPT": "550 no such user"}},
			want: notify.Error{Text: "answered 550: no such user", Final: true}},
		{name: "refused for now", server: &notifytest.Mail{Refuse: map[string]string{"MAIL": "451 greylisted"}}, want: notify.Error{Text: "answered 451: greylisted"}},
		{name: "wrong password", server: &notifytest.Mail{Auth: "PLAIN", Refuse: map[string]string{"AUTH": "535 hunter2hunter2 is wrong"}},
			change: func(c *notify.Channel, _ *notify.Options) { c.SMTP.Username = "robot" },
			want:   notify.Error{Text: "answered 535: *** is wrong", Final: true}},
		{name: "nobody is asked for a password", server: &notifytest.Mail{},
			change: func(c *notify.Channel, _ *notify.Options) { c.SMTP.Username = "robot" },
			want:   notify.Error{Text: "the server does not ask for a password, and one is set", Final: true}},
		{name: "no starttls", server: &notifytest.Mail{Refuse: map[string]string{"STARTTLS": "454 not now"}}, want: notify.Error{Text: "answered 454: not now"}},
		{name: "unknown authority", server: &notifytest.Mail{},
			change: func(_ *notify.Channel, o *notify.Options) { o.RootCAs = x509.NewCertPool() },
			want:   notify.Error{Text: "sending: tls: failed to verify certificate: x509: certificate signed by unknown authority"}},
		{name: "nobody there", server: &notifytest.Mail{},
			change: func(_ *notify.Channel, o *notify.Options) {
				o.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
			},
			want: notify.Error{Text: "sending: connection refused"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			channel, o := post(t, test.server)
			channel.SMTP.Username = ""
			if test.change != nil {
				test.change(&channel, &o)
			}
			err := notify.Send(t.Context(), channel, o, story())
			got, ok := errors.AsType[*notify.Error](err)
			if !ok {
				t.Fatalf("%T %v", err, err)
			}
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A server that offers no TLS is sent nothing.
func TestMailWantsTLS(t *testing.T) {
	t.Parallel()
	server := &notifytest.Mail{}
	channel, o := post(t, server)
	server.TLS = nil
	err := notify.Send(t.Context(), channel, o, story())
	if got, ok := errors.AsType[*notify.Error](err); !ok || !got.Final || !strings.Contains(got.Text, "does not offer STARTTLS") {
		t.Errorf("%v", err)
	}
	channel.SMTP.TLS = "none"
	if err := notify.Send(t.Context(), channel, o, story()); err == nil || len(server.Letters()) != 0 {
		t.Errorf("sent without TLS: %v", err)
	}
}

func TestMailAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "acme", "a@acme.example\r\nBcc: x@acme.example", "A <a@acme.example>", "a@acme.example, b@acme.example", "a\u202eb@acme.example"} {
		channel, o := post(t, &notifytest.Mail{})
		channel.SMTP.To = []string{address}
		if err := notify.Send(t.Context(), channel, o, story()); err == nil {
			t.Errorf("mail to %q", address)
		}
	}
}
