package hook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"hash"
	"net/http"
	"strings"
)

// shown is where a request may show that it comes from whom it should.
type shown struct {
	header  http.Header
	address string // the secret in the address, "" = there is none
}

func shownIn(r *http.Request, inPath string) shown {
	query := r.URL.Query()
	return shown{header: r.Header, address: cmp.Or(inPath, query.Get("token"), query.Get("access_token"))}
}

// proof is one way to prove that a request comes from whom it should. What can be seen without the body is asked before
// the body is read, so that strangers cannot make us read much.
type proof interface {
	before(ctx context.Context, s shown) error
	over(s shown, body []byte) error
}

// same compares in a time that does not tell where, or in which length, the two differ.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// ask returns the secret, which is never empty.
func ask(secret func() (string, error)) (string, error) {
	s, err := secret()
	if err != nil || s == "" {
		return "", &Refusal{Status: http.StatusServiceUnavailable, Reason: "the secret cannot be read", Err: err}
	}
	return s, nil
}

// token is a proof by the secret itself.
type token struct {
	secret    func() (string, error)
	inAddress bool // it may stand in the address, too
}

func tokenInHeader(o Options) proof { return token{secret: o.Secret} }
func tokenAnywhere(o Options) proof { return token{secret: o.Secret, inAddress: true} }

func (t token) before(_ context.Context, s shown) error {
	secret, err := ask(t.secret)
	if err != nil {
		return err
	}
	proved := false
	for _, one := range t.tokens(s) {
		if same(one, secret) {
			proved = true
		}
	}
	if !proved {
		return errUnproved
	}
	return nil
}

func (token) over(shown, []byte) error { return nil }

// tokens returns what may be the secret: senders differ in what they put around it.
func (t token) tokens(s shown) []string {
	authorization := s.header.Get("Authorization")
	tokens := []string{authorization, s.header.Get("X-Api-Key")}
	if scheme, rest, found := strings.Cut(authorization, " "); found && strings.EqualFold(scheme, "Bearer") {
		tokens = append(tokens, strings.TrimSpace(rest))
	}
	if _, password, found := (&http.Request{Header: s.header}).BasicAuth(); found {
		tokens = append(tokens, password)
	}
	if t.inAddress {
		tokens = append(tokens, s.address)
	}
	return tokens
}

// signature is a proof by a MAC of the body, made with the secret.
type signature struct {
	secret func() (string, error)
	header string // that has it, in hex
	prefix string // before it
	mac    func(secret string, parts ...[]byte) []byte
	// also are other texts that the sender may have signed.
	also func(body []byte) [][]byte
	// plain says that the header may hold the secret itself.
	plain bool
}

func signed(header, prefix string, mac func(string, ...[]byte) []byte) func(o Options) proof {
	return func(o Options) proof { return signature{secret: o.Secret, header: header, prefix: prefix, mac: mac} }
}

// nexusSigned: Nexus signs the JSON without white space, whatever it sends.
func nexusSigned(o Options) proof {
	return signature{secret: o.Secret, header: "X-Nexus-Webhook-Signature", mac: hmacSHA1, also: func(body []byte) [][]byte {
		var compact bytes.Buffer
		if json.Compact(&compact, body) != nil {
			return nil
		}
		return [][]byte{compact.Bytes()}
	}}
}

// artifactorySigned: without "use secret for payload signing" Artifactory sends the secret as it is.
func artifactorySigned(o Options) proof {
	return signature{secret: o.Secret, header: "X-Jfrog-Event-Auth", mac: hmacSHA256, plain: true}
}

func (p signature) before(_ context.Context, s shown) error {
	if s.header.Get(p.header) == "" {
		return errUnproved
	}
	return nil
}

func (p signature) over(s shown, body []byte) error {
	secret, err := ask(p.secret)
	if err != nil {
		return err
	}
	value := s.header.Get(p.header)
	if p.plain && same(value, secret) {
		return nil
	}
	given, ok := unhex(value, p.prefix)
	if !ok {
		return errUnproved
	}
	if hmac.Equal(given, p.mac(secret, body)) {
		return nil
	}
	if p.also != nil {
		for _, text := range p.also(body) {
			if hmac.Equal(given, p.mac(secret, text)) {
				return nil
			}
		}
	}
	return errUnproved
}

func unhex(s, prefix string) ([]byte, bool) {
	s, found := strings.CutPrefix(s, prefix)
	given, err := hex.DecodeString(s)
	return given, found && err == nil
}

func hmacSHA256(secret string, parts ...[]byte) []byte { return mac(sha256.New, secret, parts) }

// hmacSHA1 is for Nexus, which has no other. As a MAC SHA-1 is not broken.
func hmacSHA1(secret string, parts ...[]byte) []byte { return mac(sha1.New, secret, parts) }

func mac(newHash func() hash.Hash, secret string, parts [][]byte) []byte {
	m := hmac.New(newHash, []byte(secret))
	for _, part := range parts {
		m.Write(part)
	}
	return m.Sum(nil)
}
