package integration

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	claims "github.com/distribution/distribution/v3/registry/auth/token"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// The account every registry of these tests knows.
const (
	username = "scanner"
	password = "correct-horse-battery-staple"
)

const (
	tokenIssuer  = "tokens.test"
	tokenService = "registry.test"
)

// tokens is a token server as the distribution project specifies it. It signs what a registry verifies with keys().
type tokens struct {
	key      *ecdsa.PrivateKey
	lifetime time.Duration
}

func newTokens(t *testing.T) *tokens {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &tokens{key: key, lifetime: 5 * time.Minute}
}

// keys returns the file by which a registry trusts this server.
func (s *tokens) keys(t *testing.T) []byte {
	t.Helper()
	data, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: "test"}}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (s *tokens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, pass, ok := r.BasicAuth()
	if ok && (user != username || pass != password) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	signed, err := s.sign(user, r.URL.Query()["scope"])
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// A client that went away is no error of this server.
	_ = json.NewEncoder(w).Encode(map[string]any{
		"token": signed, "expires_in": int(s.lifetime.Seconds()), "issued_at": time.Now().UTC().Format(time.RFC3339),
	})
}

// sign grants the scopes to a user, and the name alone to nobody in particular.
func (s *tokens) sign(user string, scopes []string) (string, error) {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: s.key},
		(&jose.SignerOptions{}).WithHeader("kid", "test").WithType("JWT"),
	)
	if err != nil {
		return "", err
	}
	now := time.Now()
	set := claims.ClaimSet{
		Issuer: tokenIssuer, Subject: user, Audience: claims.AudienceList{tokenService},
		IssuedAt: now.Unix(), NotBefore: now.Add(-time.Second).Unix(), Expiration: now.Add(s.lifetime).Unix(),
	}
	for _, scope := range scopes {
		// repository:NAME:ACTIONS, where the name may hold colons of a port.
		first, last := strings.Index(scope, ":"), strings.LastIndex(scope, ":")
		if user == "" || first < 0 || first == last {
			continue
		}
		set.Access = append(set.Access, &claims.ResourceActions{
			Type: scope[:first], Name: scope[first+1 : last], Actions: strings.Split(scope[last+1:], ","),
		})
	}
	return jwt.Signed(signer).Claims(set).Serialize()
}
