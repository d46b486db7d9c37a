package message_test

import (
	"strings"
	"testing"

	"github.com/image-updater/image-updater/internal/message"
)

// loud is a text that shows that it was printed as one, and not as a string.
type loud string

func (t loud) String() string { return strings.ToUpper(string(t)) }

func event() message.Event[loud] {
	return message.Event[loud]{Kind: "updated", Policy: "web", Policies: 1, Image: "nginx", Git: "fleet", From: "1.25.3", To: "1.27.4-alpine",
		ToDigest: loud("sha256:" + strings.Repeat("ab", 32)), Places: 2, Page: "https://git.acme.example/c/1", PageText: "abc"}
}

func TestEventLine(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"{{.Image}} is {{.To}}":                                      "NGINX is 1.27.4-ALPINE",
		`{{if eq .Image "nginx"}}yes{{else}}no{{end}}`:               "yes",
		`{{printf "%-6s|%d" .Policy .Places}}`:                       "WEB |2",
		"{{if gt (len .To) 7}}{{slice .To 7}}{{end}} {{len .Image}}": "ALPINE 5",
		"a\n\n  b {{.Until}} c\x00":                                  "a b c",
		"{{short .ToDigest}}":                                        "sha256:abababababab",
		"{{with .Why}}{{.}}{{else}}{{.Page}}{{end}}":                 "https://git.acme.example/c/1",
		"{{if and .Page (gt .Places 1)}}{{.PageText}}{{end}}":        "ABC",
		`{{if eq .Kind "failed"}}x{{end}}`:                           "",
	} {
		parsed, err := message.ParseEvent(template)
		if err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		if got, err := message.EventLine(parsed, event()); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", template, got, err, want)
		}
	}
}

func TestParseEventErrors(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		"{{":                                "line 1: unclosed action",
		"{{.Imagez}}":                       "line 1: unknown field .Imagez, want one of Branch, From,",
		"{{if false}}{{.Image.Tag}}{{end}}": "unknown field .Tag",
		"{{.Image.To}}":                     "with the event updated: line 1: at <.Image.To>",
		`{{join .Image ","}}`:               `function "join" not defined`,
		"{{if .Branch}}{{else}}{{index .To 99}}{{end}}":         "with the event waiting: ",
		"{{range 1000000000}}{{end}}":                           "goes around its ranges too often",
		"{{range 1000}}" + strings.Repeat("x", 100) + "{{end}}": "makes a text of more than",
		strings.Repeat("x", 1501):                               "makes a line of 1501 characters, want at most 1500",
		" ":                                                     "says nothing of any event",
		`{{if eq .Kind "nothing"}}x{{end}}`:                     "says nothing of any event",
	} {
		if _, err := message.ParseEvent(template); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50q: %v, want %q", template, err, want)
		}
	}
}

// What an event tells is escaped in a link, wherever it came from, and never says where the link leads.
func TestLinkTemplate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ template, image, want string }{
		{"https://dashboard.example/#/search?q={{.Image}}", "ghcr.io/acme/api", "https://dashboard.example/#/search?q=ghcr.io%2Facme%2Fapi"},
		{"https://dashboard.example/#/search?q={{.Image}}", "a b&c=d#e", "https://dashboard.example/#/search?q=a%20b%26c%3Dd%23e"},
		{"https://dashboard.example/#/search?q={{.Image}}", "\"><script>", "https://dashboard.example/#/search?q=%22%3E%3Cscript%3E"},
		{"https://x.example/{{.Image}}", "@evil.example/\n", "https://x.example/%40evil.example%2F%0A"},
		{"http://localhost:3000", "nginx", "http://localhost:3000"},
		{`https://x.example/{{if eq .Image "nginx"}}web{{end}}`, "nginx", "https://x.example/web"},
	} {
		link, err := message.ParseLink(test.template)
		if err != nil {
			t.Errorf("%s: %v", test.template, err)
			continue
		}
		if got, err := link.URL(message.Event[message.InURL]{Image: message.InURL(test.image)}); err != nil || got != test.want {
			t.Errorf("%s of %q: %q, %v, want %q", test.template, test.image, got, err, test.want)
		}
	}
}

func TestParseLinkErrors(t *testing.T) {
	t.Parallel()
	const host = "want a URL that begins with https://"
	for template, want := range map[string]string{
		"dashboard.example/{{.Image}}":                           host,
		"javascript:alert(1)":                                    host,
		"https://{{.Image}}/":                                    host,
		"https://dashboard.example{{.Image}}":                    host,
		"https://me:secret@dashboard.example/":                   host,
		"https://dashboard.example/{{.Imagez}}":                  "unknown field .Imagez",
		"https://dashboard.example/a b":                          "makes no URL",
		"https://dashboard.example/%zz":                          "makes no URL",
		"https://dashboard.example/" + strings.Repeat("x", 2000): "makes a URL of 2026 bytes",
	} {
		if _, err := message.ParseLink(template); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50q: %v, want %q", template, err, want)
		}
	}
}
