package git

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func TestKnownHosts(t *testing.T) {
	t.Parallel()
	good, bad, ca := newSigner(t), newSigner(t), newSigner(t)
	cert := &ssh.Certificate{
		Key: bad.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"git.example"}, ValidBefore: ssh.CertTimeInfinity,
	}
	if err := cert.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	text := func(k ssh.PublicKey) string { return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k))) }
	goodKey, caKey := text(good.PublicKey()), text(ca.PublicKey())
	tests := []struct {
		name    string
		file    string
		address string
		key     ssh.PublicKey
		want    string // of the error
	}{
		{name: "plain", file: "git.example " + goodKey, address: "git.example:22", key: good.PublicKey()},
		{name: "second of a list", file: "other,git.example " + goodKey, address: "git.example:22", key: good.PublicKey()},
		{name: "case", file: "GIT.example " + goodKey, address: "git.Example:22", key: good.PublicKey()},
		{name: "port", file: "[git.example]:2222 " + goodKey, address: "git.example:2222", key: good.PublicKey()},
		{name: "other port", file: "git.example " + goodKey, address: "git.example:2222", key: good.PublicKey(), want: "is not in known_hosts"},
		{name: "wildcard", file: "*.example " + goodKey, address: "git.example:22", key: good.PublicKey()},
		{name: "question mark", file: "g?t.*e " + goodKey, address: "git.example:22", key: good.PublicKey()},
		{name: "negated", file: "*.example,!git.example " + goodKey, address: "git.example:22", key: good.PublicKey(), want: "is not in known_hosts"},
		{name: "hashed", file: knownhosts.HashHostname("git.example") + " " + goodKey, address: "git.example:22", key: good.PublicKey()},
		{name: "hashed other", file: knownhosts.HashHostname("git.sample") + " " + goodKey, address: "git.example:22", key: good.PublicKey(), want: "is not in known_hosts"},
		{name: "changed", file: "git.example " + goodKey, address: "git.example:22", key: bad.PublicKey(), want: "is not the one in known_hosts"},
		{name: "revoked", file: "git.example " + goodKey + "\n@revoked * " + goodKey, address: "git.example:22", key: good.PublicKey(), want: "is revoked"},
		{name: "authority", file: "# mine\n@cert-authority *.example " + caKey, address: "git.example:22", key: cert},
		{name: "authority of others", file: "@cert-authority *.sample " + caKey, address: "git.example:22", key: cert, want: "is a certificate that known_hosts does not vouch for"},
		{name: "revoked authority", file: "@cert-authority * " + caKey + "\n@revoked * " + caKey, address: "git.example:22", key: cert, want: "is a certificate that known_hosts does not vouch for"},
		{name: "authority is no host", file: "@cert-authority *.example " + goodKey, address: "git.example:22", key: good.PublicKey(), want: "is not in known_hosts"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			known, err := parseKnownHosts([]byte(test.file))
			if err != nil {
				t.Fatal(err)
			}
			err = known.check(test.address, nil, test.key)
			if test.want == "" && err != nil {
				t.Error(err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestKnownHostsAlgorithms(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := fmt.Sprintf("git.example %s*.sample %s", ssh.MarshalAuthorizedKey(signer.PublicKey()), ssh.MarshalAuthorizedKey(newSigner(t).PublicKey()))
	known, err := parseKnownHosts([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string][]string{
		"git.example:22": {"rsa-sha2-512", "rsa-sha2-256"},
		"git.sample:22":  {"ssh-ed25519"},
		"other:22":       nil,
	} {
		if got := known.algorithms(address); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
}

func TestParseKnownHostsErrors(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"":                            "ssh needs known_hosts with the host's key: a host is never trusted at first sight",
		"# nothing\n\n":               "ssh needs known_hosts with the host's key: a host is never trusted at first sight",
		"git.example ssh-ed25519 !!!": "reading known_hosts from line 1 on: ",
	} {
		_, err := parseKnownHosts([]byte(file))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", file, err, want)
		}
	}
}
