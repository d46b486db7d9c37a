package image

import (
	"errors"
	"fmt"
	"strings"
)

// DockerHub is the host under which images of Docker Hub are known.
const DockerHub = "docker.io"

// maxRepository is the longest name of host and path together that registries accept (OCI distribution
// specification v1.1, "Pulling manifests": many clients limit it to 255 characters).
const maxRepository = 255

// Repository names a repository in a registry. It is comparable, and two spellings of one repository are equal.
type Repository struct {
	Host string // host name or address with an optional port, lower case: "docker.io", "localhost:5000"
	Path string // path in the registry: "library/nginx"
}

// ParseRepository reads a repository without a tag or digest, in any of its spellings.
func ParseRepository(s string) (Repository, error) {
	if found := strings.Contains(s, "@"); found {
		return Repository{}, fmt.Errorf("repository %q has a digest, want the name alone", s)
	}
	if name, tag, found := cutTag(s); found {
		return Repository{}, fmt.Errorf("repository %q has the tag %q, want the name %q alone", s, tag, name)
	}
	return parseName(s)
}

// String returns host and path: "docker.io/library/nginx".
func (r Repository) String() string { return r.Host + "/" + r.Path }

// Familiar returns the shortest spelling a person would use: "nginx" for docker.io/library/nginx.
func (r Repository) Familiar() string {
	if r.Host != DockerHub {
		return r.String()
	}
	return strings.TrimPrefix(r.Path, "library/")
}

// Base returns the last component of the path: "nginx".
func (r Repository) Base() string { return r.Path[strings.LastIndexByte(r.Path, '/')+1:] }

// parseName reads [HOST[:PORT]/]PATH.
func parseName(s string) (Repository, error) {
	if s == "" {
		return Repository{}, errors.New("repository is empty")
	}
	if i := strings.Index(s, "://"); i >= 0 {
		return Repository{}, fmt.Errorf("repository %q has the scheme %q, want it without one", s, s[:i+3])
	}
	host, path := splitHost(s)
	if err := checkHost(host); err != nil {
		return Repository{}, fmt.Errorf("repository %q: %w", s, err)
	}
	if host == DockerHub && path != "" && !strings.Contains(path, "/") {
		path = "library/" + path
	}
	if err := checkPath(path); err != nil {
		return Repository{}, fmt.Errorf("repository %q: %w", s, err)
	}
	if len(host)+1+len(path) > maxRepository {
		return Repository{}, fmt.Errorf("repository %q... is longer than %d characters", s[:32], maxRepository)
	}
	return Repository{Host: host, Path: path}, nil
}

// splitHost tells the host from the path and gives the names Docker Hub has had the one it is known by.
func splitHost(s string) (host, path string) {
	first, rest, found := strings.Cut(s, "/")
	if !found || !(strings.ContainsAny(first, ".:") || strings.EqualFold(first, "localhost")) {
		return DockerHub, s
	}
	host = strings.ToLower(first)
	switch host {
	case "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com":
		host = DockerHub
	}
	return host, rest
}

// CheckHost reports whether s is a host with an optional port, as it stands in front of a repository's path.
func CheckHost(s string) error { return checkHost(s) }

func checkHost(s string) error {
	name, port, hasPort := s, "", false
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return fmt.Errorf("host %q lacks the closing bracket", s)
		}
		return checkIPv6(s, s[1:end], s[end+1:])
	}
	if before, after, ok := strings.Cut(s, ":"); ok {
		name, port, hasPort = before, after, true
	}
	if hasPort {
		if err := checkPort(s, port); err != nil {
			return err
		}
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' || !all(label, hostByte) {
			return fmt.Errorf("host %q is not a host name", s)
		}
	}
	return nil
}

func checkIPv6(s, address, rest string) error {
	if address == "" || !all(address, func(c byte) bool { return hexByte(c) || c == ':' || c == '.' }) {
		return fmt.Errorf("host %q is not an IPv6 address", s)
	}
	if rest == "" {
		return nil
	}
	if rest[0] != ':' {
		return fmt.Errorf("host %q has text after the bracket", s)
	}
	return checkPort(s, rest[1:])
}

func checkPort(host, port string) error {
	if port == "" || len(port) > 5 || !all(port, digit) {
		return fmt.Errorf("host %q has an illegal port", host)
	}
	return nil
}

// checkPath holds the grammar of <name> of the OCI distribution specification: components of lower-case letters and
// digits, joined by one dot, one or two underscores or any number of dashes, and separated by slashes.
func checkPath(path string) error {
	for component := range strings.SplitSeq(path, "/") {
		if component == "" {
			return errors.New("path has an empty component")
		}
		if err := checkComponent(component); err != nil {
			return err
		}
	}
	return nil
}

func checkComponent(s string) error {
	for i := 0; i < len(s); {
		if !alphanumeric(s[i]) {
			if i == 0 || separatorLength(s[i:]) == 0 {
				return componentError(s, i)
			}
			i += separatorLength(s[i:])
			if i == len(s) || !alphanumeric(s[i]) {
				return componentError(s, i-1)
			}
		}
		i++
	}
	return nil
}

// separatorLength returns the length of the separator s begins with, or 0.
func separatorLength(s string) int {
	switch s[0] {
	case '.':
		return 1
	case '_':
		if strings.HasPrefix(s, "__") {
			return 2
		}
		return 1
	case '-':
		return len(s) - len(strings.TrimLeft(s, "-"))
	}
	return 0
}

func componentError(s string, i int) error {
	if c := s[i]; c >= 'A' && c <= 'Z' {
		return fmt.Errorf("path component %q has an upper-case letter", s)
	}
	return fmt.Errorf("path component %q has an illegal %q", s, s[i:i+1])
}

func all(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func digit(c byte) bool        { return c >= '0' && c <= '9' }
func lower(c byte) bool        { return c >= 'a' && c <= 'z' }
func alphanumeric(c byte) bool { return digit(c) || lower(c) }
func hexByte(c byte) bool      { return digit(c) || c >= 'a' && c <= 'f' }
func hostByte(c byte) bool     { return alphanumeric(c) || c == '-' || c == '_' }
