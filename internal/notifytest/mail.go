package notifytest

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
)

// Letter is one mail that was handed in.
type Letter struct {
	From           string
	To             []string
	User, Password string // who was let in, "" = nobody had to say
	TLS            bool
	Text           string // with its headers, lines end in \n
}

// Mail is a mail server. Its fields are set before it serves.
type Mail struct {
	// TLS is the certificate that is shown, nil = there is no TLS.
	TLS *tls.Config
	// Implicit says that TLS begins with the first byte.
	Implicit bool
	// Auth are the methods that are offered: "PLAIN LOGIN"; "" = none.
	Auth string
	// Refuse are the answers to verbs that are refused: "RCPT": "550 no such user".
	Refuse map[string]string

	mu      sync.Mutex // guards letters
	letters []Letter
}

// Letters returns what was handed in so far.
func (m *Mail) Letters() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.letters)
}

// Serve answers on the listener until that is closed, and returns when all that have called have gone.
func (m *Mail) Serve(l net.Listener) {
	var callers sync.WaitGroup
	defer callers.Wait()
	for {
		connection, err := l.Accept()
		if err != nil {
			return
		}
		callers.Go(func() { m.Speak(connection) })
	}
}

// conversation is one with a caller.
type conversation struct {
	*textproto.Reader
	connection net.Conn
	server     *Mail
	letter     Letter
}

func (c *conversation) say(format string, values ...any) {
	fmt.Fprintf(c.connection, format+"\r\n", values...)
}

// Speak speaks with one caller until it goes.
func (m *Mail) Speak(connection net.Conn) {
	defer connection.Close()
	c := &conversation{server: m, connection: connection}
	if m.Implicit {
		c.encrypt()
	}
	c.listen()
	c.say("220 mail.example ready")
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		if refusal := m.Refuse[verb]; refusal != "" {
			c.say("%s", refusal)
			continue
		}
		if c.answer(verb, rest) {
			return
		}
	}
}

func (c *conversation) listen() { c.Reader = textproto.NewReader(bufio.NewReader(c.connection)) }

func (c *conversation) encrypt() {
	c.connection = tls.Server(c.connection, c.server.TLS)
	c.letter.TLS = true
}

// answer answers one line, and reports whether the caller has gone.
func (c *conversation) answer(verb, rest string) bool {
	switch verb {
	case "EHLO":
		c.greet()
	case "STARTTLS":
		c.say("220 go on")
		c.encrypt()
		c.listen()
	case "AUTH":
		c.letIn(rest)
	case "MAIL":
		c.letter.From = address(rest)
		c.say("250 ok")
	case "RCPT":
		c.letter.To = append(c.letter.To, address(rest))
		c.say("250 ok")
	case "DATA":
		c.say("354 go on")
		lines, _ := c.ReadDotLines()
		c.letter.Text = strings.Join(lines, "\n") + "\n"
		c.server.mu.Lock()
		c.server.letters = append(c.server.letters, c.letter)
		c.server.mu.Unlock()
		c.letter.To = nil
		c.say("250 taken")
	case "QUIT":
		c.say("221 bye")
		return true
	default:
		c.say("500 what?")
	}
	return false
}

func (c *conversation) greet() {
	c.say("250-mail.example")
	if c.server.TLS != nil && !c.letter.TLS {
		c.say("250-STARTTLS")
	}
	if c.server.Auth != "" {
		c.say("250-AUTH %s", c.server.Auth)
	}
	c.say("250 8BITMIME")
}

// letIn takes any password, and remembers it.
func (c *conversation) letIn(how string) {
	method, initial, _ := strings.Cut(how, " ")
	switch strings.ToUpper(method) {
	case "PLAIN":
		parts := strings.Split(decode(initial), "\x00")
		if len(parts) == 3 {
			c.letter.User, c.letter.Password = parts[1], parts[2]
		}
	case "LOGIN":
		c.letter.User, c.letter.Password = c.ask("Username:"), c.ask("Password:")
	}
	c.say("235 come in")
}

func (c *conversation) ask(question string) string {
	c.say("334 %s", base64.StdEncoding.EncodeToString([]byte(question)))
	line, _ := c.ReadLine()
	return decode(line)
}

func decode(text string) string {
	decoded, _ := base64.StdEncoding.DecodeString(text)
	return string(decoded)
}

// address returns what stands between the angle brackets.
func address(text string) string {
	_, after, _ := strings.Cut(text, "<")
	inside, _, _ := strings.Cut(after, ">")
	return inside
}
