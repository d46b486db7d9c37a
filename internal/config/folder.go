package config

import (
	"maps"
	"path"
	"reflect"
	"slices"
)

// Folder is the policy files that a Git repository has itself, in the folder that [Git.Policies] names.
type Folder struct {
	Git   string            // name of the Git repository
	Files map[string][]byte // by name in the folder
}

// With returns the configuration with the policies of folders joined to its own. Their files hold policies and defaults
// and nothing else; the policies write to their own Git repository alone. What the defaults there do not say, those of c
// do. Names are unique over all. A file is called GIT:FOLDER/NAME in messages. The error is [Errors], of the folders
// alone; c stays as it is.
func (c *Config) With(folders ...Folder) (*Config, error) {
	r := &report{}
	joined := c.resolver.onward(c, r)
	for _, f := range folders {
		joined.addFolder(f)
	}
	return joined.config.unless(r)
}

// onward returns a resolver that goes on from a configuration and leaves it as it is.
func (c *resolver) onward(from *Config, r *report) *resolver {
	config := *from
	config.Files = slices.Clip(config.Files)
	config.Policies = slices.Clip(config.Policies)
	config.Warnings = slices.Clip(config.Warnings)
	next := *c
	next.report, next.config = r, &config
	next.taken, next.groups, next.heads = maps.Clone(c.taken), maps.Clone(c.groups), maps.Clone(c.heads)
	config.resolver = &next
	return &next
}

func (c *resolver) addFolder(f Folder) {
	git, err := c.config.GitNamed(f.Git)
	if err != nil {
		c.report.fail(&Error{File: f.Git, Message: err.Error()})
		return
	}
	var files []*file
	for _, name := range slices.Sorted(maps.Keys(f.Files)) {
		shown := f.Git + ":" + path.Join(git.Policies, name)
		c.config.Files = append(c.config.Files, shown)
		if read := parse(shown, f.Files[name], c.report); read != nil {
			refuseCentral(read)
			files = append(files, read)
		}
	}
	central := c.defaults
	c.defaults = &defaultsEntry{}
	for _, read := range files {
		c.addDefaults(read)
	}
	inheritAll(c.defaults, central)
	c.only = f.Git
	if c.defaults.own("git") {
		c.checkOnly(&c.defaults.section, c.defaults.Git)
	}
	if c.defaults.own("notify") {
		c.checkChannels(&c.defaults.section, c.defaults.Notify)
	}
	for _, read := range files {
		for i := range read.Policies {
			c.addPolicy(&read.Policies[i])
		}
	}
	c.defaults, c.only = central, ""
}

// inheritAll makes defaults of a folder say what those of the policy file say and they do not.
func inheritAll(d, central *defaultsEntry) {
	if d.marks == nil {
		*d = *central
		return
	}
	inherit(&d.section, &d.policyKeys, central)
}

// ofFolders are the keys of a policy file that one in a Git repository may have. Whoever can write to the repository has
// no say in where credentials go.
var ofFolders = []string{"apiVersion", "defaults", "policies"}

func refuseCentral(f *file) {
	for _, key := range keysOf(fieldsOf(reflect.TypeFor[file]())) {
		if f.has(key) && !slices.Contains(ofFolders, key) {
			f.fail(f.keyAt(key), "%s: is not for policy files in a Git repository, want it in the central one", key)
		}
	}
}

// checkOnly reports that a section of a folder, which wrote git itself, names another Git repository than its own.
func (c *resolver) checkOnly(s *section, git names) {
	for _, n := range git {
		if n != "" && string(n) != c.only {
			s.fail(s.valueAt("git"), "git: %q, but the policies of Git repository %q write to it alone", n, c.only)
		}
	}
}
