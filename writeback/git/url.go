package git

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// address is where a remote is.
type address struct {
	scheme string // https, http, ssh, file
	user   string // of an ssh URL
	host   string // with the port, if one is written
	path   string
	shown  string // for people: without user info
}

// scpLike is git@host:path. A colon after the first slash belongs to a path.
var scpLike = regexp.MustCompile(`^(?:([^@/:]+)@)?([^@/:\[\]]+|\[[0-9a-fA-F:.]+\]):([^/].*|/.*)$`)

// parseAddress reads the spellings of a remote that Git knows: URLs, git@host:path, and paths.
func parseAddress(raw string) (address, error) {
	switch scheme, _, found := strings.Cut(raw, "://"); {
	case raw == "":
		return address{}, errors.New("no URL")
	case found && scheme == "file":
		return localAddress(strings.TrimPrefix(raw, "file://"))
	case found:
		return parseURL(raw)
	}
	if m := scpLike.FindStringSubmatch(raw); m != nil && !(len(m[2]) == 1 && m[1] == "") { // C:\path is no host C
		return address{scheme: "ssh", user: m[1], host: m[2], path: m[3], shown: m[2] + ":" + m[3]}, nil
	}
	return localAddress(raw)
}

func localAddress(path string) (address, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return address{}, fmt.Errorf("path %q: %w", path, err)
	}
	return address{scheme: "file", path: absolute, shown: path}, nil
}

func parseURL(raw string) (address, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// The parser quotes what it was given, and with it any password.
		return address{}, errors.New("the URL cannot be read")
	}
	if u.Hostname() == "" {
		return address{}, fmt.Errorf("URL %q has no host", u.Redacted())
	}
	if _, secret := u.User.Password(); secret {
		return address{}, fmt.Errorf("URL %q holds a password: name it in auth instead", u.Redacted())
	}
	a := address{scheme: u.Scheme, user: u.User.Username(), host: u.Host, path: u.Path}
	u.User = nil
	a.shown = u.String()
	switch u.Scheme {
	case "ssh", "git+ssh", "ssh+git":
		a.scheme = "ssh"
		// ssh://host/~user/repo is the home folder of user.
		if strings.HasPrefix(a.path, "/~") {
			a.path = a.path[1:]
		}
	case "https", "http":
		if u.RawQuery != "" || u.Fragment != "" { // some forges take tokens there
			u.RawQuery, u.Fragment = "", ""
			return address{}, fmt.Errorf("URL %q has a query or a fragment", u)
		}
	default:
		return address{}, fmt.Errorf("URL %q: %s is not among https, ssh and file", a.shown, u.Scheme)
	}
	return a, nil
}

// loopback reports whether host, with or without a port, is this machine by its spelling alone: no name is looked up.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
