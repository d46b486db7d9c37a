package forge

import (
	"net/url"
	"strings"
)

// kind is a make of forge, as far as it can be told from the host of a remote.
type kind struct {
	tokenUser  string // user name that Git over HTTPS wants beside a token
	commitPath string // between a repository's page and the id of a commit
}

// kinds holds the public forges and the names that people give the ones they host themselves. A user name beside a
// token is most often ignored; where it is not, each forge's documentation names the one here.
var kinds = []struct {
	host  string // the whole host, or a first label ending with a dot
	forge kind
}{
	{"github.com", kind{"x-access-token", "/commit/"}},
	{"github.", kind{"x-access-token", "/commit/"}},
	{"gitlab.com", kind{"oauth2", "/-/commit/"}},
	{"gitlab.", kind{"oauth2", "/-/commit/"}},
	{"codeberg.org", kind{"oauth2", "/commit/"}},
	{"gitea.", kind{"oauth2", "/commit/"}},
	{"forgejo.", kind{"oauth2", "/commit/"}},
	{"bitbucket.org", kind{"x-token-auth", "/commits/"}},
	{"dev.azure.com", kind{"image-updater", "/commit/"}},
}

// fallbackUser is what an unknown forge is given: any name will do where the token alone counts.
const fallbackUser = "x-access-token"

// TokenUser returns the user name that the forge behind a remote wants beside an access token.
func TokenUser(remote string) string {
	if _, k, known := parse(remote); known {
		return k.tokenUser
	}
	return fallbackUser
}

// CommitURL returns the page of a commit, or "" where the forge is not known.
func CommitURL(remote, id string) string {
	u, k, known := parse(remote)
	if !known {
		return ""
	}
	path := strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git")
	return (&url.URL{Scheme: "https", Host: u.Hostname(), Path: "/" + path}).String() + k.commitPath + id
}

// parse reads https://host/path, ssh://git@host/path and git@host:path.
func parse(remote string) (*url.URL, kind, bool) {
	if !strings.Contains(remote, "://") {
		host, path, found := strings.Cut(remote, ":")
		if !found || strings.Contains(host, "/") {
			return nil, kind{}, false
		}
		remote = "ssh://" + host + "/" + path
	}
	u, err := url.Parse(remote)
	if err != nil || u.Hostname() == "" {
		return nil, kind{}, false
	}
	host := strings.ToLower(u.Hostname())
	for _, k := range kinds {
		if host == k.host || strings.HasSuffix(k.host, ".") && strings.HasPrefix(host, k.host) {
			return u, k.forge, true
		}
	}
	return u, kind{}, false
}
