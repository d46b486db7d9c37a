package forge

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// gitRemote is a Git remote taken apart.
type gitRemote struct {
	scheme  string // http, https or ssh
	host    string // lower case, without the port
	port    string
	path    []string // decoded, without .git at the end
	secrets []string
}

// errUnreadable stands for the error of a parser, which quotes the URL with the password in it.
var errUnreadable = errors.New("the URL of the repository cannot be read")

// parseRemote reads https://host/path, ssh://git@host:22/path and git@host:path.
func parseRemote(remote string) (gitRemote, error) {
	var r gitRemote
	text := remote
	if !strings.Contains(text, "://") {
		host, path, found := strings.Cut(text, ":")
		if !found || strings.Contains(host, "/") {
			return r, errors.New("the repository is on no forge: its URL names no host")
		}
		text = "ssh://" + host + "/" + strings.TrimPrefix(path, "/")
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return r, errUnreadable
	}
	switch u.Scheme {
	case "http", "https":
		r.scheme, r.port = u.Scheme, u.Port()
	case "ssh", "git+ssh", "ssh+git":
		r.scheme = "ssh"
	default:
		return r, fmt.Errorf("the repository is on no forge that can be asked: its URL begins with %q", u.Scheme+":")
	}
	r.host = strings.ToLower(u.Hostname())
	if r.scheme == "ssh" {
		r.host = gateways.Replace(r.host)
	}
	if password, set := u.User.Password(); set {
		r.secrets = append(r.secrets, password)
	}
	r.path = segments(u.Path)
	if n := len(r.path); n > 0 {
		r.path[n-1] = strings.TrimSuffix(r.path[n-1], ".git")
	}
	for _, s := range r.path {
		if s == "" || s == "." || s == ".." || strings.ContainsFunc(s, unicode.IsControl) {
			return r, errors.New("the path in the URL of the repository cannot be read")
		}
	}
	return r, nil
}

// gateways leads from hosts that only speak SSH to those that have pages and an API.
var gateways = strings.NewReplacer(
	"ssh.github.com", "github.com", "altssh.gitlab.com", "gitlab.com", "altssh.bitbucket.org", "bitbucket.org",
	"ssh.dev.azure.com", "dev.azure.com", "vs-ssh.visualstudio.com", "dev.azure.com",
)
