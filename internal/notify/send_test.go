package notify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/internal/notify"
	"github.com/image-updater/image-updater/internal/notifytest"
	"github.com/image-updater/image-updater/internal/status"
)

var update = flag.Bool("update", false, "rewrite the golden files with what comes out")

var at = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

const secretPath = "/services/T0001/B0001/hunter2hunter2"

// start serves a chat, and returns the channel that goes to it.
func start(t *testing.T, kind notify.Kind) (*notifytest.Chat, notify.Channel) {
	t.Helper()
	chat := &notifytest.Chat{}
	server := httptest.NewServer(chat)
	t.Cleanup(server.Close)
	return chat, notify.Channel{Name: "team", Kind: kind, URL: server.URL + secretPath}
}

func options() notify.Options {
	return notify.Options{Version: "v1.2.3", Now: func() time.Time { return at }}
}

// story has an event of each kind, with what may be hostile in them.
func story() notify.Message {
	link := func(text, page string) status.Link {
		return status.Link{Text: text, URL: "https://git.acme.example/acme/fleet/" + page}
	}
	return notify.Message{ID: "msg-1", At: at, Version: "v1.2.3", Lost: 2, Events: []status.Event{
		{Kind: status.EventUpdated, When: at, Policies: []string{"web"}, Image: "nginx", Registry: "docker.io", Git: "fleet", Branch: "main",
			From: "1.25.3", To: "1.27.4", Places: 3, Link: link("1a2b3c4", "commit/1a2b3c4?a=1&b=2")},
		{Kind: status.EventUpdated, When: at, Policies: []string{"base"}, Image: "acme/my_base_image", Registry: "docker.io", Git: "fleet", Branch: "main",
			From: "stable", FromDigest: "sha256:" + strings.Repeat("1f", 32), To: "stable", ToDigest: "sha256:" + strings.Repeat("2e", 32), Places: 1},
		{Kind: status.EventPullRequest, When: at, Policies: []string{"api", "worker"}, Git: "fleet", Branch: "image-updater/team",
			Title: "Update 2 images <!channel> @everyone", Link: link("#12", "pulls/12")},
		{Kind: status.EventWaiting, When: at, Policies: []string{"api"}, Image: "ghcr.io/acme/api", Registry: "ghcr.io", Git: "fleet", From: "2.0.0", To: "2.1.0",
			Why: status.Reason{Rule: "min-age", Detail: "younger than 7d", Until: at.Add(72 * time.Hour)}},
		{Kind: status.EventHeld, When: at, Policies: []string{"api"}, Image: "ghcr.io/acme/api", Registry: "ghcr.io", Git: "fleet", From: "2.0.0", To: "2.1.0",
			Why: status.Reason{Rule: "held", Detail: "*2.1.0* was taken back in [a commit](https://evil.example) by <@U123>"}},
		{Kind: status.EventFailed, When: at, Policies: []string{"a", "b", "c", "d"}, Title: "registry ghcr.io", Registry: "ghcr.io",
			Why: status.Reason{Rule: "error", Detail: "listing tags: 503 `code`\r\nBcc: all@acme.example\x1b[31m\u202e _x_ :smile:"}},
		{Kind: status.EventRecovered, When: at, Policies: []string{"cache"}, Image: "redis", Registry: "docker.io"},
		{Kind: status.EventQuota, When: at, Registry: "docker.io", Why: status.Reason{Rule: "quota", Detail: "3 of the 50 pulls that may be spent are left", Until: at.Add(time.Hour)}},
	}}
}

func parseLink(t *testing.T, text string) *message.LinkTemplate {
	t.Helper()
	link, err := message.ParseLink(text)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func parseEvent(t *testing.T, text string) *message.EventTemplate {
	t.Helper()
	template, err := message.ParseEvent(text)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// What is sent is in testdata/KIND.json, and with templates in testdata/KIND-template.json.
func TestPayloads(t *testing.T) {
	t.Parallel()
	for kind, template := range map[notify.Kind]string{
		notify.Slack:   "<!here> *{{.Image}}* {{.To}}: {{.Why}} <{{.Link}}|more>",
		notify.Teams:   "**{{.Image}}** {{.To}}: {{.Why}} [more]({{.Link}})",
		notify.Discord: "**{{.Image}}** {{.To}}: {{.Why}} [more]({{.Link}})",
		notify.Webhook: "{{.Image}} {{.To}}: {{.Why}} {{.Link}}",
	} {
		for _, templated := range []bool{false, true} {
			name := string(kind)
			if templated {
				name += "-template"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				chat, channel := start(t, kind)
				if templated {
					channel.Template = parseEvent(t, template)
					channel.Link = parseLink(t, "https://dashboard.example/#/search?q={{.Image}}&p={{.Policy}}")
				}
				if err := notify.Send(t.Context(), channel, options(), story()); err != nil {
					t.Fatal(err)
				}
				r := chat.Requests()[0]
				if r.Method != http.MethodPost || r.Path != secretPath || r.Header.Get("Content-Type") != "application/json" ||
					r.Header.Get("User-Agent") != "image-updater/v1.2.3" {
					t.Errorf("request %+v", r)
				}
				golden(t, name+".json", pretty(t, r.Body))
			})
		}
	}
}

// pretty indents JSON, and shows what may be shown as it is.
func pretty(t *testing.T, body []byte) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// However much has happened, a message fits into what the channel takes, and says how much it leaves out.
func TestPayloadsFit(t *testing.T) {
	t.Parallel()
	m := notify.Message{ID: "msg-1", At: at}
	for range 3000 {
		e := story().Events[4]
		e.Image, e.To = strings.Repeat("_", 1000), strings.Repeat("_", 1000)
		e.Why.Detail = strings.Repeat("&*_\"ü&&&", 1000)
		m.Events = append(m.Events, e)
	}
	for kind, most := range map[notify.Kind]int{notify.Slack: 40_000, notify.Teams: 28 << 10, notify.Discord: 12_000, notify.Webhook: 1 << 20} {
		chat, channel := start(t, kind)
		if err := notify.Send(t.Context(), channel, options(), m); err != nil {
			t.Fatal(err)
		}
		body := chat.Requests()[0].Body
		if len(body) > most || !bytes.Contains(body, []byte("3000 held")) {
			t.Errorf("%s: %d bytes, want at most %d: %.300s", kind, len(body), most, body)
		}
		if kind != notify.Webhook && !bytes.Contains(body, []byte(" more")) || kind == notify.Webhook && !bytes.Contains(body, []byte(`"more":2800`)) {
			t.Errorf("%s does not say what it leaves out", kind)
		}
		if kind == notify.Slack {
			checkSlack(t, body)
		}
	}
}

func checkSlack(t *testing.T, body []byte) {
	t.Helper()
	var sent struct {
		Blocks []struct{ Text struct{ Text string } }
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		t.Fatal(err)
	}
	if len(sent.Blocks) > 50 {
		t.Errorf("%d blocks", len(sent.Blocks))
	}
	for _, block := range sent.Blocks {
		if len(block.Text.Text) > 3000 {
			t.Errorf("a block of %d bytes", len(block.Text.Text))
		}
	}
}

// What a channel answers says whether the message is worth being sent again, and when.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault notifytest.Fault
		want  notify.Error
	}{
		{"revoked", notifytest.Fault{Status: 404, Body: "no_service"}, notify.Error{Text: "answered 404 Not Found: no_service", Final: true}},
		{"wait", notifytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}, Body: "{}"},
			notify.Error{Text: "answered 429 Too Many Requests: {}", After: 7 * time.Second}},
		{"wait until", notifytest.Fault{Status: 503, Header: http.Header{"Retry-After": {at.Add(time.Minute).Format(http.TimeFormat)}}},
			notify.Error{Text: "answered 503 Service Unavailable", After: time.Minute}},
		{"wait for ever", notifytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"1e99"}}},
			notify.Error{Text: "answered 429 Too Many Requests", After: time.Hour}},
		{"broken", notifytest.Fault{Status: 500, Header: http.Header{"Retry-After": {"-3"}}, Body: "a\x1b[31m\n b\u202e"},
			notify.Error{Text: "answered 500 Internal Server Error: a[31m b"}},
		{"elsewhere", notifytest.Fault{Status: 307, Header: http.Header{"Location": {"https://evil.example/"}}, Body: "go"},
			notify.Error{Text: "answered 307 Temporary Redirect, and a redirect is not followed", Final: true}},
		{"talks of the secret", notifytest.Fault{Status: 400, Body: "no such path " + secretPath + " or hunter2hunter2"},
			notify.Error{Text: "answered 400 Bad Request: no such path *** or ***", Final: true}},
		{"talks much", notifytest.Fault{Status: 400, Body: strings.Repeat("x", 1<<20)},
			notify.Error{Text: "answered 400 Bad Request: " + strings.Repeat("x", 197) + "...", Final: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			chat, channel := start(t, notify.Slack)
			chat.Fail(test.fault)
			err := notify.Send(t.Context(), channel, options(), story())
			got, ok := errors.AsType[*notify.Error](err)
			if !ok {
				t.Fatalf("%T %v", err, err)
			}
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if n := len(chat.Requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// No error holds a URL, also where nobody answers or the URL is none.
func TestErrorsHoldNoURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"http://127.0.0.1:1" + secretPath, "https://127.0.0.1:1" + secretPath, "hunter2hunter2", "https://hunter2hunter2\x7f/", "ftp://x/hunter2hunter2",
		"http://chat.acme.example" + secretPath, "https://:hunter2hunter2@[::1/",
	} {
		err := notify.Send(t.Context(), notify.Channel{Kind: notify.Slack, URL: url}, options(), story())
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "services") {
			t.Errorf("%v", err)
		}
	}
}
