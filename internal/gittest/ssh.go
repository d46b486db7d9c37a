package gittest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// SSHServer serves the repositories in a folder over ssh on the loopback address.
type SSHServer struct {
	// Addr is host:port. A repository's URL is "ssh://git@" + Addr + "/fleet.git".
	Addr string
	// ClientKey is the private key that is let in, in OpenSSH form.
	ClientKey []byte
	// KnownHosts is the line of known_hosts for this server.
	KnownHosts []byte

	root     string
	config   *ssh.ServerConfig
	listener net.Listener
	running  sync.WaitGroup

	mu       sync.Mutex // guards the fields that follow
	conns    map[net.Conn]bool
	commands []string
	faults   Faults
}

// Set replaces the faults, of which NoFilter, NoTreeFilter and NoWants count here.
func (s *SSHServer) Set(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// NewSSH starts a server of the repositories in root. It has to be closed.
func NewSSH(root string) (*SSHServer, error) {
	hostKey, _, err := newKey()
	if err != nil {
		return nil, err
	}
	clientKey, clientPEM, err := newKey()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &SSHServer{
		Addr:      listener.Addr().String(),
		ClientKey: clientPEM,
		root:      root,
		listener:  listener,
		conns:     map[net.Conn]bool{},
	}
	s.KnownHosts = []byte(knownhosts.Line([]string{s.Addr}, hostKey.PublicKey()) + "\n")
	allowed := string(clientKey.PublicKey().Marshal())
	s.config = &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if string(key.Marshal()) != allowed {
				return nil, errors.New("unknown key")
			}
			return nil, nil
		},
	}
	s.config.AddHostKey(hostKey)
	s.running.Go(s.accept)
	return s, nil
}

// NewKey makes a key that the server does not know, in OpenSSH form, and its line of known_hosts for addr.
func NewKey(addr string) (private, knownHosts []byte, err error) {
	signer, private, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	return private, []byte(knownhosts.Line([]string{addr}, signer.PublicKey()) + "\n"), nil
}

func newKey() (ssh.Signer, []byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, nil, err
	}
	block, err := ssh.MarshalPrivateKey(key, "gittest")
	if err != nil {
		return nil, nil, err
	}
	return signer, pem.EncodeToMemory(block), nil
}

// Commands lists the commands that clients ran, the connections they came by not told apart.
func (s *SSHServer) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.commands...)
}

// Drop cuts all connections that are open.
func (s *SSHServer) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

// Close ends the server and waits for what it runs.
func (s *SSHServer) Close() error {
	err := s.listener.Close()
	s.Drop()
	s.running.Wait()
	return err
}

func (s *SSHServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.running.Go(func() {
			s.serve(conn)
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.conns, conn)
		})
	}
}

func (s *SSHServer) serve(conn net.Conn) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	s.running.Go(func() { ssh.DiscardRequests(requests) })
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		s.running.Go(func() { s.session(channel, requests) })
	}
}

// session runs the one command of a session.
func (s *SSHServer) session(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer channel.Close()
	ran := false
	for r := range requests {
		var command struct{ Line string }
		if r.Type != "exec" || ran || ssh.Unmarshal(r.Payload, &command) != nil {
			_ = r.Reply(false, nil)
			continue
		}
		ran = true
		_ = r.Reply(true, nil)
		status := s.run(channel, command.Line)
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{status}))
		_ = channel.Close()
	}
}

// unquote reads an argument as Git quotes it for a shell.
func unquote(s string) string {
	return strings.Trim(strings.NewReplacer(`'\''`, "'", `'\!'`, "!").Replace(s), "'")
}

func (s *SSHServer) run(channel ssh.Channel, line string) uint32 {
	s.mu.Lock()
	s.commands = append(s.commands, line)
	faults := s.faults
	s.mu.Unlock()
	service, path, _ := strings.Cut(line, " ")
	if service != UploadPack && service != ReceivePack {
		fmt.Fprintf(channel.Stderr(), "%s is not allowed here\n", service)
		return 1
	}
	dir := filepath.Join(s.root, filepath.Clean("/"+unquote(path)))
	cmd := exec.Command("git", strings.TrimPrefix(service, "git-"), dir)
	cmd.Env = serverEnvironment(faults.config())
	in, err := cmd.StdinPipe()
	if err != nil {
		return 1
	}
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	if err := cmd.Start(); err != nil {
		return 1
	}
	s.running.Go(func() { // it ends with the channel
		_, _ = io.Copy(in, channel)
		_ = in.Close()
	})
	if err := cmd.Wait(); err != nil {
		return 1
	}
	return 0
}
