package hook_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/hook"
)

const secret = "s3cret of the sender"

var now = time.Date(2026, 1, 2, 10, 0, 0, 0, time.UTC)

// sample returns a request of testdata: headers as the sender sends them, an empty line, the body.
func sample(t testing.TB, name string) *http.Request {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".http"))
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(bytes.NewReader(data))
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/hooks/x", bytes.NewReader(body))
	request.Header = http.Header(header)
	return request
}

// prove adds what shows that the request is by one who knows the secret, as the senders of the kind do it.
func prove(t testing.TB, r *http.Request, kind, secret string) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch kind {
	case "github":
		r.Header.Set("X-Hub-Signature-256", "sha256="+mac(sha256.New, secret, string(body)))
	case "gitea":
		r.Header.Set("X-Gitea-Signature", mac(sha256.New, secret, string(body)))
	case "nexus":
		r.Header.Set("X-Nexus-Webhook-Signature", mac(sha1.New, secret, string(body)))
	case "artifactory":
		r.Header.Set("X-JFrog-Event-Auth", mac(sha256.New, secret, string(body)))
	case "json":
		sign(r, now, secret, string(body))
	case "docker-hub", "quay":
		r.URL.RawQuery = "token=" + strings.ReplaceAll(secret, " ", "+")
	case "harbor":
		r.Header.Set("Authorization", secret)
	case "ecr":
		r.Header.Set("X-API-Key", secret)
	default:
		r.Header.Set("Authorization", "Bearer "+secret)
	}
}

// sign adds a signature as Standard Webhooks has it.
func sign(r *http.Request, at time.Time, secret, body string) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte("msg_1." + timestamp + "." + body))
	r.Header.Set("Webhook-Id", "msg_1")
	r.Header.Set("Webhook-Timestamp", timestamp)
	r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
}

func mac(newHash func() hash.Hash, key, text string) string {
	m := hmac.New(newHash, []byte(key))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

// listening returns a hook of that kind that knows the secret.
func listening(t testing.TB, kind, registry string) *hook.Hook {
	t.Helper()
	h, err := hook.New(hook.Options{
		Kind: kind, Registry: registry,
		Secret: func() (string, error) { return secret, nil },
		Now:    func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func pushed(host, path, tag string) hook.Event {
	return hook.Event{Repository: image.Repository{Host: host, Path: path}, Tag: tag}
}

func within(host, path, tag string) hook.Event {
	e := pushed(host, path, tag)
	e.Within = true
	return e
}

// samples are what the documentation of the senders shows, but for what nobody documents: that is what they were seen to
// send.
var samples = []struct {
	kind, name, registry string
	want                 []hook.Event
	reply                string
}{
	{kind: "docker-hub", name: "docker-hub", want: []hook.Event{pushed("docker.io", "svendowideit/testhook", "latest")}},
	{kind: "github", name: "github-package", want: []hook.Event{pushed("ghcr.io", "codertocat/hello-world", "1.2.3-RC1")}},
	{kind: "github", name: "github-registry-package", want: []hook.Event{pushed("ghcr.io", "acme/api", "")}},
	{kind: "github", name: "github-package", registry: "containers.ghe.acme.example",
		want: []hook.Event{pushed("containers.ghe.acme.example", "codertocat/hello-world", "1.2.3-RC1")}},
	{kind: "github", name: "github-npm"},
	{kind: "github", name: "github-ping"},
	{kind: "quay", name: "quay", want: []hook.Event{pushed("quay.io", "mynamespace/repository", "latest"), pushed("quay.io", "mynamespace/repository", "v1")}},
	{kind: "quay", name: "quay-old", registry: "quay.acme.example", want: []hook.Event{pushed("quay.acme.example", "mynamespace/repository", "latest")}},
	{kind: "quay", name: "quay-build"},
	{kind: "harbor", name: "harbor", want: []hook.Event{pushed("hub.harbor.com", "test-webhook/debian", "latest")}},
	{kind: "harbor", name: "harbor", registry: "harbor.acme.example", want: []hook.Event{pushed("harbor.acme.example", "test-webhook/debian", "latest")}},
	{kind: "harbor", name: "harbor-cloudevents", want: []hook.Event{pushed("harbor.dev", "library/busybox", "")}},
	{kind: "harbor", name: "harbor-pull"},
	{kind: "distribution", name: "distribution-v1", want: []hook.Event{pushed("registrycluster.local", "library/test", "1.0")}},
	{kind: "distribution", name: "distribution-v2", want: []hook.Event{pushed("registry.acme.example:5000", "team/api", "v1.4.0")}},
	{kind: "gitlab", name: "gitlab", registry: "registry.gitlab.acme.example", want: []hook.Event{pushed("registry.gitlab.acme.example", "team/api", "v1.4.0")}},
	{kind: "acr", name: "acr", want: []hook.Event{pushed("myregistry.azurecr.io", "hello-world", "v1")}},
	{kind: "acr", name: "acr-ping"},
	{kind: "acr", name: "acr-eventgrid", want: []hook.Event{pushed("demo.azurecr.io", "aci-helloworld", "v1")}},
	{kind: "acr", name: "acr-cloudevents", want: []hook.Event{pushed("demo.azurecr.io", "aci-helloworld", "v1")}},
	{kind: "acr", name: "acr-validation", reply: `{"validationResponse":"512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}`},
	{kind: "ecr", name: "ecr", want: []hook.Event{pushed("123456789012.dkr.ecr.us-west-2.amazonaws.com", "my-repository-name", "latest")}},
	{kind: "ecr", name: "ecr-china", want: []hook.Event{pushed("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "team/api", "v1")}},
	{kind: "ecr", name: "ecr-delete"},
	{kind: "nexus", name: "nexus", registry: "nexus.acme.example:5000", want: []hook.Event{within("nexus.acme.example:5000", "team/api", "1.4.0")}},
	{kind: "nexus", name: "nexus-asset", registry: "nexus.acme.example:5000"},
	{kind: "artifactory", name: "artifactory", want: []hook.Event{within("example.jfrog.io", "library/ubuntu", "latest")}},
	{kind: "artifactory", name: "artifactory", registry: "docker.acme.example", want: []hook.Event{within("docker.acme.example", "library/ubuntu", "latest")}},
	{kind: "artifactory", name: "artifactory-deleted"},
	{kind: "gitea", name: "gitea", want: []hook.Event{pushed("git.acme.example", "acme/tools/api", "1.4.0")}},
	{kind: "gitea", name: "gitea-push"},
	{kind: "cloudevents", name: "cloudevents", want: []hook.Event{pushed("ghcr.io", "acme/api", "1.4.0")}},
	{kind: "cloudevents", name: "cloudevents-binary", want: []hook.Event{pushed("ghcr.io", "acme/api", "1.4.0")}},
	{kind: "cloudevents", name: "cloudevents-batch", want: []hook.Event{pushed("ghcr.io", "acme/api", "1.4.0"), pushed("docker.io", "library/nginx", "")}},
	{kind: "cloudevents", name: "cloudevents-zot", registry: "zot.acme.example", want: []hook.Event{pushed("zot.acme.example", "team/api", "1.4.0")}},
	{kind: "cloudevents", name: "cloudevents-zot"},
	{kind: "cloudevents", name: "cloudevents-zot-source", want: []hook.Event{pushed("registry.example.com", "team/api", "1.4.0")}},
	{kind: "cloudevents", name: "cloudevents-cdevents", want: []hook.Event{pushed("mycr.io", "team/myapp", "1.4.0")}},
	{kind: "cloudevents", name: "harbor-cloudevents", want: []hook.Event{pushed("harbor.dev", "library/busybox", "")}},
	{kind: "cloudevents", name: "acr-cloudevents", want: []hook.Event{pushed("demo.azurecr.io", "aci-helloworld", "v1")}},
	{kind: "json", name: "json", want: []hook.Event{pushed("docker.io", "acme/api", "1.4.0")}},
}

func TestSamples(t *testing.T) {
	t.Parallel()
	for _, test := range samples {
		t.Run(test.kind+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			r := sample(t, test.name)
			prove(t, r, test.kind, secret)
			got, err := listening(t, test.kind, test.registry).Read(r, "")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if string(got.Reply) != test.reply {
				t.Errorf("reply %s, want %s", got.Reply, test.reply)
			}
		})
	}
}

// GitHub sends forms where nothing else is chosen, and signs them as they are.
func TestForm(t *testing.T) {
	t.Parallel()
	body := "payload=" + strings.ReplaceAll(`{"action":"published","package":{"name":"api","namespace":"acme","package_type":"CONTAINER","package_version":{"package_url":"ghcr.io/acme/api:1.0"}}}`, `"`, "%22")
	r := httptest.NewRequest(http.MethodPost, "/hooks/x", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-GitHub-Event", "package")
	prove(t, r, "github", secret)
	got, err := listening(t, "github", "").Read(r, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]hook.Event{pushed("ghcr.io", "acme/api", "1.0")}, got.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestOddBodies(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 100_000)
	for _, test := range []struct {
		name, kind, body string
		status           int // 0 = it is taken
		want             []hook.Event
	}{
		{name: "too large", kind: "json", body: `{"image":"` + strings.Repeat("a", hook.MaxBody) + `"}`, status: http.StatusRequestEntityTooLarge},
		{name: "the largest", kind: "json", body: `{"image":"nginx"` + strings.Repeat(" ", hook.MaxBody-17) + `}`, want: []hook.Event{pushed("docker.io", "library/nginx", "")}},
		{name: "no JSON", kind: "harbor", body: "<xml>", status: http.StatusBadRequest},
		{name: "empty", kind: "harbor", status: http.StatusBadRequest},
		{name: "another type", kind: "docker-hub", body: `{"push_data":{"tag":7}}`, status: http.StatusBadRequest},
		{name: "null", kind: "docker-hub", body: "null"},
		{name: "deep", kind: "distribution", body: `{"events":` + deep, status: http.StatusBadRequest},
		{name: "no image", kind: "json", body: `{"image":"Not An Image"}`},
		{name: "a URL", kind: "json", body: `{"image":"https://ghcr.io/acme/api"}`},
		{name: "no tag", kind: "json", body: `{"image":"nginx","tag":"not a tag"}`, want: []hook.Event{pushed("docker.io", "library/nginx", "")}},
		{name: "a host that no reference names", kind: "distribution", body: `{"events":[{"action":"push","target":{"repository":"x","tag":"1"},"request":{"host":"registry"}}]}`},
		{name: "library as host", kind: "distribution", body: `{"events":[{"action":"push","target":{"repository":"x","tag":"1"},"request":{"host":"library"}}]}`},
		{name: "a path that climbs", kind: "distribution", body: `{"events":[{"action":"push","target":{"repository":"../x","tag":"1"},"request":{"host":"a.example"}}]}`},
		{name: "no host", kind: "distribution", body: `{"events":[{"action":"push","target":{"repository":"x","tag":"1"}}]}`},
		{name: "an account that is none", kind: "ecr", body: `{"source":"aws.ecr","detail-type":"ECR Image Action","account":"evil.example/","region":"us-west-2","detail":{"result":"SUCCESS","action-type":"PUSH","repository-name":"x"}}`},
		{name: "a handshake without a code", kind: "acr", body: `[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{}}]`, status: http.StatusBadRequest},
		{name: "an event without data", kind: "acr", body: `[{"eventType":"Microsoft.ContainerRegistry.ImagePushed"}]`, status: http.StatusBadRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/hooks/x", strings.NewReader(test.body))
			prove(t, r, test.kind, secret)
			got, err := listening(t, test.kind, "").Read(r, "")
			status := 0
			if refusal, ok := errors.AsType[*hook.Refusal](err); ok {
				status = refusal.Status
			}
			if status != test.status {
				t.Fatalf("status %d (%v), want %d", status, err, test.status)
			}
			if diff := cmp.Diff(test.want, got.Events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// What stands in one delivery is bounded, and counted once.
func TestManyEvents(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"events":[`)
	for i := range 5000 {
		b.WriteString(`{"action":"push","target":{"repository":"api","tag":"v` + strconv.Itoa(i%2500) + `"},"request":{"host":"a.example"}},`)
	}
	body := strings.TrimSuffix(b.String(), ",") + "]}"
	r := httptest.NewRequest(http.MethodPost, "/hooks/x", strings.NewReader(body))
	prove(t, r, "distribution", secret)
	got, err := listening(t, "distribution", "").Read(r, "")
	if err != nil || len(got.Events) != 1000 {
		t.Errorf("%d events, %v", len(got.Events), err)
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	secret := func() (string, error) { return "x", nil }
	for _, test := range []struct {
		name string
		o    hook.Options
	}{
		{"unknown kind", hook.Options{Kind: "dockerhub", Secret: secret}},
		{"no secret", hook.Options{Kind: "quay"}},
		{"no audience", hook.Options{Kind: "pubsub", ServiceAccount: "a@b"}},
		{"no account", hook.Options{Kind: "pubsub", Audience: "x"}},
	} {
		if _, err := hook.New(test.o); err == nil {
			t.Errorf("%s: no error", test.name)
		}
	}
}

// No body of any kind makes a parser panic, and what comes out names images.
func FuzzRead(f *testing.F) {
	kinds := map[string]*hook.Hook{"pubsub": pubsub(f, newGoogle(), func() time.Time { return now })}
	token := "Bearer " + tokenOf(f, header(), claims(now))
	add := func(kind, name string) {
		r := sample(f, name)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kind, r.Header.Get("Ce-Type"), r.Header.Get("Content-Type"), body)
	}
	for _, s := range samples {
		kinds[s.kind] = listening(f, s.kind, s.registry)
		add(s.kind, s.name)
	}
	add("pubsub", "pubsub")
	add("pubsub", "pubsub-unwrapped")
	f.Fuzz(func(t *testing.T, kind, event, media string, body []byte) {
		h, known := kinds[kind]
		if !known {
			return
		}
		r := httptest.NewRequest(http.MethodPost, "/hooks/x", bytes.NewReader(body))
		r.Header.Set("Content-Type", media)
		r.Header.Set("Ce-Type", event)
		r.Header.Set("X-GitHub-Event", "package")
		r.Header.Set("X-Gitea-Event", "package")
		r.Header.Set("X-Nexus-Webhook-Id", "rm:repository:component")
		prove(t, r, kind, secret)
		if kind == "pubsub" {
			r.Header.Set("Authorization", token)
		}
		got, err := h.Read(r, "")
		if refusal, ok := errors.AsType[*hook.Refusal](err); ok && refusal.Status != http.StatusBadRequest {
			t.Fatalf("%s: %v", kind, err)
		}
		for _, e := range got.Events {
			again, err := image.ParseRepository(e.Repository.String())
			if err != nil || again != e.Repository || e.Tag != "" && !image.IsTag(e.Tag) {
				t.Fatalf("%+v is no push: %v", e, err)
			}
		}
	})
}
