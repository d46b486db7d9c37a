package config_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	_ "time/tzdata" // as in the program

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/policy"
)

// load reads one file that has no faults.
func load(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Load(fstest.MapFS{"p.yaml": {Data: []byte(text)}}, []string{"p.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fault reads one file that has faults, and returns them.
func fault(t *testing.T, text string) string {
	t.Helper()
	_, err := config.Load(fstest.MapFS{"p.yaml": {Data: []byte(text)}}, []string{"p.yaml"})
	if err == nil {
		t.Fatal("no error")
	}
	return err.Error()
}

func TestLoad(t *testing.T) {
	t.Parallel()
	got, err := config.Load(os.DirFS("testdata/good"), []string{"design.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	at := func(line, column int) config.Position {
		return config.Position{File: "design.yaml", Line: line, Column: column}
	}
	vehicles := image.Repository{Host: "docker.io", Path: "acme/microservice-vehicles"}
	want := &config.Config{
		Files:    []string{"design.yaml"},
		Interval: 15 * time.Minute,
		Registries: []config.Registry{
			{
				Host:     "docker.io",
				Auth:     config.RegistryAuth{UsernameEnv: "DOCKERHUB_USER", PasswordEnv: "DOCKERHUB_TOKEN"},
				Rate:     config.Rate{PerSecond: 5, Burst: 10},
				Quota:    config.Quota{Reserve: 50},
				Position: at(5, 5),
			},
			{Host: "registry.acme.example:5000", CAFile: "acme-ca.pem", Quota: config.Quota{Reserve: 50}, Position: at(9, 5)},
		},
		Git: []config.Git{{
			Name:     "fleet",
			URL:      "https://github.com/acme/fleet.git",
			Branch:   "main",
			Auth:     config.GitAuth{TokenEnv: "GIT_TOKEN"},
			Author:   config.Author{Name: "image-updater", Email: "image-updater@acme.example"},
			Sign:     config.Sign{SSHKeyFile: "/run/secrets/sign"},
			Write:    config.Write{Mode: config.Branch, Group: config.GroupPolicy, Commits: config.Each, Settle: 6 * time.Hour},
			Forge:    config.Forge{Position: at(14, 10)},
			Position: at(13, 5),
		}},
		Policies: []config.Policy{
			{
				Name:  "nginx",
				Image: image.Repository{Host: "docker.io", Path: "library/nginx"},
				Spec: policy.Spec{
					Select: policy.Select{Kind: policy.Semver, Arg: ">=1.25 <2"},
					Guard:  policy.Guard{Bump: policy.Minor, MinAge: 72 * time.Hour},
				},
				Paths:    edit.Paths{"apps/web/**"},
				Git:      []string{"fleet"},
				Interval: 15 * time.Minute,
				Adaptive: true,
				Position: at(24, 5),
			},
			{
				Name:  "vehicles",
				Image: vehicles,
				Spec: policy.Spec{
					Match:   `^release-(?P<build>\d+)-[0-9a-f]{8}$`,
					Extract: "$build",
					Ignore:  []string{"release-1180-.*"},
					Select:  policy.Select{Kind: policy.Numeric, Arg: "ascending"},
				},
				Targets: []edit.Target{{
					Policy: "vehicles",
					Image:  vehicles,
					File:   "apps/vehicles/*.yaml",
					Key:    `$.spec.template.spec.containers[*].env[?(@.name=="DD_VERSION")].value`,
					Value:  "{tag}",
				}},
				Git:      []string{"fleet"},
				Interval: 15 * time.Minute,
				Adaptive: true,
				Position: at(30, 5),
			},
		},
	}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, p := range got.Policies {
		if p.Choice == nil {
			t.Errorf("policy %q is not compiled", p.Name)
		}
	}
}

// compare looks at all that can be compared, and takes an empty list for none.
var compare = cmp.Options{
	cmpopts.IgnoreUnexported(config.Config{}),
	cmpopts.IgnoreFields(config.Policy{}, "Choice"),
	cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	const head = `
apiVersion: image-updater/v1
git: [{name: one, url: ../one}, {name: two, url: ../two, write: {mode: branch, group: git}}]
`
	for _, test := range []struct {
		name     string
		defaults string
		policy   string
		want     config.Policy
	}{
		{
			name: "nothing anywhere",
			want: config.Policy{Interval: 15 * time.Minute, Adaptive: true, Spec: policy.Spec{Select: policy.Select{Kind: "semver", Arg: "*"}}},
		},
		{
			name:     "all from defaults",
			defaults: `git: two, interval: 1d12h, adaptive: false, suspend: true, pin: true, paths: [a, b], select: {numeric: descending}, write: {mode: branch}`,
			want: config.Policy{
				Git: []string{"two"}, Interval: 36 * time.Hour, Suspend: true, Pin: true, Paths: edit.Paths{"a", "b"},
				Spec:  policy.Spec{Select: policy.Select{Kind: "numeric", Arg: "descending"}},
				Write: config.Write{Mode: config.Branch},
			},
		},
		{
			name:     "the policy goes before",
			defaults: `git: two, interval: 1h, adaptive: false, suspend: true, pin: true, paths: [a, b], select: {numeric: descending}`,
			policy:   `git: [one, two], interval: 0, adaptive: true, suspend: false, pin: false, paths: [], select: {semver: ">1"}`,
			want: config.Policy{
				Git: []string{"one", "two"}, Adaptive: true,
				Spec: policy.Spec{Select: policy.Select{Kind: "semver", Arg: ">1"}},
			},
		},
		{
			name:     "a window, alone",
			defaults: `window: {days: [mon, sun], from: "22:00", to: "06:00", timeZone: Europe/Paris}`,
			want: config.Policy{
				Interval: 15 * time.Minute, Adaptive: true, Spec: policy.Spec{Select: policy.Select{Kind: "semver", Arg: "*"}},
				Windows: policy.Windows{{Days: []time.Weekday{time.Monday, time.Sunday}, From: 22 * 60, To: 6 * 60, Zone: paris}},
			},
		},
		{
			name:     "windows of a policy go before, each the whole of a day",
			defaults: `window: {days: [mon]}`,
			policy:   `window: [{}, {days: [sat]}, {from: "00:00", to: "24:00"}]`,
			want: config.Policy{
				Interval: 15 * time.Minute, Adaptive: true, Spec: policy.Spec{Select: policy.Select{Kind: "semver", Arg: "*"}},
				Windows: policy.Windows{
					{To: 24 * 60, Zone: time.UTC}, {Days: []time.Weekday{time.Saturday}, To: 24 * 60, Zone: time.UTC}, {To: 24 * 60, Zone: time.UTC}},
			},
		},
		{
			name:     "key by key inside tags, guard and write",
			defaults: `git: one, tags: {match: "^v(.*)$", ignore: [a, b]}, guard: {bump: minor, prerelease: true}, write: {mode: branch, group: x}`,
			policy:   `tags: {extract: $1, ignore: [c]}, guard: {bump: patch, variant: newer}, write: {group: git}`,
			want: config.Policy{
				Git: []string{"one"}, Interval: 15 * time.Minute, Adaptive: true,
				Spec: policy.Spec{
					Match: "^v(.*)$", Extract: "$1", Ignore: []string{"c"},
					Select: policy.Select{Kind: "semver", Arg: "*"},
					Guard:  policy.Guard{Bump: policy.Patch, Prerelease: true, Variant: policy.NewerVariant},
				},
				Write: config.Write{Mode: config.Branch, Group: "git"},
			},
		},
		{
			name:     "false goes before true",
			defaults: `guard: {prerelease: true}`,
			policy:   `guard: {prerelease: false}`,
			want:     config.Policy{Interval: 15 * time.Minute, Adaptive: true, Spec: policy.Spec{Select: policy.Select{Kind: "semver", Arg: "*"}}},
		},
		{
			name:     "guards of versions are dropped where there are none",
			defaults: `guard: {bump: minor, variant: any, prerelease: true, downgrade: true}`,
			policy:   `select: {numeric: ascending}`,
			want:     config.Policy{Interval: 15 * time.Minute, Adaptive: true, Spec: policy.Spec{Select: policy.Select{Kind: "numeric", Arg: "ascending"}}},
		},
		{
			name:     "age and platforms hold for all kinds",
			defaults: `guard: {bump: minor, minAge: 3d, platforms: [linux/amd64]}`,
			policy:   `select: {newest: created}, tags: {match: ^main-}`,
			want: config.Policy{Interval: 15 * time.Minute, Adaptive: true, Spec: policy.Spec{
				Match:  "^main-",
				Select: policy.Select{Kind: "newest", Arg: "created"},
				Guard:  policy.Guard{MinAge: 72 * time.Hour, Platforms: []image.Platform{{OS: "linux", Architecture: "amd64"}}},
			}},
		},
		{
			name:     "following a digest is writing it, whatever defaults say",
			defaults: `pin: false, guard: {platforms: [linux/arm64], minAge: 1h}`,
			policy:   `select: {digest: stable}, guard: {minAge: 0, platforms: []}`,
			want: config.Policy{Interval: 15 * time.Minute, Adaptive: true, Pin: true,
				Spec: policy.Spec{Select: policy.Select{Kind: "digest", Arg: "stable"}}},
		},
		{
			name:   "dates",
			policy: `select: {calver: YYYY.0M.0D}, guard: {bump: patch}`,
			want: config.Policy{Interval: 15 * time.Minute, Adaptive: true, Spec: policy.Spec{
				Select: policy.Select{Kind: "calver", Arg: "YYYY.0M.0D"}, Guard: policy.Guard{Bump: policy.Patch}}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := head + "defaults: {" + test.defaults + "}\npolicies:\n  - {name: a, image: nginx"
			if test.policy != "" {
				text += ", " + test.policy
			}
			got := load(t, text+"}\n").Policies[0]
			test.want.Name, test.want.Image = "a", image.Repository{Host: "docker.io", Path: "library/nginx"}
			if diff := cmp.Diff(test.want, got, compare, cmpopts.IgnoreFields(config.Policy{}, "Position")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A reserve of nothing is one that may be meant, so it is not taken for the default.
func TestReserve(t *testing.T) {
	t.Parallel()
	c := load(t, `
apiVersion: image-updater/v1
registries:
  - {host: docker.io, hubEndpoint: https://hub.acme.example}
  - {host: ghcr.io, quota: {reserve: 0%}}
  - {host: quay.io, quota: {reserve: 100%}}
`)
	var got []int
	for _, r := range c.Registries {
		got = append(got, r.Quota.Reserve)
	}
	if diff := cmp.Diff([]int{50, 0, 100}, got); diff != "" || c.Registries[0].HubEndpoint != "https://hub.acme.example" {
		t.Errorf("reserves (-want +got):\n%s\nhubEndpoint %q", diff, c.Registries[0].HubEndpoint)
	}
}

func TestWriteFor(t *testing.T) {
	t.Parallel()
	g := config.Git{Write: config.Write{Mode: config.Branch, Group: config.GroupGit}}
	for _, test := range []struct{ policy, want config.Write }{
		{config.Write{}, config.Write{Mode: config.Branch, Group: config.GroupGit}},
		{config.Write{Mode: config.Commit}, config.Write{Mode: config.Commit, Group: config.GroupGit}},
		{config.Write{Group: "x"}, config.Write{Mode: config.Branch, Group: "x"}},
		{config.Write{Commits: config.Squash}, config.Write{Mode: config.Branch, Group: config.GroupGit, Commits: config.Squash}},
	} {
		if diff := cmp.Diff(test.want, g.WriteFor(config.Policy{Write: test.policy})); diff != "" {
			t.Errorf("WriteFor(%v) (-want +got):\n%s", test.policy, diff)
		}
	}
}

// What a policy says of pull requests goes before what its Git repository says, also where it says no or nothing.
func TestWriteForPullRequests(t *testing.T) {
	t.Parallel()
	g := config.Git{Write: config.Write{
		MaxOpen: 5, Settle: time.Hour, Labels: []string{"deps"}, Reviewers: []string{"ada"}, Draft: true, AutoMerge: true}}
	for _, test := range []struct {
		name   string
		policy config.Write
		want   config.Write
	}{
		{name: "nothing", want: g.Write},
		{
			name: "all",
			policy: config.Write{Given: []string{"settle", "labels", "reviewers", "assignees", "draft", "autoMerge"},
				Assignees: []string{"grace"}},
			want: config.Write{MaxOpen: 5, Assignees: []string{"grace"}},
		},
		{
			name:   "one",
			policy: config.Write{Given: []string{"draft"}},
			want:   config.Write{MaxOpen: 5, Settle: time.Hour, Labels: []string{"deps"}, Reviewers: []string{"ada"}, AutoMerge: true},
		},
	} {
		if diff := cmp.Diff(test.want, g.WriteFor(config.Policy{Write: test.policy})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"conf/p.yaml": {Data: []byte(`
apiVersion: image-updater/v1
registries:
  - host: docker.io
    auth: {usernameEnv: USER, passwordFile: token}
    caFile: /etc/ca.pem
git:
  - name: fleet
    url: ssh://git@host/fleet
    auth: {sshKeyFile: ../key, knownHostsFile: known_hosts, sshKeyPassphraseEnv: PASSPHRASE}
    sign: {sshKeyFile: sign, passphraseFile: phrase}
`)}}
	c, err := config.Load(fsys, []string{"conf"})
	if err != nil {
		t.Fatal(err)
	}
	at := func(line, column int) config.Position {
		return config.Position{File: "conf/p.yaml", Line: line, Column: column}
	}
	want := []config.Secret{
		{Owner: `registry "docker.io"`, Key: "auth.usernameEnv", Env: "USER", Position: at(5, 25)},
		{Owner: `registry "docker.io"`, Key: "auth.passwordFile", File: "token", Position: at(5, 45)},
		{Owner: `registry "docker.io"`, Key: "caFile", File: "/etc/ca.pem", Position: at(6, 13)},
		{Owner: `git "fleet"`, Key: "auth.sshKeyFile", File: "../key", Position: at(10, 24)},
		{Owner: `git "fleet"`, Key: "auth.sshKeyPassphraseEnv", Env: "PASSPHRASE", Position: at(10, 82)},
		{Owner: `git "fleet"`, Key: "auth.knownHostsFile", File: "known_hosts", Position: at(10, 48)},
		{Owner: `git "fleet"`, Key: "sign.sshKeyFile", File: "sign", Position: at(11, 24)},
		{Owner: `git "fleet"`, Key: "sign.passphraseFile", File: "phrase", Position: at(11, 46)},
	}
	if diff := cmp.Diff(want, c.Secrets()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestGitAppAndOpenPGP(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"p.yaml": {Data: []byte(`
apiVersion: image-updater/v1
git:
  - name: shop
    url: https://github.com/acme/shop.git
    auth: {githubApp: {appID: 12345, installationID: 67890, privateKeyFile: app.pem}}
    sign: {openPGPKeyFile: sign.asc, passphraseEnv: PHRASE}
`)}}
	c, err := config.Load(fsys, []string{"p.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Git{
		Name: "shop", URL: "https://github.com/acme/shop.git",
		Auth:     config.GitAuth{GitHubApp: config.GitHubApp{AppID: 12345, InstallationID: 67890, PrivateKeyFile: "app.pem"}},
		Author:   config.Author{Name: "image-updater", Email: "image-updater@localhost"},
		Sign:     config.Sign{OpenPGPKeyFile: "sign.asc", PassphraseEnv: "PHRASE"},
		Write:    config.Write{Mode: config.Commit, Group: config.GroupPolicy, Commits: config.Each, Settle: 6 * time.Hour},
		Forge:    config.Forge{Position: config.Position{File: "p.yaml", Line: 5, Column: 10}},
		Position: config.Position{File: "p.yaml", Line: 4, Column: 5},
	}
	if diff := cmp.Diff([]config.Git{want}, c.Git); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var secrets []string
	for _, s := range c.Secrets() {
		secrets = append(secrets, s.Key+" "+s.File+s.Env)
	}
	named := []string{"auth.githubApp.privateKeyFile app.pem", "sign.openPGPKeyFile sign.asc", "sign.passphraseEnv PHRASE"}
	if diff := cmp.Diff(named, secrets); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestGitPathsAreRelativeToTheFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ url, want string }{
		{"../fleet.git", "fleet.git"},
		{"fleet.git", "conf/fleet.git"},
		{"/srv/fleet.git", "/srv/fleet.git"},
		{"file:///srv/fleet.git", "file:///srv/fleet.git"},
		{"git@host:fleet.git", "git@host:fleet.git"},
		{"host:fleet.git", "host:fleet.git"},
		{"./a:b", "conf/a:b"},
		{"http://127.0.0.1:3000/fleet.git", "http://127.0.0.1:3000/fleet.git"},
		{"http://localhost/fleet.git", "http://localhost/fleet.git"},
		{"HTTPS://github.com/acme/fleet", "HTTPS://github.com/acme/fleet"},
		{"ssh://git@host:22/fleet.git", "ssh://git@host:22/fleet.git"},
	} {
		fsys := fstest.MapFS{"conf/p.yml": {Data: []byte("apiVersion: image-updater/v1\ngit: [{name: a, url: '" + test.url + "'}]\n")}}
		c, err := config.Load(fsys, []string{"conf/p.yml"})
		if err != nil {
			t.Errorf("%s: %v", test.url, err)
			continue
		}
		if got := c.Git[0].URL; got != test.want {
			t.Errorf("url %q of conf/p.yml is %q, want %q", test.url, got, test.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	c := load(t, `
apiVersion: image-updater/v1
registries:
  - host: registry.acme.example
    plainHTTP: true
    auth: {username: a, passwordEnv: B}
git: [{name: fleet, url: fleet}]
policies:
  - {name: a, image: nginx}
`)
	var got []string
	for _, w := range c.Warnings {
		got = append(got, w.Error())
	}
	want := []string{
		`p.yaml:5:5: registry "registry.acme.example": plainHTTP: the credentials go over the network in the clear`,
		`p.yaml:9:6: policy "a": names no git, so nothing is written for it`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	c := load(t, `
apiVersion: image-updater/v1
git: [{name: fleet, url: fleet}]
policies: [{name: nginx, image: nginx, git: fleet}]
`)
	if p, err := c.PolicyNamed("nginx"); err != nil || p.Name != "nginx" {
		t.Errorf("PolicyNamed: %v, %v", p, err)
	}
	if g, err := c.GitNamed("fleet"); err != nil || g.Name != "fleet" {
		t.Errorf("GitNamed: %v, %v", g, err)
	}
	var unknown *config.UnknownError
	if _, err := c.PolicyNamed("ngnix"); !errors.As(err, &unknown) || unknown.Near != "nginx" || err.Error() != `no policy "ngnix"` {
		t.Errorf("PolicyNamed: %v", err)
	}
	if _, err := c.GitNamed("other"); err == nil || err.Error() != `no git "other"` {
		t.Errorf("GitNamed: %v", err)
	}
}

// A file without any Git repository is enough to explain a decision or to edit a folder.
func TestWithoutGit(t *testing.T) {
	t.Parallel()
	c := load(t, "apiVersion: image-updater/v1\npolicies: [{name: nginx, image: nginx}]\n")
	if len(c.Warnings) != 0 || len(c.Policies) != 1 {
		t.Errorf("got %v, %v", c.Policies, c.Warnings)
	}
}

func TestAliasesAreBounded(t *testing.T) {
	t.Parallel()
	text := "apiVersion: image-updater/v1\npolicies:\n" +
		"  - {name: a, image: nginx, paths: &p [" + strings.Repeat("a,", 1000) + "]}\n" +
		strings.Repeat("  - {name: a, image: nginx, paths: *p}\n", 1000)
	if got := fault(t, text); !strings.Contains(got, "more than 100000 values of this file come through aliases") {
		t.Errorf("got %.200s", got)
	}
}

// Pull requests need a token for the forge, and what they share has one value.
func TestPullRequestKeys(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, git, policies, want string }{
		{
			name: "no token",
			git:  `url: https://github.com/acme/fleet.git, write: {mode: pull-request}`,
			want: `p.yaml:3:73: git "fleet": write.mode: pull-request needs a token for the forge: auth.tokenEnv, auth.tokenFile or auth.githubApp, or else forge.tokenEnv or forge.tokenFile`,
		},
		{
			name:     "no token, and a policy that wants one",
			git:      `url: https://github.com/acme/fleet.git`,
			policies: `{name: a, image: nginx, git: fleet, write: {mode: pull-request}}`,
			want:     `p.yaml:4:62: policy "a": write.mode: pull-request in git "fleet" needs a token for the forge: auth.tokenEnv, auth.tokenFile or auth.githubApp, or else forge.tokenEnv or forge.tokenFile`,
		},
		{
			name:     "a limit of one policy",
			git:      `url: https://github.com/acme/fleet.git, auth: {tokenEnv: T}, write: {mode: pull-request}`,
			policies: `{name: a, image: nginx, git: fleet, write: {maxOpen: 3}}`,
			want:     `p.yaml:4:56: policy "a": write.maxOpen: counts the pull requests of a Git repository: it belongs into git[].write`,
		},
		{
			name:     "one pull request with two sets of labels",
			git:      `url: https://github.com/acme/fleet.git, auth: {tokenEnv: T}, write: {mode: pull-request, group: all}`,
			policies: `{name: a, image: nginx, git: fleet}, {name: b, image: redis, git: fleet, write: {labels: [x]}}`,
			want:     `p.yaml:4:101: policy "b": write.labels: is another than in policy "a" of the same group "all", and they have one pull request`,
		},
		{
			name: "two tokens",
			git:  `url: "git@github.com:acme/fleet.git", forge: {tokenEnv: T, tokenFile: t}`,
			want: `p.yaml:3:78: git "fleet": forge.tokenFile: stands beside tokenEnv, want only one of tokenEnv or tokenFile`,
		},
		{
			name: "a label of two lines",
			git:  `url: https://github.com/acme/fleet.git, write: {labels: ["a\nb"]}`,
			want: `p.yaml:3:76: git "fleet": write.labels[0]: want one line without spaces around it`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := "apiVersion: image-updater/v1\ngit:\n  - {name: fleet, " + test.git + "}\npolicies: [" + test.policies + "]\n"
			if got := fault(t, text); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	c := load(t, `
apiVersion: image-updater/v1
policies:
  - {name: a, image: nginx, paths: &paths [x, y], guard: &guard {bump: patch}}
  - {name: b, image: nginx, paths: *paths, guard: *guard}
`)
	if diff := cmp.Diff(c.Policies[0].Paths, c.Policies[1].Paths); diff != "" || c.Policies[1].Spec.Guard.Bump != policy.Patch {
		t.Errorf("the aliases read %v, %v", c.Policies[1].Paths, c.Policies[1].Spec.Guard)
	}
}

// The example is what users begin with: it has no faults, and nothing in it is odd.
func TestExample(t *testing.T) {
	t.Parallel()
	c, err := config.Load(os.DirFS("../.."), []string{"policies.example.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range c.Warnings {
		t.Error(w.Error())
	}
	if len(c.Policies) < 5 || len(c.Git) != 4 || len(c.Registries) != 4 {
		t.Errorf("it has %d policies, %d git and %d registries", len(c.Policies), len(c.Git), len(c.Registries))
	}
}
