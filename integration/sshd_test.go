package integration

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/image-updater/image-updater/internal/gittest"
)

// keyPair is an SSH key as ssh-keygen makes it.
type keyPair struct {
	private []byte // of a file
	public  ssh.PublicKey
}

func newKeyPair(t *testing.T, key crypto.Signer) keyPair {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "test")
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{private: pem.EncodeToMemory(block), public: public}
}

func ed25519Key(t *testing.T) keyPair {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newKeyPair(t, key)
}

func ecdsaKey(t *testing.T) keyPair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return newKeyPair(t, key)
}

// sshServer is OpenSSH's sshd with two host keys and one authorised key of the user who runs the tests.
type sshServer struct {
	host, port     string
	user           string
	ed25519, ecdsa keyPair // of the host
	client         keyPair
}

const sshdConfig = `
ListenAddress %s
HostKey %s
HostKey %s
AuthorizedKeysFile %s
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
`

func newSSHServer(t *testing.T) sshServer {
	t.Helper()
	binary := program(t, "sshd", "/usr/sbin/sshd")
	if os.Geteuid() == 0 {
		// Where sshd locks up its unprivileged half; the service, which is not running, would make it.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := sshServer{user: me.Username, ed25519: ed25519Key(t), ecdsa: ecdsaKey(t), client: ed25519Key(t)}
	address := freeAddress(t)
	s.host, s.port, _ = strings.Cut(address, ":")
	config := fmt.Sprintf(sshdConfig, address,
		write(t, "ed25519", s.ed25519.private), write(t, "ecdsa", s.ecdsa.private),
		write(t, "authorized", ssh.MarshalAuthorizedKey(s.client.public)))
	startServer(t, exec.CommandContext(t.Context(), binary, "-D", "-e", "-f", write(t, "sshd_config", []byte(config))), "Server listening")
	return s
}

// known gives a known_hosts file in which the server has the key.
func (s sshServer) known(t *testing.T, key ssh.PublicKey) string {
	t.Helper()
	return write(t, "known_hosts", fmt.Appendf(nil, "[%s]:%s %s", s.host, s.port, ssh.MarshalAuthorizedKey(key)))
}

// A change goes to a repository over OpenSSH, if and only if the host is the one that is known.
func TestSetOverSSH(t *testing.T) {
	t.Parallel()
	server := newSSHServer(t)
	tests := []struct {
		name    string
		known   ssh.PublicKey
		refused bool
	}{
		{name: "the host's preferred key is known", known: server.ed25519.public},
		{name: "only another of its keys is known", known: server.ecdsa.public},
		{name: "the key that is known is not the host's", known: ed25519Key(t).public, refused: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			repository := newRepository(t, gittest.Files{"web.yaml": deployment("nginx:1.25.3")})
			w := newWorkplace(t, fmt.Sprintf(`apiVersion: image-updater/v1
git:
  - name: fleet
    url: ssh://%s@%s:%s%s
    branch: main
    auth: {sshKeyFile: %s, knownHostsFile: %s}
policies:
  - {name: nginx, image: nginx, git: fleet}
`, server.user, server.host, server.port, repository.Dir, write(t, "key", server.client.private), server.known(t, test.known)))
			r := w.run(t, "set", "--git", "fleet", "nginx:1.27.4")
			want := deployment("nginx:1.27.4")
			if test.refused {
				want = deployment("nginx:1.25.3")
				if r.code != 1 || !strings.Contains(r.stderr, "host") {
					t.Errorf("got exit %d, want 1 and a word about the host:\n%s", r.code, r.stderr)
				}
			} else if r.code != 0 {
				t.Errorf("exit %d:\n%s", r.code, r.stderr)
			}
			if got := file(t, repository, "web.yaml"); got != want {
				t.Errorf("the remote has\n%s\nwant\n%s", got, want)
			}
		})
	}
}
