package git

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// shell serves a repository over ssh. It keeps one connection, since a handshake costs more than a fetch.
type shell struct {
	address string // host:port
	path    string
	config  *ssh.ClientConfig
	clean   cleaner

	mu     sync.Mutex // guards client
	client *ssh.Client
}

func newShell(a address, o Options, clean cleaner) (*shell, error) {
	host := a.host
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(strings.Trim(host, "[]"), "22")
	}
	if len(o.Auth.SSHKey) == 0 {
		return nil, fmt.Errorf("%s: ssh needs a private key", a.shown)
	}
	signer, err := parseKey(o.Auth.SSHKey, o.Auth.SSHKeyPassphrase)
	if err != nil {
		return nil, fmt.Errorf("%s: reading the ssh key: %w", a.shown, err)
	}
	known, err := parseKnownHosts(o.Auth.KnownHosts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.shown, err)
	}
	user := a.user
	if user == "" {
		user = o.Auth.Username
	}
	if user == "" {
		user = "git"
	}
	return &shell{
		address: host,
		path:    a.path,
		clean:   clean,
		config: &ssh.ClientConfig{
			User:              user,
			Auth:              []ssh.AuthMethod{ssh.PublicKeys(signer)},
			HostKeyCallback:   known.check,
			HostKeyAlgorithms: known.algorithms(host),
			Timeout:           dialTimeout,
		},
	}, nil
}

// parseKey reads a private key. The parser's errors do not quote it.
func parseKey(key []byte, passphrase string) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey(key)
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); !locked {
		return signer, err
	}
	if passphrase == "" {
		return nil, errLocked
	}
	return ssh.ParsePrivateKeyWithPassphrase(key, []byte(passphrase))
}

func (s *shell) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		return nil
	}
	client := s.client
	s.client = nil
	err := client.Close()
	_ = client.Wait() // its goroutines end with it
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (s *shell) open(ctx context.Context, service string) (conversation, error) {
	session, stop, err := s.session(ctx)
	if err != nil {
		return nil, err
	}
	p := &remoteProgram{session: session, stopWatch: stop, clean: s.clean}
	conv, err := p.start(service, s.path)
	if err != nil {
		p.stop()
		return nil, err
	}
	return conv, nil
}

// session opens a session on the kept connection, or on a new one when that has ended meanwhile. The returned function
// takes back the watch that ends the connection with the context.
func (s *shell) session(ctx context.Context) (*ssh.Session, func() bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		stop := s.watch(ctx, s.client)
		if session, err := s.client.NewSession(); err == nil {
			return session, stop, nil
		}
		stop()
		_ = s.client.Close()
		s.client = nil
	}
	client, err := s.dial(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("ssh to %s: %w", s.address, err)
	}
	s.client = client
	stop := s.watch(ctx, client)
	session, err := client.NewSession()
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("ssh to %s: %w", s.address, err)
	}
	return session, stop, nil
}

// watch ends the connection with the context: package ssh takes none, and a session cannot be interrupted otherwise.
func (s *shell) watch(ctx context.Context, client *ssh.Client) func() bool {
	return context.AfterFunc(ctx, func() { _ = client.Close() })
}

func (s *shell) dial(ctx context.Context) (*ssh.Client, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(dialTimeout)) // of the handshake
	c, channels, requests, err := ssh.NewClientConn(conn, s.address, s.config)
	if err != nil {
		_ = conn.Close()
		return nil, handshakeError(err)
	}
	_ = conn.SetDeadline(time.Time{})
	return ssh.NewClient(c, channels, requests), nil
}

// handshakeError says what to do where package ssh only says what happened.
func handshakeError(err error) error {
	if known, ok := errors.AsType[*hostKeyError](err); ok {
		return known
	}
	if strings.Contains(err.Error(), "unable to authenticate") {
		return errors.New("the server does not accept the key")
	}
	return err
}

// remoteProgram is a program on the other side of ssh.
type remoteProgram struct {
	session   *ssh.Session
	stopWatch func() bool
	clean     cleaner
	stderr    lockedWords
	started   bool
	ended     sync.Once
}

func (p *remoteProgram) start(service, path string) (conversation, error) {
	p.session.Stderr = &p.stderr
	in, err := p.session.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.session.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.session.Start(service + " " + quote(path)); err != nil {
		return nil, fmt.Errorf("starting %s: %w", service, err)
	}
	p.started = true
	return &stream{in: in, out: out, program: p}, nil
}

func (p *remoteProgram) stop() {
	_ = p.session.Close()
	p.wait()
	p.stopWatch()
}

// wait returns when the program has ended. Its exit status adds nothing: what matters was said in the answer.
func (p *remoteProgram) wait() {
	p.ended.Do(func() {
		if p.started {
			_ = p.session.Wait()
		}
	})
}

func (p *remoteProgram) complaint() string {
	p.wait()
	return p.clean.words(p.stderr.text())
}

// quote writes a path for the shell of a server as Git's sq_quote_buf does.
func quote(path string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, c := range []byte(path) {
		if c == '\'' || c == '!' {
			b.WriteString(`'\`)
			b.WriteByte(c)
			b.WriteByte('\'')
			continue
		}
		b.WriteByte(c)
	}
	b.WriteByte('\'')
	return b.String()
}
