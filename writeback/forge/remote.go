package forge

import (
	"net/url"
	"strings"
)

// maker is a make of forge, as far as it can be told from the host of a remote.
type maker struct {
	kind       Kind
	tokenUser  string // user name that Git over HTTPS wants beside a token
	commitPath string // between a repository's page and the id of a commit
}

// makers holds the public forges and the names that people give the ones they host themselves. A user name beside a
// token is most often ignored; where it is not, each forge's documentation names the one here.
var makers = []struct {
	host  string // the whole host, a first label ending with a dot, or an end beginning with one
	forge maker
}{
	{"github.com", maker{GitHub, "x-access-token", "/commit/"}},
	{"github.", maker{GitHub, "x-access-token", "/commit/"}},
	{".ghe.com", maker{GitHub, "x-access-token", "/commit/"}},
	{"gitlab.com", maker{GitLab, "oauth2", "/-/commit/"}},
	{"gitlab.", maker{GitLab, "oauth2", "/-/commit/"}},
	{"codeberg.org", maker{Forgejo, "oauth2", "/commit/"}},
	{"gitea.", maker{Gitea, "oauth2", "/commit/"}},
	{"forgejo.", maker{Forgejo, "oauth2", "/commit/"}},
	{"bitbucket.org", maker{BitbucketCloud, "x-token-auth", "/commits/"}},
	{"dev.azure.com", maker{AzureDevOps, "image-updater", "/commit/"}},
	{".visualstudio.com", maker{AzureDevOps, "image-updater", "/commit/"}},
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

// kindOf tells the kind of a forge from its host, "" where that does not tell.
func kindOf(host string) Kind {
	m, _ := makerOf(host)
	return m.kind
}

func makerOf(host string) (maker, bool) {
	host = strings.ToLower(host)
	for _, m := range makers {
		if host == m.host || strings.HasSuffix(m.host, ".") && strings.HasPrefix(host, m.host) || m.host[0] == '.' && strings.HasSuffix(host, m.host) {
			return m.forge, true
		}
	}
	return maker{}, false
}

// parse reads https://host/path, ssh://git@host/path and git@host:path.
func parse(remote string) (*url.URL, maker, bool) {
	if !strings.Contains(remote, "://") {
		host, path, found := strings.Cut(remote, ":")
		if !found || strings.Contains(host, "/") {
			return nil, maker{}, false
		}
		remote = "ssh://" + host + "/" + path
	}
	u, err := url.Parse(remote)
	if err != nil || u.Hostname() == "" {
		return nil, maker{}, false
	}
	m, known := makerOf(u.Hostname())
	return u, m, known
}
