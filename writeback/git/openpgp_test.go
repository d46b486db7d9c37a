package git_test

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/writeback/git"
)

// gnupg is GnuPG with a throw-away home.
type gnupg struct{ home string }

func newGnuPG(t *testing.T) gnupg {
	t.Helper()
	if _, err := exec.LookPath("gpg"); err != nil {
		t.Skip("the gpg program is not installed")
	}
	home, err := os.MkdirTemp("", "gpg") // the path of the agent's socket must not be long
	if err != nil {
		t.Fatal(err)
	}
	g := gnupg{home: home}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home) // an agent that is about to end may still hold its socket there
	})
	return g
}

func (g gnupg) run(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("gpg", append([]string{"--homedir", g.home, "--batch", "--pinentry-mode", "loopback"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("gpg %s: %v: %s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out
}

// generate makes a key for bot@example.com, valid from a day before the tests' commits on.
func (g gnupg) generate(t *testing.T, algorithm, usage, passphrase, expires string) {
	t.Helper()
	g.run(t, "--faked-system-time", "1767225600", "--passphrase", passphrase, "--quick-generate-key", "Bot <bot@example.com>", algorithm, usage, expires)
}

// secret exports the private key.
func (g gnupg) secret(t *testing.T, passphrase string, how ...string) []byte {
	t.Helper()
	if how == nil {
		how = []string{"--export-secret-keys"}
	}
	return g.run(t, append([]string{"--armor", "--passphrase", passphrase}, how...)...)
}

// verifier makes git in the repository ask g about signatures.
func (g gnupg) verifier(t *testing.T, s *site) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "gpg")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexec gpg --homedir '"+g.home+"' \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.repo.Config("gpg.program", program); err != nil {
		t.Fatal(err)
	}
}

func TestOpenPGPSigner(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, algorithm, passphrase string
		subkey                      bool // the primary key is kept elsewhere, as is good practice
	}{
		{name: "ed25519", algorithm: "ed25519"},
		{name: "ed25519 with a passphrase", algorithm: "ed25519", passphrase: "open sesame"},
		{name: "rsa", algorithm: "rsa2048"},
		{name: "nist p521", algorithm: "nistp521"},
		{name: "subkey alone", algorithm: "ed25519", passphrase: "open sesame", subkey: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := newGnuPG(t)
			s := newSite(t, someFiles)
			var private []byte
			if test.subkey {
				g.generate(t, test.algorithm, "cert", test.passphrase, "never")
				g.run(t, "--faked-system-time", "1767225600", "--passphrase", test.passphrase, "--quick-add-key", g.fingerprint(t), test.algorithm, "sign", "never")
				private = g.secret(t, test.passphrase, "--export-secret-subkeys")
			} else {
				g.generate(t, test.algorithm, "sign", test.passphrase, "never")
				private = g.secret(t, test.passphrase)
			}
			signer, err := git.OpenPGPSigner(private, test.passphrase, signature().When)
			if err != nil {
				t.Fatal(err)
			}
			g.verifier(t, s)
			if got, want := verified(t, s, signer), strings.Repeat("G Bot <bot@example.com>\n", 2); got != want {
				t.Errorf("git says %q, want %q", got, want)
			}
			if _, err := s.repo.Git("verify-commit", "main", "main~1"); err != nil {
				t.Error(err)
			}
			checkOurs(t, s)
			newGnuPG(t).verifier(t, s)
			if _, err := s.repo.Git("verify-commit", "main"); err == nil {
				t.Error("git takes a signature for good whose key it does not know")
			}
		})
	}
}

// fingerprint returns that of the primary key.
func (g gnupg) fingerprint(t *testing.T) string {
	t.Helper()
	for line := range strings.Lines(string(g.run(t, "--with-colons", "--list-keys"))) {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" {
			return fields[9]
		}
	}
	t.Fatal("no key")
	return ""
}

// revoke takes the certificate that gpg makes of every new key, a colon in front of it so that nobody takes it by mistake.
func (g gnupg) revoke(t *testing.T) {
	t.Helper()
	made := filepath.Join(g.home, "openpgp-revocs.d", g.fingerprint(t)+".rev")
	data, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(made, bytes.ReplaceAll(data, []byte(":-----BEGIN"), []byte("-----BEGIN")), 0o600); err != nil {
		t.Fatal(err)
	}
	g.run(t, "--import", made)
}

func TestOpenPGPSignerErrors(t *testing.T) {
	t.Parallel()
	g := newGnuPG(t)
	g.generate(t, "ed25519", "sign", "open sesame", "20260102T000000")
	locked := g.secret(t, "open sesame")
	certifying := newGnuPG(t)
	certifying.generate(t, "ed25519", "cert", "", "never")
	revoked := newGnuPG(t)
	revoked.generate(t, "ed25519", "sign", "", "never")
	revoked.revoke(t)
	two := newGnuPG(t)
	two.generate(t, "ed25519", "sign", "", "never")
	two.run(t, "--passphrase", "", "--quick-generate-key", "Other <other@example.com>", "ed25519", "sign", "never")
	now := time.Unix(1767225600+3600, 0)
	for _, test := range []struct {
		name       string
		key        []byte
		passphrase string
		now        time.Time
		want       string
	}{
		{name: "nothing", now: now, want: "reading it as an armoured OpenPGP key"},
		{name: "something else", key: []byte("hunter2\n"), now: now, want: "reading it as an armoured OpenPGP key"},
		{name: "not armoured", key: g.run(t, "--passphrase", "open sesame", "--export-secret-keys"), now: now, want: "no armored data found"},
		{name: "public", key: g.secret(t, "", "--export"), now: now, want: "it is a public key: signing needs the private one"},
		{name: "no passphrase", key: locked, now: now, want: "it is protected by a passphrase, and none is configured"},
		{name: "wrong passphrase", key: locked, passphrase: "hunter2", now: now, want: "with its passphrase: "},
		{name: "expired", key: locked, passphrase: "open sesame", now: now.AddDate(1, 0, 0), want: "cannot sign: it is expired"},
		{name: "for something else", key: certifying.secret(t, ""), now: now, want: "cannot sign: it has no part that may sign"},
		{name: "elsewhere", key: g.secret(t, "open sesame", "--export-secret-subkeys"), now: now, want: "which signs, is not in it"},
		{name: "revoked", key: revoked.secret(t, ""), now: now, want: "cannot sign: it is revoked"},
		{name: "an ssh key", key: privateKey(t, ed25519.NewKeyFromSeed(make([]byte, 32)), ""), now: now, want: "it is an ssh key"},
		{name: "two", key: two.secret(t, ""), now: now, want: "it holds 2 OpenPGP keys, want one"},
		{name: "two, one behind the other", key: slices.Concat(locked, locked), passphrase: "open sesame", now: now,
			want: "it holds 2 armoured OpenPGP keys, want one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := git.OpenPGPSigner(test.key, test.passphrase, test.now)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
