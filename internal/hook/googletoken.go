package hook

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// maxToken bounds a token, which has less than a kilobyte.
const maxToken = 8 << 10

// skew is how far Google's clock and ours may be apart.
const skew = time.Minute

// google is the proof by a token that Google has signed: OpenID Connect, as Pub/Sub sends it with a push.
type google struct {
	keys                     *googleKeys
	audience, serviceAccount string
	now                      func() time.Time
}

func googleToken(o Options) proof {
	return google{
		keys:           &googleKeys{transport: o.Transport, now: o.Now},
		audience:       o.Audience,
		serviceAccount: o.ServiceAccount,
		now:            o.Now,
	}
}

// claims are what a token says of its sender.
type claims struct {
	Issuer        string  `json:"iss"`
	Audience      string  `json:"aud"`
	Email         string  `json:"email"`
	EmailVerified bool    `json:"email_verified"`
	Expires       float64 `json:"exp"`
	IssuedAt      float64 `json:"iat"`
}

func (p google) before(ctx context.Context, s shown) error {
	scheme, token, _ := strings.Cut(s.header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(token) > maxToken {
		return errUnproved
	}
	signed, signature, header, c, ok := parseToken(strings.TrimSpace(token))
	if !ok {
		return refuseToken("is none")
	}
	// What costs nothing is asked before a key is looked for.
	if reason := p.fault(c); reason != "" {
		return refuseToken(reason)
	}
	// One algorithm, and no word of the token's as to which: or a key could be taken for another one's.
	if header.Algorithm != "RS256" || header.Critical != nil {
		return refuseToken("is not signed by RS256")
	}
	key, err := p.keys.find(ctx, header.Key)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(signed))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) != nil {
		return refuseToken("is not signed by Google")
	}
	return nil
}

func (google) over(shown, []byte) error { return nil }

func refuseToken(reason string) error {
	return &Refusal{Status: http.StatusUnauthorized, Reason: "the token " + reason}
}

// fault says why a token with these claims is not taken, "" = it is.
func (p google) fault(c claims) string {
	now := float64(p.now().Unix())
	switch {
	case c.Issuer != "https://accounts.google.com" && c.Issuer != "accounts.google.com":
		return "is not by Google"
	case !same(c.Audience, p.audience):
		return "is for another audience"
	case !c.EmailVerified || !same(c.Email, p.serviceAccount):
		return "is of another account"
	case now > c.Expires+skew.Seconds():
		return "has expired"
	case now < c.IssuedAt-skew.Seconds():
		return "is of the future"
	}
	return ""
}

type tokenHeader struct {
	Algorithm string          `json:"alg"`
	Key       string          `json:"kid"`
	Critical  json.RawMessage `json:"crit"`
}

// parseToken reads a JSON Web Token in its compact form.
func parseToken(s string) (signed string, signature []byte, h tokenHeader, c claims, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return "", nil, h, c, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	ok = err == nil && decodePart(parts[0], &h) && decodePart(parts[1], &c)
	return parts[0] + "." + parts[1], signature, h, c, ok
}

func decodePart(s string, v any) bool {
	data, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil && json.Unmarshal(data, v) == nil
}
