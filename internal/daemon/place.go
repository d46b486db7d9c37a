package daemon

import "strings"

// The ports that need not be written.
var usualPorts = map[string]string{"https": ":443", "http": ":80", "ssh": ":22"}

// placeOf returns the server of a Git repository, and what all spellings of its URL have in common: passes of two entries
// that mean one repository are not to run beside each other, whether they reach it by HTTPS or by SSH. A path is a server of
// its own.
func placeOf(url string) (server, place string) {
	scheme, rest, found := strings.Cut(url, "://")
	switch host, path, scp := strings.Cut(url, ":"); {
	case found && scheme == "file":
		return rest, repositoryPath(rest)
	case found:
	case scp && !strings.Contains(host, "/"): // git@host:path
		scheme, rest = "ssh", host+"/"+path
	default:
		return url, repositoryPath(url)
	}
	host, path, _ := strings.Cut(rest, "/")
	host = strings.ToLower(host[strings.LastIndex(host, "@")+1:])
	host = strings.TrimSuffix(host, usualPorts[strings.ToLower(scheme)])
	return host, host + "/" + strings.TrimPrefix(repositoryPath(path), "/")
}

// repositoryPath returns a path without what may be left out at its end.
func repositoryPath(path string) string {
	return strings.TrimSuffix(strings.TrimRight(path, "/"), ".git")
}
