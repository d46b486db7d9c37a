package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/policy"
)

// Config is what the policy files say, checked, with every default filled in.
type Config struct {
	Files      []string // the files that were read, sorted
	Registries []Registry
	Git        []Git
	Notify     []Channel
	Policies   []Policy
	Hooks      []Hook
	Interval   time.Duration // of defaults: how often to look where no policy says it
	Warnings   []Error       // what is allowed but hardly meant, sorted by position

	secrets  []Secret
	resolver *resolver // that made it, for what is joined later
}

// Policy is one entry of policies, with what it takes from defaults.
type Policy struct {
	Name     string
	Image    image.Repository
	Spec     policy.Spec    // the texts that Choice is made of
	Choice   *policy.Policy // never nil
	Pin      bool           // a digest is written, also where there is none yet; following one implies it
	Paths    edit.Paths     // empty = the whole repository
	Targets  []edit.Target
	Git      []string       // names of entries of Config.Git; none = nothing is written by itself
	Write    Write          // what it and defaults set; see Git.WriteFor
	Interval time.Duration  // how often to look; 0 = on every pass
	Adaptive bool           // look less often where nothing changes
	Suspend  bool           // decide and show, but do not write
	Windows  policy.Windows // when writing is allowed; none = always
	Notify   []string       // names of entries of Config.Notify
	Position Position
}

// Registry is one entry of registries. Its zero values mean the defaults of the program, but for Quota. Files, here and
// in what follows, are as they are written: a relative one starts at the folder of the policy file, Position.File.
type Registry struct {
	Host           string // as in image.Repository.Host
	Auth           RegistryAuth
	Rate           Rate
	Quota          Quota
	CAFile         string
	ClientCertFile string
	ClientKeyFile  string
	PlainHTTP      bool
	Endpoint       string   // URL to ask instead of the host
	HubEndpoint    string   // URL of the tag API to ask instead of Docker Hub's
	TokenHosts     []string // where else credentials may be sent to for a token
	Position       Position
}

// RegistryAuth names the credentials of a registry. The zero value means docker's configuration and helpers.
type RegistryAuth struct {
	Username, UsernameEnv     string // at most one of them
	PasswordEnv, PasswordFile string // at most one of them
}

// Rate bounds the requests to a registry. A zero field means the program's default for that registry.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Quota says how much of a pull allowance is left alone. It is filled in: no part at all may be meant.
type Quota struct {
	Reserve int // percent
}

// Git is one entry of git: a repository to write to.
type Git struct {
	Name           string
	URL            string // a relative path is made to start where Load was called, not at the policy file
	Branch         string // "" = the remote's default branch
	CAFile         string
	ClientCertFile string
	ClientKeyFile  string
	Auth           GitAuth
	Forge          Forge
	Author         Author
	Sign           Sign
	Policies       string            // folder in it whose policy files hold for it, too: see [Config.With]; "" = none
	Write          Write             // every field set
	Templates      message.Templates // of the texts of commits
	Position       Position
}

// GitAuth names the credentials of a Git remote. The zero value means none.
type GitAuth struct {
	Username                                  string // "" = what the forge wants beside a token
	TokenEnv, TokenFile                       string // at most one of them
	SSHKeyFile, KnownHostsFile                string // both or none
	SSHKeyPassphraseEnv, SSHKeyPassphraseFile string // at most one of them
	GitHubApp                                 GitHubApp
}

// Forge says which forge a Git repository is on, and names the token for its API. The zero value means that the URL of
// the repository tells, and that the token of [GitAuth] is meant.
type Forge struct {
	Kind                string // "" = the URL of the repository tells
	URL                 string // "" = that of the repository's host
	TokenEnv, TokenFile string // at most one of them
	Position            Position
}

// GitHubApp names an installation of a GitHub App and the App's key. The zero value means none.
type GitHubApp struct {
	AppID, InstallationID int64
	PrivateKeyFile        string
}

// Sign names the key that commits are signed with. The zero value means that they are not signed.
type Sign struct {
	SSHKeyFile, OpenPGPKeyFile    string // at most one of them
	PassphraseEnv, PassphraseFile string // at most one of them
}

// Author is who a commit is by.
type Author struct{ Name, Email string }

// Mode is how changes reach a branch.
type Mode string

// The modes of writing.
const (
	Commit      Mode = "commit"       // commits are pushed to the branch itself
	Branch      Mode = "branch"       // commits are pushed to a branch of their own
	PullRequest Mode = "pull-request" // the same, and a pull request is opened for it
)

// The two groups that are no names of a group.
const (
	GroupPolicy = "policy" // each policy's changes by themselves
	GroupGit    = "git"    // all changes of a Git repository together
)

// Commits says how the changes of one branch are divided.
type Commits string

// The ways to divide them. All commits of a branch are pushed at once in either.
const (
	Each   Commits = "each"   // a commit for each group
	Squash Commits = "squash" // one commit
)

// Write says how changes are written. A policy's fields may be empty: see [Git.WriteFor].
type Write struct {
	Mode    Mode
	Group   string // GroupPolicy, GroupGit or a name that policies share
	Commits Commits

	// What follows is about pull requests.

	MaxOpen int           // the most that are open, 0 = any number; a Git repository's alone
	Settle  time.Duration // how long a change of a digest alone must have stood
	// Labels, Reviewers and Assignees are of a new one.
	Labels, Reviewers, Assignees []string
	Draft, AutoMerge             bool
	// Given are the keys from Settle on that are written, "settle": what is not given may be there all the same.
	Given []string
}

// WriteFor returns how p's changes are written to g: what the policy (or defaults) sets goes before what g sets.
func (g Git) WriteFor(p Policy) Write {
	w := g.Write
	if p.Write.Mode != "" {
		w.Mode = p.Write.Mode
	}
	if p.Write.Group != "" {
		w.Group = p.Write.Group
	}
	if p.Write.Commits != "" {
		w.Commits = p.Write.Commits
	}
	for _, key := range p.Write.Given {
		switch key {
		case "settle":
			w.Settle = p.Write.Settle
		case "labels":
			w.Labels = p.Write.Labels
		case "reviewers":
			w.Reviewers = p.Write.Reviewers
		case "assignees":
			w.Assignees = p.Write.Assignees
		case "draft":
			w.Draft = p.Write.Draft
		case "autoMerge":
			w.AutoMerge = p.Write.AutoMerge
		}
	}
	return w
}

// differs returns the first of the keys about pull requests by which two ways to write differ, or "".
func (w Write) differs(other Write) string {
	switch {
	case w.Settle != other.Settle:
		return "settle"
	case !slices.Equal(w.Labels, other.Labels):
		return "labels"
	case !slices.Equal(w.Reviewers, other.Reviewers):
		return "reviewers"
	case !slices.Equal(w.Assignees, other.Assignees):
		return "assignees"
	case w.Draft != other.Draft:
		return "draft"
	case w.AutoMerge != other.AutoMerge:
		return "autoMerge"
	}
	return ""
}

// Proposes reports whether pull requests are opened for g: by what it says itself, or by one of the policies that write
// to it.
func (g Git) Proposes(policies []Policy) bool {
	return g.Write.Mode == PullRequest || slices.ContainsFunc(policies, func(p Policy) bool {
		return slices.Contains(p.Git, g.Name) && g.WriteFor(p).Mode == PullRequest
	})
}

// UnknownError is a name that no entry of the policy files has.
type UnknownError struct {
	Kind string // "policy", "git" or "notify"
	Name string
	Near string // the name that was probably meant, or ""
}

// Error returns what is not there; Near is a hint and no part of it.
func (e *UnknownError) Error() string { return fmt.Sprintf("no %s %q", e.Kind, e.Name) }

// PolicyNamed returns the policy of that name, or an [*UnknownError].
func (c *Config) PolicyNamed(name string) (*Policy, error) {
	names := namesOf(c.Policies, func(p Policy) string { return p.Name })
	i := slices.Index(names, name)
	if i < 0 {
		return nil, &UnknownError{Kind: "policy", Name: name, Near: nearest(name, names)}
	}
	return &c.Policies[i], nil
}

// GitNamed returns the Git repository of that name, or an [*UnknownError].
func (c *Config) GitNamed(name string) (*Git, error) {
	names := namesOf(c.Git, func(g Git) string { return g.Name })
	i := slices.Index(names, name)
	if i < 0 {
		return nil, &UnknownError{Kind: "git", Name: name, Near: nearest(name, names)}
	}
	return &c.Git[i], nil
}

// Secrets returns every environment variable and file the policy files name for credentials and certificates, in the
// order of their positions. Whether they exist is for the caller to see: this package reads policy files only.
func (c *Config) Secrets() []Secret { return slices.Clone(c.secrets) }

// Secret is one such reference: an environment variable or a file, never what is in it.
type Secret struct {
	Owner    string // `registry "docker.io"`, `git "fleet"`, `hook "hub"`
	Key      string // "auth.passwordEnv"
	Env      string // name of an environment variable, or ""
	File     string // path of a file as it is written, or ""
	Position Position
}

// namesOf returns the name of each element of list.
func namesOf[E any](list []E, name func(E) string) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = name(e)
	}
	return names
}
