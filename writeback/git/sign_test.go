package git_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/testdata"

	"github.com/image-updater/image-updater/writeback/git"
)

// verified makes two signed commits, one on the other, and returns what git says of each: "G" for a good signature, and
// by whom.
func verified(t *testing.T, s *site, signer git.Signer) string {
	t.Helper()
	remote := open(t, git.Options{URL: s.url})
	tree := fetch(t, remote, nil)
	draft := tree.Draft()
	for _, text := range []string{"1", "2"} {
		id, err := draft.Commit(git.Commit{
			Files: []git.File{{Path: "README", Data: []byte(text)}}, Author: signature(), Signer: signer,
			Message: "Update nginx\n\nTwo paragraphs.\n\nImage-Updater-Policy: nginx\n",
		})
		if err != nil {
			t.Fatal(err)
		}
		if id != draft.Tip() {
			t.Fatalf("the commit is %s, the tip %s", id, draft.Tip())
		}
	}
	if err := remote.Push(t.Context(), "refs/heads/main", tree.Tip(), draft); err != nil {
		t.Fatal(err)
	}
	if err := s.repo.Fsck(); err != nil {
		t.Error(err)
	}
	log, err := s.repo.Git("log", "--format=%G? %GS", "-2", "main")
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// checkOurs expects that the signed commits, read again from the server, are seen to be ours.
func checkOurs(t *testing.T, s *site) {
	t.Helper()
	remote := open(t, git.Options{URL: s.url})
	refs, err := remote.Refs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tip, _ := refs.Tip("refs/heads/main")
	base, err := s.repo.Git("rev-parse", "main~2")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := remote.Fetch(t.Context(), hash(t, strings.TrimSpace(base)), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	ahead, err := remote.Ahead(t.Context(), tip, tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(ahead.Commits) != 2 || !ahead.Commits[0].MadeBy(signature()) || !strings.Contains(ahead.Commits[0].Message, "\n\nTwo paragraphs.\n\n") {
		t.Errorf("commits read again: %+v", ahead.Commits)
	}
}

func TestSSHSigner(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("the ssh-keygen program, which git verifies ssh signatures with, is not installed")
	}
	for _, test := range []struct {
		name       string
		key        crypto.Signer
		passphrase string
	}{
		{name: "ed25519", key: newEd25519(t)},
		{name: "ed25519 with a passphrase", key: newEd25519(t), passphrase: "open sesame"},
		{name: "ecdsa 256", key: newECDSA(t, elliptic.P256())},
		{name: "ecdsa 384", key: newECDSA(t, elliptic.P384())},
		{name: "ecdsa 521", key: newECDSA(t, elliptic.P521())},
		{name: "rsa", key: newRSA(t)},
		{name: "rsa with a passphrase", key: newRSA(t), passphrase: "open sesame"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, someFiles)
			signer, err := git.SSHSigner(privateKey(t, test.key, test.passphrase), test.passphrase)
			if err != nil {
				t.Fatal(err)
			}
			trust(t, s, test.key)
			if got, want := verified(t, s, signer), "G bot@example.com\nG bot@example.com\n"; got != want {
				t.Errorf("git says %q, want %q", got, want)
			}
			if _, err := s.repo.Git("verify-commit", "main", "main~1"); err != nil {
				t.Error(err)
			}
			checkOurs(t, s)
			trust(t, s, newEd25519(t))
			if _, err := s.repo.Git("verify-commit", "main"); err == nil {
				t.Error("git takes the signature for that of another key")
			}
		})
	}
}

func TestSSHSignerErrors(t *testing.T) {
	t.Parallel()
	key := newEd25519(t)
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name       string
		key        []byte
		passphrase string
		want       string
	}{
		{name: "nothing", want: "no key found"},
		{name: "something else", key: []byte("hunter2\n"), want: "no key found"},
		{name: "broken", key: []byte("-----BEGIN OPENSSH PRIVATE KEY-----\naHVudGVyMg==\n-----END OPENSSH PRIVATE KEY-----\n"), want: "ssh: "},
		{name: "public", key: ssh.MarshalAuthorizedKey(public), want: "it is a public key: signing needs the private one"},
		{name: "no passphrase", key: privateKey(t, key, "hunter2"), want: "protected by a passphrase, and none is configured"},
		{name: "wrong passphrase", key: privateKey(t, key, "open sesame"), passphrase: "hunter2", want: "decryption password incorrect"},
		{name: "an OpenPGP key", key: []byte("-----BEGIN PGP PRIVATE KEY BLOCK-----\n"), want: "it is an OpenPGP key: openPGPKeyFile names those"},
		{name: "another kind", key: testdata.PEMBytes["dsa"], want: "keys of type ssh-dss do not sign commits: want ed25519, ecdsa or rsa"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := git.SSHSigner(test.key, test.passphrase)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func newEd25519(t *testing.T) crypto.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newECDSA(t *testing.T, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newRSA(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// privateKey writes a key as ssh-keygen does.
func privateKey(t *testing.T, key crypto.Signer, passphrase string) []byte {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "bot@example.com")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "bot@example.com", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

// trust makes git in the repository take signatures of key alone for those of bot@example.com.
func trust(t *testing.T, s *site, key crypto.Signer) {
	t.Helper()
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	signers := filepath.Join(t.TempDir(), "allowed_signers")
	line := `bot@example.com namespaces="git" ` + string(ssh.MarshalAuthorizedKey(public))
	if err := os.WriteFile(signers, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.repo.Config("gpg.ssh.allowedSignersFile", signers); err != nil {
		t.Fatal(err)
	}
}
