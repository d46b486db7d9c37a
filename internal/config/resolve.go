package config

import (
	"fmt"
	"time"

	"github.com/image-updater/image-updater/internal/message"
)

// resolver makes checked values of what the files say, taken together.
type resolver struct {
	report   *report
	config   *Config
	defaults *defaultsEntry
	taken    map[string]Position // where a name of a kind was given first
	groups   map[string]claim    // by Git repository and group
	heads    map[string]string   // by URL of a remote and group that is written to a branch of its own: the Git repository
	only     string              // the Git repository whose own policies these are, which they write to; "" = of none
}

func resolve(files []*file, r *report) *Config {
	c := &resolver{report: r, config: &Config{}, defaults: &defaultsEntry{}, taken: make(map[string]Position), groups: make(map[string]claim), heads: make(map[string]string)}
	for _, f := range files {
		c.addDefaults(f)
		for i := range f.Registries {
			c.addRegistry(&f.Registries[i])
		}
		for i := range f.Git {
			c.addGit(&f.Git[i])
		}
		for i := range f.Hooks {
			c.addHook(&f.Hooks[i])
		}
		for i := range f.Notify {
			c.addChannel(&f.Notify[i])
		}
	}
	c.checkGit(&c.defaults.section, c.defaults.Git)
	c.checkChannels(&c.defaults.section, c.defaults.Notify)
	for _, f := range files {
		for i := range f.Policies {
			c.addPolicy(&f.Policies[i])
		}
	}
	c.config.resolver = c
	c.warnOfSilence()
	return c.config
}

// addDefaults takes the defaults of f, which only one of the files may have.
func (c *resolver) addDefaults(f *file) {
	if !f.has("defaults") {
		return
	}
	if c.defaults.report != nil {
		f.fail(f.keyAt("defaults"), "defaults are at %s already, want them in one place", c.defaults.top)
		return
	}
	c.defaults = &f.Defaults
}

// claim reports whether the section is the first of its kind with the name it gives itself at key.
func (c *resolver) claim(s *section, key, name string) bool {
	if name == "" {
		return false // a fault already
	}
	at := s.valueAt(key)
	if first, twice := c.taken[s.kind+" "+name]; twice {
		s.fail(at, "duplicate %s %q, which is at %s already", key, name, first)
		return false
	}
	c.taken[s.kind+" "+name] = at
	return true
}

func (c *resolver) addRegistry(r *registryEntry) {
	if !c.claim(&r.section, "host", string(r.Host)) {
		return
	}
	reserve := defaultReserve
	if r.has("quota.reserve") {
		reserve = int(r.Quota.Reserve)
	}
	c.config.Registries = append(c.config.Registries, Registry{
		Host: string(r.Host),
		Auth: RegistryAuth{
			Username:     string(r.Auth.Username),
			UsernameEnv:  string(r.Auth.UsernameEnv),
			PasswordEnv:  string(r.Auth.PasswordEnv),
			PasswordFile: string(r.Auth.PasswordFile),
		},
		Rate:           Rate{PerSecond: float64(r.Rate.PerSecond), Burst: int(r.Rate.Burst)},
		Quota:          Quota{Reserve: reserve},
		CAFile:         string(r.CAFile),
		ClientCertFile: string(r.ClientCertFile),
		ClientKeyFile:  string(r.ClientKeyFile),
		PlainHTTP:      r.PlainHTTP,
		Endpoint:       string(r.Endpoint),
		HubEndpoint:    string(r.HubEndpoint),
		TokenHosts:     namesOf(r.TokenHosts, func(n serverName) string { return string(n) }),
		Position:       r.top,
	})
	c.config.secrets = append(c.config.secrets, secretsOf(r)...)
}

func (c *resolver) addGit(g *gitEntry) {
	if !c.claim(&g.section, "name", string(g.Name)) {
		return
	}
	git := Git{
		Name:           string(g.Name),
		URL:            g.URL.from(g.top.File),
		Branch:         string(g.Branch),
		CAFile:         string(g.CAFile),
		ClientCertFile: string(g.ClientCertFile),
		ClientKeyFile:  string(g.ClientKeyFile),
		Auth: GitAuth{
			Username:             string(g.Auth.Username),
			TokenEnv:             string(g.Auth.TokenEnv),
			TokenFile:            string(g.Auth.TokenFile),
			SSHKeyFile:           string(g.Auth.SSHKeyFile),
			KnownHostsFile:       string(g.Auth.KnownHostsFile),
			SSHKeyPassphraseEnv:  string(g.Auth.SSHKeyPassphraseEnv),
			SSHKeyPassphraseFile: string(g.Auth.SSHKeyPassphraseFile),
			GitHubApp: GitHubApp{
				AppID:          int64(g.Auth.GitHubApp.AppID),
				InstallationID: int64(g.Auth.GitHubApp.InstallationID),
				PrivateKeyFile: string(g.Auth.GitHubApp.PrivateKeyFile),
			},
		},
		Author: Author{Name: defaultName, Email: defaultEmail},
		Sign: Sign{
			SSHKeyFile:     string(g.Sign.SSHKeyFile),
			OpenPGPKeyFile: string(g.Sign.OpenPGPKeyFile),
			PassphraseEnv:  string(g.Sign.PassphraseEnv),
			PassphraseFile: string(g.Sign.PassphraseFile),
		},
		Forge: Forge{
			Kind:      string(g.Forge.Kind),
			URL:       string(g.Forge.URL),
			TokenEnv:  string(g.Forge.TokenEnv),
			TokenFile: string(g.Forge.TokenFile),
			Position:  g.valueAt("url"),
		},
		Policies:  string(g.Policies),
		Write:     Write{Mode: defaultMode, Group: defaultGroup, Commits: defaultCommits, MaxOpen: int(g.Write.MaxOpen), Settle: defaultSettle},
		Templates: message.Templates{Subject: g.Templates.Subject.Template, Body: g.Templates.Body.Template},
		Position:  g.top,
	}
	if g.has("author") {
		git.Author = Author{Name: string(g.Author.Name), Email: string(g.Author.Email)}
	}
	if g.has("forge") {
		git.Forge.Position = g.keyAt("forge")
	}
	git.Write = git.WriteFor(Policy{Write: g.Write.checked(&g.section)})
	if git.Write.Mode == PullRequest && !git.hasToken() {
		g.fail(g.valueAt("write.mode"), "write.mode: pull-request %s", needsToken)
	}
	c.config.Git = append(c.config.Git, git)
	c.config.secrets = append(c.config.secrets, secretsOf(g)...)
}

// needsToken says what is missing where there is nothing to speak to a forge with.
const needsToken = "needs a token for the forge: auth.tokenEnv, auth.tokenFile or auth.githubApp, or else forge.tokenEnv or forge.tokenFile"

// hasToken reports whether there is a token for the API of the forge.
func (g Git) hasToken() bool {
	return g.Forge.TokenEnv != "" || g.Forge.TokenFile != "" || g.Auth.TokenEnv != "" || g.Auth.TokenFile != "" ||
		g.Auth.GitHubApp != (GitHubApp{})
}

// checked returns what the key write of a section says.
func (k writeKeys) checked(s *section) Write {
	plain := func(l line) string { return string(l) }
	w := Write{
		Mode: k.Mode, Group: string(k.Group), Commits: k.Commits,
		Settle: time.Duration(k.Settle), Labels: namesOf(k.Labels, plain), Reviewers: namesOf(k.Reviewers, plain),
		Assignees: namesOf(k.Assignees, plain), Draft: k.Draft, AutoMerge: k.AutoMerge,
	}
	for _, key := range []string{"settle", "labels", "reviewers", "assignees", "draft", "autoMerge"} {
		if s.has("write." + key) {
			w.Given = append(w.Given, key)
		}
	}
	return w
}

// checkGit reports names in git, which s wrote itself, that are no Git repository's, or there twice.
func (c *resolver) checkGit(s *section, git names) {
	seen := make(map[name]bool)
	for i, n := range git {
		at := s.valueAt(fmt.Sprintf("git[%d]", i))
		_, known := c.taken["git "+string(n)]
		switch {
		case n == "":
			continue // a fault already
		case !known:
			all := namesOf(c.config.Git, func(g Git) string { return g.Name })
			s.fail(at, "git: unknown name %q%s", n, didYouMean(string(n), all))
		case seen[n]:
			s.fail(at, "git: %q is in the list twice", n)
		}
		seen[n] = true
	}
	if s.has("git") && len(git) == 0 && !s.faulty {
		s.fail(s.valueAt("git"), "git: is an empty list")
	}
}
