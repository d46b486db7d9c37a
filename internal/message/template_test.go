package message_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/message"
)

func commit() message.Commit {
	return message.Commit{
		Git: "fleet", Branch: "main", Group: "stage", Images: []string{"ghcr.io/acme/api", "nginx"}, Policies: []string{"api", "web"},
		Changes: []message.Change{
			{Policy: "api", File: "api.yaml", Line: 3, Image: "ghcr.io/acme/api", To: "2.1.0", ToDigest: "sha256:" + strings.Repeat("ab", 32),
				Reason: "the only allowed tag"},
			{Policy: "web", File: "web.yaml", Line: 7, Image: "nginx", From: "1.25.3", To: "1.27.4", Reason: "the best of 2 allowed tags"},
		},
		Subject: "Update 2 images", Body: "- a\n- b",
	}
}

func parse(t *testing.T, text string) *message.Template {
	t.Helper()
	if text == "" {
		return nil
	}
	parsed, err := message.ParseTemplate(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, subject, body string
		want                message.Text
	}{
		{"none", "", "", message.Text{Subject: "Update 2 images", Body: "- a\n- b"}},
		{"subject alone", "chore({{.Group}}): {{.Subject}}", "", message.Text{Subject: "chore(stage): Update 2 images", Body: "- a\n- b"}},
		{"space around a subject", "\n  {{- .Git}} {{.Branch}}\n\n", "", message.Text{Subject: "fleet main", Body: "- a\n- b"}},
		{"body alone", "", "{{range .Changes}}* {{.}}\n{{end}}", message.Text{Subject: "Update 2 images",
			Body: "* api.yaml:3: ghcr.io/acme/api (none) -> 2.1.0@sha256:" + strings.Repeat("ab", 32) + "\n* web.yaml:7: nginx 1.25.3 -> 1.27.4\n"}},
		{"all fields", "{{join .Images `, `}} by {{join .Policies `, `}}",
			"{{range .Changes}}{{.Policy}} {{.File}} {{.Line}} {{.Image}} {{.From}} {{.To}} {{short .FromDigest}} {{short .ToDigest}} {{.Reason}}\n{{end}}\n{{.Body}}",
			message.Text{Subject: "ghcr.io/acme/api, nginx by api, web",
				Body: "api api.yaml 3 ghcr.io/acme/api  2.1.0  sha256:abababababab the only allowed tag\n" +
					"web web.yaml 7 nginx 1.25.3 1.27.4   the best of 2 allowed tags\n\n- a\n- b"}},
		{"functions", `{{printf "%-4s|%02d|%t|%q" "a" 7 true "b"}} {{len .Images}} {{index .Images 0}} {{slice "abc" 1}} {{and (eq 1 1) (not (ne 1 1)) (or (lt 1 2) (gt 1 2))}}`,
			"", message.Text{Subject: `a |07|true|"b" 2 ghcr.io/acme/api bc true`, Body: "- a\n- b"}},
		{"empty body", "", `{{""}}`, message.Text{Subject: "Update 2 images"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := message.Templates{Subject: parse(t, test.subject), Body: parse(t, test.body)}.Text(commit())
			if err != nil {
				t.Fatal(err)
			}
			// white space at the ends of lines is for Message to take away
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseTemplateErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{{":                                  "line 1: unclosed action",
		"a\n{{range}}{{end}}":                 "line 2: missing value for range",
		"{{.Imagez}}":                         "line 1: unknown field .Imagez, want one of Body, Branch, Changes",
		"\n{{if false}}{{.Changes.X}}{{end}}": "line 2: unknown field .X,",
		"{{if false}}{{else}}{{with $x := .Y}}{{end}}{{end}}": "unknown field .Y,",
		"{{$c := index .Changes 0}}{{$c.Z}}":                  "unknown field .Z,",
		"{{(index .Changes 0).W}}":                            "unknown field .W,",
		"{{range .Changes}}{{else}}{{len .V}}{{end}}":         "unknown field .V,",
		`{{html .Body}}`:                                      `line 1: function "html" not defined`,
		`{{call .Body}}`:                                      `function "call" not defined`,
		`{{step 1}}`:                                          `function "step" not defined`,
		`{{define "x"}}{{end}}`:                               `defines the template "x", which is not supported`,
		`{{template "x"}}`:                                    "line 1: {{template}} is not supported",
		strings.Repeat("a", 64<<10+1):                         "is longer than 64 KiB",
	} {
		_, err := message.ParseTemplate(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

// What is wrong with a template that can be read shows with one of the commits that there may be.
func TestCheck(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Update {{join .Images \", \"}}":                                                "",
		"{{.Subject}} in {{.Git}} {{.Branch}} by {{join .Policies ``}}":                 "",
		strings.Repeat("ä", 255):                                                        "",
		"{{.Policies.Images}}":                                                          "with one change: line 1: at <.Policies.Images>: can't evaluate field Images",
		"{{index .Images 1}}":                                                           "with one change: line 1: at <index .Images 1>: error calling index",
		"{{if gt (len .Images) 1}}{{index .Images 3}}{{else}}x{{end}}":                  "with changes of several images: ",
		"{{index .Policies 0}}":                                                         "with what the command set writes without a policy: ",
		"{{with index .Changes 0}}{{if and (eq .From .To) .Image.Line}}{{end}}x{{end}}": "with a change of a digest alone: ",
		"{{range .Policies}}{{.}}{{end}}":                                               "with what the command set writes without a policy: subject is empty",
		" ":                                                                             "with one change: subject is empty",
		"{{.Body}}{{.Body}}":                                                            "with changes of several images: subject has 7 lines, want one: the rest belongs into the body",
		"a\n\nb":                                                                        "subject has 3 lines",
		"#{{len .Changes}}":                                                             "subject begins with #",
		"image-updater-change: {{.}}":                                                   "subject begins with",
		"--- {{.Subject}}":                                                              "subject begins with ---",
		strings.Repeat("ä", 256):                                                        "subject has 256 characters, want at most 255",
		"{{join .Images}}":                                                              "wrong number of args for join",
		"{{short .Images}}":                                                             "wrong type for value",
		`{{printf "%s" .Images}}`:                                                       "want texts and numbers, got []string",
		`{{printf "%100d" 1}}`:                                                          "a width below 100",
		`{{printf "%*d" 9 1}}`:                                                          "without * and [",
	} {
		err := parse(t, text).CheckSubject("fleet", "main")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	if err := parse(t, "{{range .Changes}}\n\n# {{.}}{{end}}").CheckBody("fleet", "main"); err != nil {
		t.Error(err)
	}
	if err := parse(t, "{{range .Changes}}{{index .Image 1000}}{{end}}").CheckBody("fleet", "main"); err == nil {
		t.Error("a body that fails is taken")
	}
}

// A subject that only the tags of the day make too long is cut, and one that only they break is an error.
func TestTemplatesOnRealCommits(t *testing.T) {
	t.Parallel()
	c := commit()
	for i := range 100 {
		c.Images = append(c.Images, fmt.Sprintf("image-%d", i))
	}
	text, err := message.Templates{Subject: parse(t, `Update {{join .Images ", "}}`)}.Text(c)
	if err != nil {
		t.Fatal(err)
	}
	subject, _, _ := strings.Cut(text.Message(nil), "\n")
	if len(subject) != 254 || // the space in front of the dots is gone
		!strings.HasSuffix(subject, "...") {
		t.Errorf("%d characters: %s", len(subject), subject)
	}
	for subject, want := range map[string]string{
		"{{range .Images}}{{.}}\n{{end}}":     "templates.subject: subject has 102 lines",
		"{{index .Changes 2}}":                "templates.subject: line 1: at <index .Changes 2>: error calling index",
		"{{if lt (len .Images) 9}}x{{end}}":   "templates.subject: subject is empty",
		"{{if gt (len .Images) 9}}#{{end}}10": "templates.subject: subject begins with #",
	} {
		_, err := message.Templates{Subject: parse(t, subject)}.Text(c)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", subject, err, want)
		}
	}
}

// No template makes much of little: neither text, nor memory on the way to it, nor work.
func TestTemplatesAreBounded(t *testing.T) {
	t.Parallel()
	const text, work = "makes a text of more than", "goes around its ranges too often"
	for body, want := range map[string]string{
		"{{range 1000000000}}{{end}}":                                                    work,
		"{{range 1000000000}}" + strings.Repeat("x", 100) + "{{end}}":                    text,
		"{{range 1000}}{{range 1000}}{{range 1000}}{{end}}{{end}}{{end}}":                work,
		"{{range 1000000000}}{{if true}}{{continue}}{{end}}x{{end}}":                     work,
		"{{range 1000}}{{$.Body}}" + strings.Repeat("y", 100) + "{{end}}":                text,
		`{{$x := "xxxxxxxxxxxxxxxx"}}{{range 100}}{{$x = printf "%s%s" $x $x}}{{end}}`:   text,
		`{{$x := printf "%99d" 1}}{{range 1000000}}{{$y := printf "%s%s" $x $x}}{{end}}`: work,
		`{{$x := printf "%99d" 1}}{{range 1000000}}{{$y := join $.Images $x}}{{end}}`:    work,
		"{{join .Images `" + strings.Repeat("z", 60_000) + "`}}":                         text,
		"{{printf `" + strings.Repeat("%99d", 1000) + "`}}":                              text,
	} {
		_, err := message.Templates{Body: parse(t, body)}.Text(commit())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", body, err, want)
		}
	}
	if err := parse(t, "{{range 1000000000}}{{end}}").CheckBody("fleet", "main"); err == nil {
		t.Error("a check takes what never ends")
	}
}

// The limits grow with the commit: what is reasonable with one change is with ten thousand.
func TestLimitsGrow(t *testing.T) {
	t.Parallel()
	c := commit()
	var body strings.Builder
	for i := range 10_000 {
		c.Changes = append(c.Changes, message.Change{Policy: "web", File: fmt.Sprintf("apps/%05d/deployment.yaml", i), Line: 7, Image: "nginx", From: "1.25.3", To: "1.27.4"})
		fmt.Fprintf(&body, "- %v\n", c.Changes[i])
	}
	c.Body = body.String()
	template := parse(t, "{{range $p := .Policies}}## {{$p}}\n{{range $.Changes}}{{if eq .Policy $p}}- {{.File}}, line {{.Line}}: **{{.Image}}** {{.From}} to {{.To}}\n{{end}}{{end}}{{end}}\n{{.Body}}")
	if _, err := (message.Templates{Body: template}).Text(c); err != nil {
		t.Error(err)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"{{range $i, $c := .Changes}}{{if $i}}, {{end}}{{$c.Image}}{{end}}", "{{range 1000000000}}{{join .Images `x`}}{{end}}",
		`{{printf "%5.2q" .Subject | printf "%x"}}`, "{{with .Body}}{{slice . 2}}{{end}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := message.ParseTemplate(text)
		if err != nil {
			return
		}
		made, err := message.Templates{Body: parsed}.Text(commit())
		if n := len(made.Body); err == nil && n > 64<<10+8*len(commit().Body) {
			t.Errorf("%d bytes", n)
		}
	})
}
