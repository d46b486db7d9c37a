package message_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/message"
)

func TestParseText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       message.Text
		wrong      string
	}{
		{name: "subject", text: "Ship 1.2", want: message.Text{Subject: "Ship 1.2"}},
		{name: "space around", text: "\n\n  Ship 1.2 \n\n", want: message.Text{Subject: "Ship 1.2"}},
		{name: "body", text: "Ship\n\nOne.\n\nTwo.\n", want: message.Text{Subject: "Ship", Body: "One.\n\nTwo."}},
		{name: "body at once", text: "Ship\nOne.", want: message.Text{Subject: "Ship", Body: "One."}},
		{name: "indented body", text: "Ship\n\n  - one\n\t- two", want: message.Text{Subject: "Ship", Body: "  - one\n\t- two"}},
		{name: "windows", text: "Ship \r\n\r\nOne.\r\nTwo.\r\n", want: message.Text{Subject: "Ship", Body: "One.\nTwo."}},
		{name: "trailer of others", text: "Ship\n\nSigned-off-by: Ann <ann@acme.example>",
			want: message.Text{Subject: "Ship", Body: "Signed-off-by: Ann <ann@acme.example>"}},
		{name: "about us", text: "Ship\n\nThe Image-Updater-Change is below.",
			want: message.Text{Subject: "Ship", Body: "The Image-Updater-Change is below."}},

		{name: "empty", text: "", wrong: "is empty"},
		{name: "blank", text: " \n\t\r\n", wrong: "is empty"},
		{name: "forged", text: "Ship\n\nImage-Updater-Change: a docker.io/library/nginx 1 -> 2", wrong: "line 3 begins with"},
		{name: "forged subject", text: "Image-Updater-Policy: web", wrong: "line 1 begins with"},
		{name: "forged in another case", text: "Ship\nimage-updater-policy: web", wrong: "line 2 begins with"},
		{name: "forged and indented", text: "Ship\n\n \u00a0Image-Updater-Policy: web", wrong: "line 3 begins with"},
		{name: "forged after a return", text: "Ship\rImage-Updater-Policy: web", wrong: `control character '\r'`},
		{name: "forged after a next line", text: "Ship\u0085Image-Updater-Policy: web", wrong: "control character"},
		{name: "nul", text: "Ship\n\na\x00b", wrong: `line 3 holds the control character '\x00'`},
		{name: "escape", text: "\x1b[31mShip", wrong: `line 1 holds the control character '\x1b'`},
		{name: "latin 1", text: "Gr\xfcn", wrong: "is no UTF-8"},
		{name: "long", text: strings.Repeat("a", 64<<10+1), wrong: "is longer than 65536 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := message.ParseText(test.text)
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) {
					t.Errorf("error %v, want %q", err, test.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseTextRefusesSubjects(t *testing.T) {
	t.Parallel()
	for text, wrong := range map[string]string{
		"#12 ship":                 "begins with #",
		"--- ship":                 "begins with ---",
		"\u202e\n\nShip":           "is empty",
		strings.Repeat("ä", 256):   "256 characters",
		"Image-Updater: ship":      "",
		"---ship":                  "",
		strings.Repeat("ä", 255):   "",
		"Ship\n\n# heading\n---\n": "",
	} {
		_, err := message.ParseText(text)
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v, want %q", text, err, wrong)
		}
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		text message.Text
		want string
	}{
		{"no body", message.Text{Subject: "Ship"}, "Ship\n\nA: b\n"},
		{"paragraphs", message.Text{Subject: "Ship", Body: "\n\none  \n\n\n\ntwo\t\n \n"}, "Ship\n\none\n\ntwo\n\nA: b\n"},
		{"lines that mean something", message.Text{Subject: "Ship", Body: "# head\n---\n--- x\n---x\nimage-updater-Change: x\n  #\n"},
			"Ship\n\n # head\n ---\n --- x\n---x\n image-updater-Change: x\n  #\n\nA: b\n"},
		{"no text", message.Text{Subject: "S\x00h\u202eip", Body: "a\rb\r\nc\x1b[1m\xff\u2028d"}, "Ship\n\na\nb\nc[1m\ufffdd\n\nA: b\n"},
		{"long subject", message.Text{Subject: strings.Repeat("ä", 251) + " bcdef"}, strings.Repeat("ä", 251) + "...\n\nA: b\n"},
		{"subject of two lines", message.Text{Subject: "Ship\nit"}, "Ship it\n\nA: b\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.text.Message([]string{"A: b"})); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}
