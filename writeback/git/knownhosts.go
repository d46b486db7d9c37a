package git

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// knownHosts is a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT") held as a value. Package knownhosts reads
// files only, and tells no host's algorithms.
type knownHosts struct {
	lines []knownHost
}

type knownHost struct {
	marker   string // "", "cert-authority" or "revoked"
	patterns []string
	key      ssh.PublicKey
}

// hostKeyError is a host that is not the one known_hosts knows, or is not in it.
type hostKeyError struct {
	host   string
	offers ssh.PublicKey
	what   string
}

func (e *hostKeyError) Error() string {
	return fmt.Sprintf("host key of %s %s (it offers %s %s)", e.host, e.what, e.offers.Type(), ssh.FingerprintSHA256(e.offers))
}

func parseKnownHosts(data []byte) (*knownHosts, error) {
	known := &knownHosts{}
	for rest := data; ; {
		marker, patterns, key, _, next, err := ssh.ParseKnownHosts(rest)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 1 + bytes.Count(data[:len(data)-len(rest)], []byte("\n"))
			return nil, fmt.Errorf("reading known_hosts from line %d on: %w", line, err)
		}
		known.lines = append(known.lines, knownHost{marker: marker, patterns: patterns, key: key})
		rest = next
	}
	if len(known.lines) == 0 {
		return nil, errors.New("ssh needs known_hosts with the host's key: a host is never trusted at first sight")
	}
	return known, nil
}

// check is the callback of a handshake.
func (k *knownHosts) check(address string, remote net.Addr, key ssh.PublicKey) error {
	host := knownhosts.Normalize(address)
	if cert, ok := key.(*ssh.Certificate); ok {
		checker := ssh.CertChecker{
			IsHostAuthority: func(authority ssh.PublicKey, _ string) bool {
				return k.has("cert-authority", host, authority) && !k.has("revoked", host, authority)
			},
			IsRevoked: func(c *ssh.Certificate) bool { return k.has("revoked", host, c.Key) },
		}
		if err := checker.CheckHostKey(address, remote, cert); err != nil {
			return &hostKeyError{host: host, offers: key, what: "is a certificate that known_hosts does not vouch for"}
		}
		return nil
	}
	switch {
	case k.has("revoked", host, key):
		return &hostKeyError{host: host, offers: key, what: "is revoked"}
	case k.has("", host, key):
		return nil
	case slices.ContainsFunc(k.lines, func(l knownHost) bool { return l.marker == "" && l.matches(host) }):
		return &hostKeyError{host: host, offers: key, what: "is not the one in known_hosts"}
	default:
		return &hostKeyError{host: host, offers: key, what: "is not in known_hosts"}
	}
}

func (k *knownHosts) has(marker, host string, key ssh.PublicKey) bool {
	return slices.ContainsFunc(k.lines, func(l knownHost) bool {
		return l.marker == marker && bytes.Equal(l.key.Marshal(), key.Marshal()) && l.matches(host)
	})
}

// algorithms lists the key algorithms that the host may offer. Without it a server with keys of several types offers
// the one it likes best, which need not be the one in known_hosts.
func (k *knownHosts) algorithms(address string) []string {
	host := knownhosts.Normalize(address)
	var plain, certified []string
	for _, l := range k.lines {
		if !l.matches(host) {
			continue
		}
		switch l.marker {
		case "":
			plain = append(plain, signatureAlgorithms(l.key.Type())...)
		case "cert-authority":
			// An authority signs keys of any type.
			certified = []string{
				ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
				ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
			}
		}
	}
	return append(certified, plain...)
}

func signatureAlgorithms(keyType string) []string {
	if keyType == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{keyType}
}

// matches reports whether the line is about host, which is "name" or "[name]:port". One negated pattern that matches
// settles it.
func (l knownHost) matches(host string) bool {
	found := false
	for _, p := range l.patterns {
		p, negated := strings.CutPrefix(p, "!")
		if !matchesPattern(p, host) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

func matchesPattern(pattern, host string) bool {
	if hashed, ok := strings.CutPrefix(pattern, "|1|"); ok {
		return matchesHashed(hashed, host)
	}
	return matchesWildcard(strings.ToLower(pattern), strings.ToLower(host))
}

// matchesHashed compares with SALT|HASH, both base64 (ssh-keygen -H).
func matchesHashed(hashed, host string) bool {
	saltText, hashText, _ := strings.Cut(hashed, "|")
	salt, err := base64.StdEncoding.DecodeString(saltText)
	if err != nil {
		return false
	}
	want, err := base64.StdEncoding.DecodeString(hashText)
	if err != nil {
		return false
	}
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(host))
	return hmac.Equal(mac.Sum(nil), want)
}

// matchesWildcard knows * and ?. Brackets are those of a port, so it is not path.Match.
func matchesWildcard(pattern, s string) bool {
	star, resume := -1, 0
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0: // let the last star take one more
			resume++
			p, i = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
