package notify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/notify"
)

// verify is what docs/notify.md tells receivers to do.
func verify(key []byte, header http.Header, body []byte, now time.Time) error {
	id, at := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return errors.New("not of this moment")
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	for signature := range strings.FieldsSeq(header.Get("Webhook-Signature")) {
		encoded, isV1 := strings.CutPrefix(signature, "v1,")
		given, err := base64.StdEncoding.DecodeString(encoded)
		if isV1 && err == nil && hmac.Equal(given, mac.Sum(nil)) {
			return nil
		}
	}
	return errors.New("not signed with this key")
}

func TestWebhookSignature(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef0123456789abcdef")
	for _, secret := range []string{string(key), "whsec_" + base64.StdEncoding.EncodeToString(key)} {
		chat, channel := start(t, notify.Webhook)
		channel.Secret = secret
		if err := notify.Send(t.Context(), channel, options(), story()); err != nil {
			t.Fatal(err)
		}
		r := chat.Requests()[0]
		if id := r.Header.Get("Webhook-Id"); id != "msg-1" {
			t.Errorf("id %q", id)
		}
		if err := verify(key, r.Header, r.Body, at.Add(time.Minute)); err != nil {
			t.Error(err)
		}
		if err := verify(key, r.Header, append(r.Body, ' '), at); err == nil {
			t.Error("a body that was changed passes")
		}
		if err := verify([]byte("another"), r.Header, r.Body, at); err == nil {
			t.Error("another key passes")
		}
		if err := verify(key, r.Header, r.Body, at.Add(time.Hour)); err == nil {
			t.Error("an old message passes")
		}
		if strings.Contains(string(r.Body), string(key)) {
			t.Error("the body holds the key")
		}
	}
}

// The example of the specification gives the signature that it says.
func TestWebhookSignatureOfTheSpecification(t *testing.T) {
	t.Parallel()
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Webhook-Id": {"msg_p5jXN8AQM9LWM0D4loKWxJek"}, "Webhook-Timestamp": {"1614265330"},
		"Webhook-Signature": {"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}}
	if err := verify(key, header, []byte(`{"test": 2432232314}`), time.Unix(1614265330, 0)); err != nil {
		t.Error(err)
	}
}

func TestWebhookWithoutSignature(t *testing.T) {
	t.Parallel()
	chat, channel := start(t, notify.Webhook)
	if err := notify.Send(t.Context(), channel, options(), story()); err != nil {
		t.Fatal(err)
	}
	if got := chat.Requests()[0].Header.Values("Webhook-Signature"); got != nil {
		t.Errorf("signature %q", got)
	}
	channel.Secret = "whsec_hunter2!"
	if err := notify.Send(t.Context(), channel, options(), story()); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret that is no base64: %v", err)
	}
}
