package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// maxWebhook is how many events a message to a webhook has at most.
const maxWebhook = 200

// webhook posts messages as JSON, signed as https://www.standardwebhooks.com/ says.
type webhook struct {
	poster
	key []byte // nil = not signed
}

// keyPrefix begins a secret that is written in base64.
const keyPrefix = "whsec_"

func newWebhook(p poster) (sender, error) {
	w := webhook{poster: p}
	encoded, isEncoded := strings.CutPrefix(p.channel.Secret, keyPrefix)
	switch {
	case isEncoded:
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, errors.New("the secret begins with " + keyPrefix + " and is no base64 behind that")
		}
		w.key = key
	case p.channel.Secret != "":
		w.key = []byte(p.channel.Secret)
	}
	return w, nil
}

// webhookBody is the stable form of a message, as docs/notify.md describes it.
type webhookBody struct {
	Type      string         `json:"type"` // image-updater.events
	Timestamp time.Time      `json:"timestamp"`
	Data      webhookMessage `json:"data"`
}

type webhookMessage struct {
	ID      string         `json:"id"`
	Channel string         `json:"channel"`
	Version string         `json:"version"`
	Title   string         `json:"title"`
	Events  []webhookEvent `json:"events"`
	More    int            `json:"more"`
	Lost    int            `json:"lost"`
}

type webhookEvent struct {
	Kind       status.EventKind `json:"kind"`
	When       time.Time        `json:"when"`
	Text       string           `json:"text"`
	Policies   []string         `json:"policies"`
	Image      string           `json:"image"`
	Registry   string           `json:"registry"`
	Git        string           `json:"git"`
	Branch     string           `json:"branch"`
	From       string           `json:"from"`
	To         string           `json:"to"`
	FromDigest string           `json:"fromDigest"`
	ToDigest   string           `json:"toDigest"`
	Places     int              `json:"places"`
	Title      string           `json:"title"`
	Rule       string           `json:"rule"`
	Why        string           `json:"why"`
	Until      *time.Time       `json:"until"` // null = time alone does not change it
	Page       string           `json:"page"`
	PageText   string           `json:"pageText"`
	Link       string           `json:"link"`
}

func (w webhook) send(ctx context.Context, m Message) error {
	body := encode(w.body(m))
	header := http.Header{}
	header.Set("Webhook-Id", m.ID)
	at := strconv.FormatInt(w.options.now().Unix(), 10)
	header.Set("Webhook-Timestamp", at)
	if w.key != nil {
		header.Set("Webhook-Signature", "v1,"+sign(w.key, m.ID, at, body))
	}
	return w.post(ctx, body, header)
}

func sign(key []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, at)
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (w webhook) body(m Message) webhookBody {
	events := byUrgency(m.Events)
	more := max(0, len(events)-maxWebhook)
	data := webhookMessage{ID: m.ID, Channel: w.channel.Name, Version: m.Version, Title: title(m), Events: []webhookEvent{}, More: more, Lost: m.Lost}
	for _, e := range events[:len(events)-more] {
		data.Events = append(data.Events, w.event(e))
	}
	return webhookBody{Type: "image-updater.events", Timestamp: m.At.UTC().Truncate(time.Second), Data: data}
}

func (w webhook) event(e status.Event) webhookEvent {
	text := w.channel.line(e, plainMarkup)
	e = clean(e)
	out := webhookEvent{
		Kind: e.Kind, When: e.When.UTC().Truncate(time.Second), Text: text, Policies: e.Policies, Image: e.Image, Registry: e.Registry,
		Git: e.Git, Branch: e.Branch, From: e.From, To: e.To, FromDigest: e.FromDigest, ToDigest: e.ToDigest, Places: e.Places, Title: e.Title,
		Rule: e.Why.Rule, Why: e.Why.Detail, Page: safeURL(e.Link.URL), PageText: e.Link.Text, Link: w.channel.link(e),
	}
	if out.Policies == nil {
		out.Policies = []string{}
	}
	if !e.Why.Until.IsZero() {
		out.Until = new(e.Why.Until.UTC().Truncate(time.Second))
	}
	return out
}
