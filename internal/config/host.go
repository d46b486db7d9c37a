package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/image-updater/image-updater/image"
)

type (
	hostName   string // as in image.Repository.Host
	serverName string // a host that no image names, with a port if it has one
	webURL     string // http or https, without credentials
	gitURL     string
)

var errCredentials = errors.New("has credentials in it, which do not belong into a policy file: name them in auth")

var errNoScheme = errors.New("reads like a URL without its scheme and with credentials in it, which do not belong into a " +
	"policy file: name them in auth (a path may be written as file:///...)")

func (n *serverName) parse(s string) error {
	if strings.Contains(s, "/") {
		return errors.New("want a host alone, without scheme or path")
	}
	*n = serverName(strings.ToLower(s))
	return image.CheckHost(string(*n))
}

func (h *hostName) parse(s string) error {
	if err := new(serverName).parse(s); err != nil {
		return err
	}
	// Reading it as part of an image gives the one spelling that images have, docker.io for index.docker.io.
	repository, err := image.ParseRepository(s + "/x/x")
	if err != nil {
		return err
	}
	if repository.Path != "x/x" {
		return fmt.Errorf("host %q has neither a dot nor a port, so no image can name it", s)
	}
	*h = hostName(repository.Host)
	return nil
}

func (u *webURL) parse(s string) error {
	parsed, err := parseURL(s)
	if err != nil {
		return err
	}
	if parsed.Scheme != "https" && parsed.Scheme != "http" {
		return errors.New("want a URL that begins with https:// (or http://)")
	}
	if parsed.User != nil {
		return errCredentials
	}
	if parsed.RawQuery != "" || parsed.Fragment != "" {
		return errors.New("want a URL without ? and #")
	}
	*u = webURL(s)
	return image.CheckHost(parsed.Host)
}

func (u webURL) inTheClear() bool { return inTheClear(string(u)) }

func (u gitURL) inTheClear() bool { return inTheClear(string(u)) }

// inTheClear reports whether what is sent to the URL can be read on the way: HTTP without TLS, to another machine.
func inTheClear(s string) bool {
	parsed, err := url.Parse(s)
	return err == nil && parsed.Scheme == "http" && !image.Loopback(parsed.Hostname())
}

func (u *gitURL) parse(s string) error {
	if strings.ContainsAny(s, "\n\x00") {
		return errors.New("has a line break")
	}
	if !strings.Contains(s, "://") {
		if gitURL(s).isSCP() && strings.IndexByte(s, '@') > strings.IndexByte(s, ':') {
			return errCredentials // user:password@host:path
		}
		if !gitURL(s).isSCP() && holdsUser(s) {
			return errNoScheme
		}
		*u = gitURL(s)
		return nil
	}
	parsed, err := parseURL(s)
	if err != nil {
		return err
	}
	if _, hasPassword := parsed.User.Password(); hasPassword {
		return errCredentials
	}
	switch parsed.Scheme {
	case "https", "http":
		// A token may stand where the user name does.
		if parsed.User != nil {
			return errCredentials
		}
		if parsed.RawQuery != "" || parsed.Fragment != "" {
			return errors.New("want a URL without ? and #")
		}
	case "ssh", "git+ssh", "ssh+git", "file":
	default:
		return fmt.Errorf("unknown scheme %q, want https://, ssh://, git@host:path or a path", parsed.Scheme)
	}
	*u = gitURL(s)
	return nil
}

// holdsUser reports whether a path is more likely a URL that has lost its scheme, with a password in it or a token.
func holdsUser(path string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	password := strings.Contains(path, ":") && strings.IndexByte(path, ':') < strings.LastIndexByte(path, '@')
	token := strings.Contains(first, "@") && (path[0] != '/' || strings.HasPrefix(path, "//"))
	return password || token
}

// transport tells how the remote is reached: "https", "ssh" or "file".
func (u gitURL) transport() string {
	scheme, _, found := strings.Cut(string(u), "://")
	scheme = strings.ToLower(scheme)
	switch {
	case !found && u.isSCP(), found && strings.Contains(scheme, "ssh"):
		return "ssh"
	case !found || scheme == "file":
		return "file"
	}
	return "https"
}

// hasTLS reports whether the remote shows a certificate.
func (u gitURL) hasTLS() bool {
	scheme, _, found := strings.Cut(string(u), "://")
	return found && strings.EqualFold(scheme, "https")
}

// isSCP reports whether the URL is of the form [user@]host:path, which a colon before the first slash makes it.
func (u gitURL) isSCP() bool {
	host, _, found := strings.Cut(string(u), ":")
	return found && !strings.ContainsAny(host, `/\`) && !filepath.IsAbs(string(u))
}

// from returns the URL as it is from where the policy file is named: a relative path starts at the file's folder.
func (u gitURL) from(file string) string {
	if u.transport() != "file" || strings.Contains(string(u), "://") || path.IsAbs(string(u)) || filepath.IsAbs(string(u)) {
		return string(u)
	}
	return path.Join(path.Dir(file), string(u))
}

// parseURL reads a URL that has a host. Its errors do not repeat the URL, which may hold a password.
func parseURL(s string) (*url.URL, error) {
	parsed, err := url.Parse(s)
	if err != nil {
		return nil, errors.New("is not a URL")
	}
	if parsed.Host == "" && parsed.Scheme != "file" {
		return nil, errors.New("is a URL without a host")
	}
	return parsed, nil
}

// isAddress reports whether the host is an IP address.
func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
