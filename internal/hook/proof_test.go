package hook_test

import (
	"crypto/sha1"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/hook"
)

// Each kind has a sample, and refuses it without a proof, with that of another secret, and with one of another body.
func TestUnproved(t *testing.T) {
	t.Parallel()
	kinds := []string{
		"docker-hub", "github", "quay", "harbor", "distribution", "gitlab", "acr", "ecr", "nexus", "artifactory", "gitea",
		"cloudevents", "json",
	}
	signs := map[string]bool{"github": true, "nexus": true, "artifactory": true, "gitea": true, "json": true}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			name := ""
			for _, s := range samples {
				if name == "" && s.kind == kind {
					name = s.name
				}
			}
			refused := func(what string, r *http.Request) {
				t.Helper()
				got, err := listening(t, kind, "registry.acme.example").Read(r, "")
				refusal, ok := errors.AsType[*hook.Refusal](err)
				if !ok || refusal.Status != http.StatusUnauthorized || got.Events != nil || got.Reply != nil {
					t.Errorf("%s: %v, %v", what, got, err)
				}
				if ok && strings.Contains(err.Error(), "s3cret") {
					t.Errorf("%s: the error repeats a secret: %v", what, err)
				}
			}
			refused("without a proof", sample(t, name))

			wrong := sample(t, name)
			prove(t, wrong, kind, "s3cret of another")
			refused("another secret", wrong)

			empty := sample(t, name)
			prove(t, empty, kind, "")
			refused("no secret", empty)

			if !signs[kind] {
				return
			}
			other := sample(t, name)
			prove(t, other, kind, secret)
			other.Body = io.NopCloser(strings.NewReader(`{"image": "acme/other"}`))
			refused("another body", other)
		})
	}
}

// The example of GitHub's documentation, so that the signatures of the other tests are not ours against ours.
func TestGitHubSignature(t *testing.T) {
	t.Parallel()
	h, err := hook.New(hook.Options{Kind: "github", Secret: func() (string, error) { return "It's a Secret to Everybody", nil }})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/hooks/x", strings.NewReader("Hello, World!"))
	r.Header.Set("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
	r.Header.Set("X-GitHub-Event", "ping")
	if _, err := h.Read(r, ""); err != nil {
		t.Error(err)
	}
}

// Where a secret may stand: what a sender can set, and no other place.
func TestPlacesOfTokens(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, kind, target, inPath string
		header                     http.Header
		refused                    bool
	}{
		{name: "query", kind: "docker-hub", target: "/hooks/x?token=s3cret+of+the+sender"},
		{name: "query of RFC 6750", kind: "cloudevents", target: "/hooks/x?access_token=s3cret+of+the+sender"},
		{name: "path", kind: "quay", target: "/hooks/x", inPath: secret},
		{name: "path wrong", kind: "quay", target: "/hooks/x", inPath: secret + "/", refused: true},
		{name: "header of a sender that has none", kind: "quay", target: "/hooks/x", header: http.Header{"Authorization": {"Bearer " + secret}}},
		{name: "verbatim", kind: "harbor", target: "/hooks/x", header: http.Header{"Authorization": {secret}}},
		{name: "bearer", kind: "harbor", target: "/hooks/x", header: http.Header{"Authorization": {"bearer " + secret}}},
		{name: "password", kind: "ecr", target: "/hooks/x", header: http.Header{"Authorization": {"Basic dXNlcjpzM2NyZXQgb2YgdGhlIHNlbmRlcg=="}}},
		{name: "another password", kind: "ecr", target: "/hooks/x", header: http.Header{"Authorization": {"Basic dXNlcjpzM2NyZXQ="}}, refused: true},
		{name: "key", kind: "ecr", target: "/hooks/x", header: http.Header{"X-Api-Key": {secret}}},
		{name: "address of a sender with headers", kind: "harbor", target: "/hooks/x?token=s3cret+of+the+sender", refused: true},
		{name: "address of a sender that signs", kind: "github", target: "/hooks/x?token=s3cret+of+the+sender", refused: true},
		{name: "Artifactory without signing", kind: "artifactory", target: "/hooks/x", header: http.Header{"X-Jfrog-Event-Auth": {secret}}},
		{name: "half of it", kind: "harbor", target: "/hooks/x", header: http.Header{"Authorization": {secret[:8]}}, refused: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, test.target, strings.NewReader("{}"))
			r.Header = test.header
			_, err := listening(t, test.kind, "").Read(r, test.inPath)
			if (err != nil) != test.refused {
				t.Errorf("%v, want refused %v", err, test.refused)
			}
		})
	}
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	const longest = 5 * time.Minute
	for _, test := range []struct {
		name    string
		at      time.Duration // from now
		refused bool
	}{
		{name: "just now"},
		{name: "old enough to be replayed", at: -longest - time.Second, refused: true},
		{name: "the last second", at: -longest},
		{name: "a clock ahead", at: longest},
		{name: "the future", at: longest + time.Second, refused: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body := `{"image": "nginx"}`
			r := httptest.NewRequest(http.MethodPost, "/hooks/x", strings.NewReader(body))
			sign(r, now.Add(test.at), secret, body)
			if _, err := listening(t, "json", "").Read(r, ""); (err != nil) != test.refused {
				t.Errorf("%v, want refused %v", err, test.refused)
			}
		})
	}
}

// The example of the Standard Webhooks specification, and what it says of secrets and of several signatures.
func TestStandardWebhooks(t *testing.T) {
	t.Parallel()
	const signature = "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
	for _, test := range []struct {
		name, secret, id, signature string
		status                      int // 0 = it is taken
	}{
		{name: "the example", secret: "whsec_plJ3nmyCDGBKInavdOK15jsl", id: "msg_loFOjxBNrRLzqYUf", signature: signature},
		{name: "one of several", secret: "whsec_plJ3nmyCDGBKInavdOK15jsl", id: "msg_loFOjxBNrRLzqYUf", signature: "v1a,AAAA v1,AAAA " + signature},
		{name: "another id", secret: "whsec_plJ3nmyCDGBKInavdOK15jsl", id: "msg_loFOjxBNrRLzqYUg", signature: signature, status: http.StatusUnauthorized},
		{name: "no id", secret: "whsec_plJ3nmyCDGBKInavdOK15jsl", signature: signature, status: http.StatusUnauthorized},
		{name: "another version", secret: "whsec_plJ3nmyCDGBKInavdOK15jsl", id: "msg_loFOjxBNrRLzqYUf", signature: strings.Replace(signature, "v1", "v2", 1), status: http.StatusUnauthorized},
		{name: "the text of the secret", secret: "plJ3nmyCDGBKInavdOK15jsl", id: "msg_loFOjxBNrRLzqYUf", signature: signature, status: http.StatusUnauthorized},
		{name: "a secret that is none", secret: "whsec_?", id: "msg_loFOjxBNrRLzqYUf", signature: signature, status: http.StatusServiceUnavailable},
		{name: "an empty secret", secret: "whsec_", id: "msg_loFOjxBNrRLzqYUf", signature: signature, status: http.StatusServiceUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h, err := hook.New(hook.Options{
				Kind: "json", Secret: func() (string, error) { return test.secret, nil },
				Now: func() time.Time { return time.Unix(1731705121, 0) },
			})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, "/hooks/x", strings.NewReader(`{"event_type":"ping","data":{"success":true}}`))
			r.Header.Set("Webhook-Id", test.id)
			r.Header.Set("Webhook-Timestamp", "1731705121")
			r.Header.Set("Webhook-Signature", test.signature)
			_, err = h.Read(r, "")
			status := 0
			if refusal, ok := errors.AsType[*hook.Refusal](err); ok {
				status = refusal.Status
			}
			if status != test.status {
				t.Errorf("%v, want %d", err, test.status)
			}
		})
	}
}

// Nexus signs the JSON without white space.
func TestNexusSignsCompactJSON(t *testing.T) {
	t.Parallel()
	body := "{ \"action\" : \"CREATED\",\n \"component\" : {\"format\": \"docker\", \"name\": \"api\", \"version\": \"1\"} }\n"
	r := httptest.NewRequest(http.MethodPost, "/hooks/x", strings.NewReader(body))
	r.Header.Set("X-Nexus-Webhook-Id", "rm:repository:component")
	r.Header.Set("X-Nexus-Webhook-Signature", mac(sha1.New, secret, `{"action":"CREATED","component":{"format":"docker","name":"api","version":"1"}}`))
	got, err := listening(t, "nexus", "nexus.acme.example").Read(r, "")
	if err != nil || len(got.Events) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSecretThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"harbor", "github", "json"} {
		h, err := hook.New(hook.Options{Kind: kind, Now: func() time.Time { return now }, Secret: func() (string, error) { return "", errors.New("no such file") }})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/hooks/x", strings.NewReader("{}"))
		prove(t, r, kind, "")
		_, err = h.Read(r, "")
		if refusal, ok := errors.AsType[*hook.Refusal](err); !ok || refusal.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
