package config

import (
	"fmt"
	"time"
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
	c.config.Interval = defaultInterval
	if c.defaults.has("interval") {
		c.config.Interval = time.Duration(c.defaults.Interval)
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
