package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/message"
)

func TestChannels(t *testing.T) {
	t.Parallel()
	c := load(t, `apiVersion: image-updater/v1
notify:
  - {name: team, kind: slack, urlEnv: SLACK_URL, events: [waiting, failed], waitingAfter: 2d, template: "{{.Image}}!", link: "https://d.example/{{.Image}}"}
  - {name: hook, kind: webhook, urlFile: url, secretFile: key}
  - name: mail
    kind: email
    smtp: {host: smtp.acme.example, from: a@acme.example, to: [b@acme.example, c@acme.example], usernameEnv: U, passwordFile: p}
  - {name: inside, kind: email, smtp: {host: "::1", from: a@acme.example, to: [b@acme.example], tls: none}}
  - {name: old, kind: email, smtp: {host: smtp.acme.example, port: 2465, from: a@acme.example, to: [b@acme.example], tls: implicit}}
`)
	at := func(line int) config.Position { return config.Position{File: "p.yaml", Line: line, Column: 6} }
	usual := []string{"updated", "pull-request", "held", "failed", "recovered", "quota"}
	to := []string{"b@acme.example"}
	want := []config.Channel{
		{Name: "team", Kind: config.Slack, URLEnv: "SLACK_URL", Events: []string{"waiting", "failed"}, WaitingAfter: 48 * time.Hour, Position: at(3)},
		{Name: "hook", Kind: config.Webhook, URLFile: "url", SecretFile: "key", Events: usual, WaitingAfter: 72 * time.Hour, Position: at(4)},
		{Name: "mail", Kind: config.Email, Events: usual, WaitingAfter: 72 * time.Hour, Position: config.Position{File: "p.yaml", Line: 5, Column: 5},
			SMTP: config.SMTP{Host: "smtp.acme.example", Port: 587, From: "a@acme.example", To: []string{"b@acme.example", "c@acme.example"},
				UsernameEnv: "U", PasswordFile: "p", TLS: config.StartTLS}},
		{Name: "inside", Kind: config.Email, Events: usual, WaitingAfter: 72 * time.Hour, Position: at(8),
			SMTP: config.SMTP{Host: "::1", Port: 25, From: "a@acme.example", To: to, TLS: config.NoTLS}},
		{Name: "old", Kind: config.Email, Events: usual, WaitingAfter: 72 * time.Hour, Position: at(9),
			SMTP: config.SMTP{Host: "smtp.acme.example", Port: 2465, From: "a@acme.example", To: to, TLS: config.ImplicitTLS}},
	}
	if diff := cmp.Diff(want, c.Notify, cmpopts.IgnoreFields(config.Channel{}, "Template", "Link")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	line, err := message.EventLine(c.Notify[0].Template, message.Event[message.InURL]{Image: "a/b"})
	if err != nil || line != "a%2Fb!" {
		t.Errorf("template: %q, %v", line, err)
	}
	link, err := c.Notify[0].Link.URL(message.Event[message.InURL]{Image: "a/b"})
	if err != nil || link != "https://d.example/a%2Fb" {
		t.Errorf("link: %q, %v", link, err)
	}
	var secrets []string
	for _, s := range c.Secrets() {
		secrets = append(secrets, s.Owner+" "+s.Key+" "+s.Env+s.File)
	}
	if diff := cmp.Diff([]string{`notify "team" urlEnv SLACK_URL`, `notify "hook" urlFile url`, `notify "hook" secretFile key`,
		`notify "mail" smtp.usernameEnv U`, `notify "mail" smtp.passwordFile p`}, secrets); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}

// Where messages of a policy go: what it says itself, else what defaults say, else the only channel.
func TestPolicyChannels(t *testing.T) {
	t.Parallel()
	const one, two = "notify: [{name: a, kind: slack, urlEnv: A}]\n", "notify: [{name: a, kind: slack, urlEnv: A}, {name: b, kind: teams, urlEnv: B}]\n"
	for _, test := range []struct {
		name, channels, defaults, policy string
		want                             []string
		warnings                         int
	}{
		{name: "no channel"},
		{name: "the only one", channels: one, want: []string{"a"}},
		{name: "one of two is not chosen by itself", channels: two, warnings: 2},
		{name: "defaults", channels: two, defaults: "defaults: {notify: b}\n", want: []string{"b"}, warnings: 1},
		{name: "policy before defaults", channels: two, defaults: "defaults: {notify: b}\n", policy: ", notify: [b, a]", want: []string{"b", "a"}},
		{name: "nowhere", channels: one, policy: ", notify: []", warnings: 1},
		{name: "nowhere by default", channels: one, defaults: "defaults: {notify: []}\n", warnings: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := load(t, "apiVersion: image-updater/v1\n"+test.channels+test.defaults+"policies: [{name: p, image: nginx"+test.policy+"}]\n")
			if diff := cmp.Diff(test.want, c.Policies[0].Notify, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(c.Warnings) != test.warnings {
				t.Errorf("warnings %v, want %d", c.Warnings, test.warnings)
			}
		})
	}
}

// Policies of a Git repository name the channels of the policy file, and take over what its defaults say.
func TestChannelsOfFolders(t *testing.T) {
	t.Parallel()
	c := load(t, `apiVersion: image-updater/v1
git: [{name: fleet, url: ../fleet, policies: .image-updater}]
notify: [{name: team, kind: slack, urlEnv: A}, {name: other, kind: slack, urlEnv: B}]
defaults: {git: fleet, notify: team}
policies: [{name: p, image: nginx}]
`)
	if len(c.Warnings) != 0 {
		t.Errorf("warnings %v", c.Warnings)
	}
	with := func(text string) (*config.Config, error) {
		return c.With(config.Folder{Git: "fleet", Files: map[string][]byte{"a.yaml": []byte("apiVersion: image-updater/v1\n" + text)}})
	}
	joined, err := with("policies: [{name: q, image: redis}, {name: r, image: redis, notify: other}]\n")
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, p := range joined.Policies {
		got = append(got, p.Notify)
	}
	if diff := cmp.Diff([][]string{{"team"}, {"team"}, {"other"}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for text, want := range map[string]string{
		"defaults: {notify: teem}\n":                               `fleet:.image-updater/a.yaml:2:20: defaults: notify: unknown name "teem" (did you mean "team"?)`,
		"policies: [{name: q, image: redis, notify: x}]\n":         `fleet:.image-updater/a.yaml:2:44: policy "q": notify: unknown name "x"`,
		"notify: [{name: mine, kind: slack, urlEnv: GIT_TOKEN}]\n": `fleet:.image-updater/a.yaml:2:1: notify: is not for policy files in a Git repository, want it in the central one`,
	} {
		if _, err := with(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
