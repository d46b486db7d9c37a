package forge

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// address is where a repository is found at its forge.
type address struct {
	kind Kind
	web  *url.URL // root of the forge's pages, without a slash at the end
	api  string   // root of its API, without a slash at the end
	// path leads to the repository: owner and name; of Azure DevOps project and name, for its organization is part of web.
	path []string
	// secrets are what stood in the URL beside the user name.
	secrets []string
}

// locate tells where a repository is from its Git remote, and from what the policy file says about the forge.
func locate(kind Kind, root, remote string) (address, error) {
	r, err := parseRemote(remote)
	if err != nil {
		return address{}, err
	}
	if kind == "" {
		if kind = kindOf(r.host); kind == "" {
			return address{}, fmt.Errorf("the host %q does not tell which kind of forge it is: name it in git[].forge.kind", r.host)
		}
	}
	if _, known := suffixes[kind]; !known {
		return address{}, fmt.Errorf("git[].forge.kind: unknown kind of forge %q", kind)
	}
	a := address{kind: kind, path: r.path, secrets: r.secrets}
	if a.web, err = webRoot(kind, root, r); err != nil {
		return address{}, err
	}
	if !strings.EqualFold(a.web.Hostname(), r.host) || !hasSegments(r.path, a.web.Path) {
		err = a.find(r.path)
	} else {
		err = a.find(r.path[len(segments(a.web.Path)):])
	}
	if err != nil {
		return address{}, err
	}
	a.api = a.apiRoot()
	if _, err := url.Parse(a.api); err != nil {
		return address{}, errUnreadable
	}
	return a, nil
}

func segments(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

func hasSegments(path []string, prefix string) bool {
	want := segments(prefix)
	return len(path) >= len(want) && slices.Equal(path[:len(want)], want)
}

// suffixes end the root of an API, where people may write it for the root of the pages.
var suffixes = map[Kind][]string{
	GitHub: {"/api/v3", "/api/graphql", "/api"}, GitLab: {"/api/v4", "/api"}, Gitea: {"/api/v1", "/api"}, Forgejo: {"/api/v1", "/api"},
	BitbucketCloud: {"/2.0"}, BitbucketServer: {"/rest/api/1.0", "/rest/api/latest", "/rest/api", "/rest"},
	AzureDevOps: {"/_apis"},
}

// webRoot is the root of the pages: as it is written, without what leads to the API, or that of the remote's host.
func webRoot(kind Kind, root string, r gitRemote) (*url.URL, error) {
	if root == "" {
		return checkRoot(rootOf(kind, r))
	}
	u, err := url.Parse(root)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("git[].forge.url is no URL of a web site")
	}
	path := strings.TrimRight(u.Path, "/")
	for _, s := range suffixes[kind] {
		if cut, found := strings.CutSuffix(path, s); found {
			path = cut
			break
		}
	}
	host := strings.ToLower(u.Host)
	switch {
	case kind == GitHub && path == "" && (host == "api.github.com" || strings.HasSuffix(host, ".ghe.com")):
		host = strings.TrimPrefix(host, "api.")
	case kind == BitbucketCloud && host == "api.bitbucket.org":
		host = "bitbucket.org"
	}
	return checkRoot(&url.URL{Scheme: u.Scheme, Host: host, Path: path})
}

// rootOf is the root of the pages on the remote's own host.
func rootOf(kind Kind, r gitRemote) *url.URL {
	u := &url.URL{Scheme: "https", Host: r.host}
	if strings.Contains(r.host, ":") {
		u.Host = "[" + r.host + "]"
	}
	if r.scheme != "ssh" {
		u.Scheme = r.scheme
		if r.port != "" {
			u.Host = net.JoinHostPort(r.host, r.port)
		}
	}
	if kind == BitbucketServer { // what comes before /scm/ is where the server hangs
		if i := slices.Index(r.path, "scm"); i > 0 {
			u.Path = "/" + strings.Join(r.path[:i], "/")
		}
	}
	return u
}

// checkRoot refuses to send a token where anybody on the way can read it.
func checkRoot(u *url.URL) (*url.URL, error) {
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("%s: a token is not sent over plain http: use https", u)
	}
	return u, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

// find takes from the path what leads to the repository.
func (a *address) find(path []string) error {
	switch a.kind {
	case AzureDevOps:
		return a.findAzure(path)
	case BitbucketServer:
		path = bitbucketServerPath(path)
	}
	a.path = path
	if len(path) == 2 || a.kind == GitLab && len(path) > 2 {
		return nil
	}
	return fmt.Errorf("the path %q in the URL of the repository is none of a forge of kind %s", strings.Join(path, "/"), a.kind)
}

// bitbucketServerPath reads scm/KEY/name and KEY/name as Git uses them, and projects/KEY/repos/name and
// users/name/repos/name as pages do.
func bitbucketServerPath(path []string) []string {
	if len(path) == 3 && path[0] == "scm" {
		return path[1:]
	}
	if len(path) >= 4 && path[2] == "repos" {
		switch path[0] {
		case "projects":
			return []string{path[1], path[3]}
		case "users":
			return []string{"~" + path[1], path[3]}
		}
	}
	return path
}

// findAzure reads organization/project/_git/name, organization/_git/name (of the project of that name), and over SSH
// v3/organization/project/name. The organization, or the collection of a server, becomes part of the root.
func (a *address) findAzure(path []string) error {
	bad := fmt.Errorf("the path %q in the URL of the repository is none of Azure DevOps", strings.Join(path, "/"))
	var root []string
	switch i := slices.Index(path, "_git"); {
	case len(path) == 4 && path[0] == "v3":
		decoded := make([]string, len(path))
		for i, s := range path { // git@ssh.dev.azure.com:v3/... is no URL, yet escaped as one
			var err error
			if decoded[i], err = url.PathUnescape(s); err != nil {
				return bad
			}
		}
		root, a.path = decoded[1:2], decoded[2:]
	case i < 0 || len(path) < i+2 || len(path) > i+3:
		return bad
	default:
		name := path[len(path)-1]
		if len(path) == i+3 && path[i+1] != "_full" && path[i+1] != "_optimized" {
			return bad
		}
		before := path[:i]
		if a.ownsRoot(before) {
			before = append(slices.Clone(before), name) // the project has the name of its repository
		}
		if len(before) == 0 {
			return bad
		}
		root, a.path = before[:len(before)-1], []string{before[len(before)-1], name}
	}
	if len(root) > 0 && !strings.HasSuffix(a.web.Path, "/"+root[0]) {
		a.web = a.web.JoinPath(root...)
	}
	return nil
}

// ownsRoot reports whether what stands before _git is the organization alone.
func (a *address) ownsRoot(before []string) bool {
	switch {
	case strings.HasSuffix(a.web.Hostname(), ".visualstudio.com"):
		return len(before) == 0 || len(before) == 1 && before[0] == "DefaultCollection"
	case a.web.Hostname() == "dev.azure.com" && a.web.Path == "":
		return len(before) == 1
	default:
		return len(before) == 0
	}
}

func (a *address) apiRoot() string {
	root := strings.TrimSuffix(a.web.String(), "/")
	host := a.web.Host
	switch a.kind {
	case GitHub:
		if host == "github.com" || strings.HasSuffix(host, ".ghe.com") {
			return a.web.Scheme + "://api." + host
		}
		return root + "/api/v3"
	case GitLab:
		return root + "/api/v4"
	case Gitea, Forgejo:
		return root + "/api/v1"
	case BitbucketCloud:
		if host == "bitbucket.org" {
			return a.web.Scheme + "://api.bitbucket.org/2.0"
		}
		return root + "/2.0"
	case BitbucketServer:
		return root + "/rest/api/1.0"
	default: // Azure DevOps keeps its API below the organization, and below the project
		return root
	}
}

// page returns the URL of a page of the forge, for path segments as they are.
func (a *address) page(path ...string) string {
	escaped := make([]string, len(path))
	for i, s := range path {
		escaped[i] = url.PathEscape(s)
	}
	return strings.TrimSuffix(a.web.String(), "/") + "/" + strings.Join(escaped, "/")
}
