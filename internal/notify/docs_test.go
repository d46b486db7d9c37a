package notify_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/internal/notify"
	"github.com/image-updater/image-updater/internal/status"
)

// block returns the block of docs/notify.md below a comment.
func block(t *testing.T, comment string) string {
	t.Helper()
	docs, err := os.ReadFile("../../docs/notify.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(docs), "<!-- "+comment+" -->\n```")
	_, after, opened := strings.Cut(after, "\n")
	text, _, closed := strings.Cut(after, "```\n")
	if !found || !opened || !closed {
		t.Fatalf("docs/notify.md has no block %q", comment)
	}
	return text
}

// shown are the events that docs/notify.md shows.
func shown() notify.Message {
	page := func(text, path string) status.Link {
		return status.Link{Text: text, URL: "https://git.acme.example/acme/fleet/" + path}
	}
	many := []string{"api", "jobs", "mail", "a", "b", "c", "d", "e", "f", "g", "h", "i"}
	return notify.Message{ID: "msg-1", At: at, Version: "v1.2.3", Events: []status.Event{
		{Kind: status.EventFailed, Policies: many, Title: "registry ghcr.io", Registry: "ghcr.io", Why: status.Reason{Detail: "listing tags: 503 Service Unavailable"}},
		{Kind: status.EventHeld, Policies: []string{"cache"}, Image: "redis", Git: "fleet", From: "7.2.4", To: "7.4.0",
			Why: status.Reason{Rule: "held", Detail: "7.4.0 was taken back by hand"}},
		{Kind: status.EventQuota, Registry: "docker.io", Why: status.Reason{Detail: "4 of the 50 pulls that may be spent are left"}},
		{Kind: status.EventWaiting, Policies: []string{"base"}, Image: "debian", Git: "fleet", From: "12.1", To: "12.2",
			Why: status.Reason{Rule: "min-age", Detail: "12.2 is younger than 7d", Until: at.Add(72 * time.Hour)}},
		{Kind: status.EventRecovered, Policies: []string{"web"}, Image: "nginx"},
		{Kind: status.EventPullRequest, Policies: []string{"api", "jobs"}, Git: "fleet", Title: "Update 2 images", Link: page("#12", "pulls/12")},
		{Kind: status.EventUpdated, When: at, Policies: []string{"web"}, Image: "nginx", Registry: "docker.io", Git: "fleet", Branch: "main",
			From: "1.25.3", To: "1.27.4", Places: 3, Link: page("1a2b3c4", "commit/1a2b3c4")},
	}}
}

func TestDocsShowTheLines(t *testing.T) {
	t.Parallel()
	chat, channel := start(t, notify.Webhook)
	if err := notify.Send(t.Context(), channel, options(), shown()); err != nil {
		t.Fatal(err)
	}
	var sent struct {
		Data struct{ Events []struct{ Text string } }
	}
	if err := json.Unmarshal(chat.Requests()[0].Body, &sent); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, e := range sent.Data.Events {
		lines.WriteString("- " + e.Text + "\n")
	}
	if diff := cmp.Diff(block(t, "lines"), lines.String()); diff != "" {
		t.Errorf("docs/notify.md (-shown +sent):\n%s", diff)
	}
}

func TestDocsShowThePayload(t *testing.T) {
	t.Parallel()
	chat, channel := start(t, notify.Webhook)
	channel.Name = "inventory"
	m := shown()
	m.Events = m.Events[len(m.Events)-1:]
	if err := notify.Send(t.Context(), channel, options(), m); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, chat.Requests()[0].Body, "", "  "); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(block(t, "payload"), b.String()+"\n"); diff != "" {
		t.Errorf("docs/notify.md (-shown +sent):\n%s", diff)
	}
}

// The check of a signature that docs/notify.md shows is the one that the tests of this package make.
func TestDocsShowTheCheck(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("webhook_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(source), "\nfunc verify(")
	body, _, found := strings.Cut(after, "\n}\n")
	if !found {
		t.Fatal("there is no func verify")
	}
	if diff := cmp.Diff("func verify("+body+"\n}\n", block(t, "verify")); diff != "" {
		t.Errorf("docs/notify.md (-run +shown):\n%s", diff)
	}
}

// Every field of a template is described.
func TestDocsNameTheFields(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../docs/notify.md")
	if err != nil {
		t.Fatal(err)
	}
	for field := range reflect.TypeFor[message.Event[string]]().Fields() {
		if !strings.Contains(string(docs), "`."+field.Name+"`") {
			t.Errorf(".%s is not described", field.Name)
		}
	}
	for _, kind := range status.EventKinds {
		if !strings.Contains(string(docs), "\n| `"+string(kind)+"` |") {
			t.Errorf("%s is not described", kind)
		}
	}
}
