package forge

import (
	"net/url"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		kind         Kind
		root, remote string
		wantKind     Kind
		web, api     string
		path         string
	}{
		{name: "GitHub", remote: "https://github.com/acme/fleet.git", wantKind: GitHub, web: "https://github.com", api: "https://api.github.com", path: "acme/fleet"},
		{name: "GitHub by SSH", remote: "git@github.com:acme/fleet.git", wantKind: GitHub, web: "https://github.com", api: "https://api.github.com", path: "acme/fleet"},
		{name: "GitHub by SSH over 443", remote: "ssh://git@ssh.github.com:443/acme/fleet.git", wantKind: GitHub, web: "https://github.com", api: "https://api.github.com", path: "acme/fleet"},
		{name: "GitHub, its API named", root: "https://api.github.com/", remote: "git@github.com:acme/fleet", wantKind: GitHub, web: "https://github.com", api: "https://api.github.com", path: "acme/fleet"},
		{name: "GitHub with data residency", remote: "https://acme.ghe.com/acme/fleet", wantKind: GitHub, web: "https://acme.ghe.com", api: "https://api.acme.ghe.com", path: "acme/fleet"},
		{name: "its API named", root: "https://api.acme.ghe.com", remote: "https://acme.ghe.com/acme/fleet", wantKind: GitHub, web: "https://acme.ghe.com", api: "https://api.acme.ghe.com", path: "acme/fleet"},
		{name: "GitHub Enterprise Server", remote: "https://github.acme.example:8443/acme/fleet.git", wantKind: GitHub, web: "https://github.acme.example:8443", api: "https://github.acme.example:8443/api/v3", path: "acme/fleet"},
		{name: "of another name", kind: GitHub, root: "https://git.acme.example/api/v3", remote: "ssh://git@git.acme.example:2222/acme/fleet.git", wantKind: GitHub, web: "https://git.acme.example", api: "https://git.acme.example/api/v3", path: "acme/fleet"},
		{name: "GitLab", remote: "https://gitlab.com/acme/sub/group/fleet.git", wantKind: GitLab, web: "https://gitlab.com", api: "https://gitlab.com/api/v4", path: "acme/sub/group/fleet"},
		{name: "GitLab by SSH over 443", remote: "ssh://git@altssh.gitlab.com:443/acme/fleet.git", wantKind: GitLab, web: "https://gitlab.com", api: "https://gitlab.com/api/v4", path: "acme/fleet"},
		{name: "GitLab below a path", kind: GitLab, root: "https://acme.example/gitlab", remote: "https://acme.example/gitlab/team/fleet.git", wantKind: GitLab, web: "https://acme.example/gitlab", api: "https://acme.example/gitlab/api/v4", path: "team/fleet"},
		{name: "the same by SSH", kind: GitLab, root: "https://acme.example/gitlab/api/v4/", remote: "git@acme.example:team/fleet.git", wantKind: GitLab, web: "https://acme.example/gitlab", api: "https://acme.example/gitlab/api/v4", path: "team/fleet"},
		{name: "Gitea with a port", remote: "http://localhost:3000/acme/fleet.git", kind: Gitea, wantKind: Gitea, web: "http://localhost:3000", api: "http://localhost:3000/api/v1", path: "acme/fleet"},
		{name: "Gitea by SSH", kind: Gitea, root: "https://git.acme.example:3000", remote: "ssh://git@git.acme.example:22/acme/fleet.git", wantKind: Gitea, web: "https://git.acme.example:3000", api: "https://git.acme.example:3000/api/v1", path: "acme/fleet"},
		{name: "Codeberg", remote: "https://codeberg.org/acme/fleet", wantKind: Forgejo, web: "https://codeberg.org", api: "https://codeberg.org/api/v1", path: "acme/fleet"},
		{name: "Bitbucket Cloud", remote: "https://me@bitbucket.org/acme/fleet.git", wantKind: BitbucketCloud, web: "https://bitbucket.org", api: "https://api.bitbucket.org/2.0", path: "acme/fleet"},
		{name: "its API named", root: "https://api.bitbucket.org/2.0", remote: "git@bitbucket.org:acme/fleet.git", wantKind: BitbucketCloud, web: "https://bitbucket.org", api: "https://api.bitbucket.org/2.0", path: "acme/fleet"},
		{name: "Bitbucket Data Center", kind: BitbucketServer, remote: "https://git.acme.example/scm/OPS/fleet.git", wantKind: BitbucketServer, web: "https://git.acme.example", api: "https://git.acme.example/rest/api/1.0", path: "OPS/fleet"},
		{name: "below a path", kind: BitbucketServer, remote: "https://acme.example/bitbucket/scm/~me/fleet.git", wantKind: BitbucketServer, web: "https://acme.example/bitbucket", api: "https://acme.example/bitbucket/rest/api/1.0", path: "~me/fleet"},
		{name: "by SSH", kind: BitbucketServer, root: "https://git.acme.example/bitbucket/rest/api/latest", remote: "ssh://git@git.acme.example:7999/OPS/fleet.git", wantKind: BitbucketServer, web: "https://git.acme.example/bitbucket", api: "https://git.acme.example/bitbucket/rest/api/1.0", path: "OPS/fleet"},
		{name: "by its page", kind: BitbucketServer, remote: "https://git.acme.example/users/me/repos/fleet", wantKind: BitbucketServer, web: "https://git.acme.example", api: "https://git.acme.example/rest/api/1.0", path: "~me/fleet"},
		{name: "Azure DevOps", remote: "https://acme@dev.azure.com/acme/My%20Project/_git/fleet", wantKind: AzureDevOps, web: "https://dev.azure.com/acme", api: "https://dev.azure.com/acme", path: "My Project/fleet"},
		{name: "of the project's name", remote: "https://dev.azure.com/acme/_git/fleet", wantKind: AzureDevOps, web: "https://dev.azure.com/acme", api: "https://dev.azure.com/acme", path: "fleet/fleet"},
		{name: "by SSH", remote: "git@ssh.dev.azure.com:v3/acme/My%20Project/fleet", wantKind: AzureDevOps, web: "https://dev.azure.com/acme", api: "https://dev.azure.com/acme", path: "My Project/fleet"},
		{name: "by SSH with a scheme", remote: "ssh://git@ssh.dev.azure.com/v3/acme/My%20Project/fleet", wantKind: AzureDevOps, web: "https://dev.azure.com/acme", api: "https://dev.azure.com/acme", path: "My Project/fleet"},
		{name: "by SSH of the older name", remote: "acme@vs-ssh.visualstudio.com:v3/acme/platform/fleet", wantKind: AzureDevOps, web: "https://dev.azure.com/acme", api: "https://dev.azure.com/acme", path: "platform/fleet"},
		{name: "of the older name", remote: "https://acme.visualstudio.com/platform/_git/fleet", wantKind: AzureDevOps, web: "https://acme.visualstudio.com", api: "https://acme.visualstudio.com", path: "platform/fleet"},
		{name: "with its collection", remote: "https://acme.visualstudio.com/DefaultCollection/platform/_git/fleet", wantKind: AzureDevOps, web: "https://acme.visualstudio.com/DefaultCollection", api: "https://acme.visualstudio.com/DefaultCollection", path: "platform/fleet"},
		{name: "with a root", root: "https://dev.azure.com/acme", remote: "https://dev.azure.com/acme/platform/_git/fleet", wantKind: AzureDevOps, web: "https://dev.azure.com/acme", api: "https://dev.azure.com/acme", path: "platform/fleet"},
		{name: "Azure DevOps Server", kind: AzureDevOps, remote: "https://tfs.acme.example/tfs/Default/platform/_git/fleet", wantKind: AzureDevOps, web: "https://tfs.acme.example/tfs/Default", api: "https://tfs.acme.example/tfs/Default", path: "platform/fleet"},
		{name: "with a root", kind: AzureDevOps, root: "https://tfs.acme.example/tfs/Default/_apis", remote: "ssh://tfs.acme.example:22/tfs/Default/platform/_git/fleet", wantKind: AzureDevOps, web: "https://tfs.acme.example/tfs/Default", api: "https://tfs.acme.example/tfs/Default", path: "platform/fleet"},
		{name: "with a root and the project's name", kind: AzureDevOps, root: "https://tfs.acme.example/tfs/Default", remote: "https://tfs.acme.example/tfs/Default/_git/fleet", wantKind: AzureDevOps, web: "https://tfs.acme.example/tfs/Default", api: "https://tfs.acme.example/tfs/Default", path: "fleet/fleet"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := locate(test.kind, test.root, test.remote)
			if err != nil {
				t.Fatal(err)
			}
			if web, path := strings.TrimSuffix(got.web.String(), "/"), strings.Join(got.path, "/"); got.kind != test.wantKind || web != test.web || got.api != test.api || path != test.path {
				t.Errorf("kind %s, pages at %s, API at %s, path %s", got.kind, web, got.api, path)
			}
		})
	}
}

func TestLocateErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		kind         Kind
		root, remote string
		want         string
	}{
		{name: "unknown", remote: "https://git.acme.example/acme/fleet.git", want: `the host "git.acme.example" does not tell which kind of forge it is: name it in git[].forge.kind`},
		{name: "another kind", kind: "gogs", remote: "https://git.acme.example/acme/fleet.git", want: `git[].forge.kind: unknown kind of forge "gogs"`},
		{name: "a folder", kind: Gitea, remote: "/srv/git/fleet.git", want: "the repository is on no forge: its URL names no host"},
		{name: "a folder by URL", kind: Gitea, remote: "file:///srv/git/fleet.git", want: "the URL of the repository cannot be read"},
		{name: "another scheme", kind: Gitea, remote: "git://git.acme.example/fleet.git", want: `the repository is on no forge that can be asked: its URL begins with "git:"`},
		{name: "nothing", kind: Gitea, want: "the repository is on no forge: its URL names no host"},
		{name: "no URL", kind: Gitea, remote: "https://me:hunter2@%zz/acme/fleet", want: "the URL of the repository cannot be read"},
		{name: "plain", kind: Gitea, remote: "http://git.acme.example/acme/fleet.git", want: "http://git.acme.example: a token is not sent over plain http: use https"},
		{name: "plain root", kind: Gitea, root: "http://git.acme.example", remote: "git@git.acme.example:acme/fleet.git", want: "http://git.acme.example: a token is not sent over plain http: use https"},
		{name: "root without a host", kind: Gitea, root: "git.acme.example", remote: "git@git.acme.example:acme/fleet.git", want: "git[].forge.url is no URL of a web site"},
		{name: "too short", remote: "https://github.com/fleet.git", want: `the path "fleet" in the URL of the repository is none of a forge of kind github`},
		{name: "too long", remote: "https://github.com/acme/fleet/tree/main", want: `the path "acme/fleet/tree/main" in the URL of the repository is none of a forge of kind github`},
		{name: "up", remote: "https://gitlab.com/acme/../fleet", want: "the path in the URL of the repository cannot be read"},
		{name: "empty segment", remote: "git@gitlab.com:acme//fleet", want: "the path in the URL of the repository cannot be read"},
		{name: "no project", remote: "https://dev.azure.com/acme/platform/fleet", want: `the path "acme/platform/fleet" in the URL of the repository is none of Azure DevOps`},
		{name: "nothing before", remote: "https://dev.azure.com/_git", want: `the path "_git" in the URL of the repository is none of Azure DevOps`},
		{name: "bad escape", remote: "git@ssh.dev.azure.com:v3/acme/50%zz/fleet", want: "the URL of the repository cannot be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := locate(test.kind, test.root, test.remote)
			if err == nil || err.Error() != test.want {
				t.Errorf("%+v, %v, want %q", got, err, test.want)
			}
		})
	}
}

// FuzzLocate expects of every remote an error or places that a token may go to: the remote's own host, and names that
// cannot climb out of their place in a path.
func FuzzLocate(f *testing.F) {
	for _, remote := range []string{
		"https://github.com/acme/fleet.git", "git@gitlab.com:a/b/c.git", "https://git.acme.example/scm/~me/fleet.git",
		"git@ssh.dev.azure.com:v3/acme/My%20Project/fleet", "https://dev.azure.com/acme/_git/fleet", "ssh://[::1]:22/a/b",
	} {
		f.Add("", "", remote)
		f.Add("github", "", "https://[:]/a/b")
		f.Add("gitea", "https://git.acme.example/api/v1", remote)
	}
	f.Fuzz(func(t *testing.T, kind, root, remote string) {
		a, err := locate(Kind(kind), root, remote)
		if err != nil {
			return
		}
		api, err := url.Parse(a.api)
		if err != nil {
			t.Fatalf("API at %q: %v", a.api, err)
		}
		if api.Scheme != "https" && !loopback(api.Hostname()) || api.Hostname() == "" || api.User != nil || api.RawQuery != "" || api.Fragment != "" {
			t.Errorf("API at %q", a.api)
		}
		for _, s := range a.path {
			if s == "" || s == "." || s == ".." {
				t.Errorf("path %q", a.path)
			}
		}
	})
}
