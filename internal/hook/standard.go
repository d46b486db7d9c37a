package hook

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxAge is how long a signature is taken, and how far the clocks may be apart.
const maxAge = 5 * time.Minute

// standard is a proof by a signature over an id, the time and the body, as https://www.standardwebhooks.com/ has it and as
// our own messages to webhooks are signed.
type standard struct {
	secret func() (string, error)
	now    func() time.Time
}

func standardSigned(o Options) proof { return standard{secret: o.Secret, now: o.Now} }

func (p standard) before(_ context.Context, s shown) error {
	seconds, err := strconv.ParseInt(s.header.Get("Webhook-Timestamp"), 10, 64)
	if err != nil || s.header.Get("Webhook-Id") == "" || s.header.Get("Webhook-Signature") == "" {
		return errUnproved
	}
	if age := p.now().Sub(time.Unix(seconds, 0)); age > maxAge || age < -maxAge {
		return &Refusal{Status: http.StatusUnauthorized, Reason: "the timestamp is more than " + maxAge.String() + " away"}
	}
	return nil
}

func (p standard) over(s shown, body []byte) error {
	key, err := p.key()
	if err != nil {
		return err
	}
	want := hmacSHA256(key, []byte(s.header.Get("Webhook-Id")+"."+s.header.Get("Webhook-Timestamp")+"."), body)
	// There may be several while a secret is replaced.
	for signature := range strings.FieldsSeq(s.header.Get("Webhook-Signature")) {
		encoded, found := strings.CutPrefix(signature, "v1,")
		given, err := base64.StdEncoding.DecodeString(encoded)
		if found && err == nil && hmac.Equal(given, want) {
			return nil
		}
	}
	return errUnproved
}

// key returns what the secret means: its text, or what is behind whsec_ in base64.
func (p standard) key() (string, error) {
	secret, err := ask(p.secret)
	if err != nil {
		return "", err
	}
	encoded, isEncoded := strings.CutPrefix(secret, "whsec_")
	if !isEncoded {
		return secret, nil
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) == 0 {
		return "", &Refusal{Status: http.StatusServiceUnavailable, Reason: "the secret cannot be read", Err: errors.New("it begins with whsec_ and is no base64 behind that")}
	}
	return string(key), nil
}
