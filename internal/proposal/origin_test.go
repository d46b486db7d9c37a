package proposal_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/proposal"
)

var enterprise = proposal.Home{Host: "10.1.2.3:8443", Pages: proposal.GitHubPages}

// What an image calls its source leads to a page that anybody may see, or nowhere.
func TestRepository(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ source, want string }{
		{"https://github.com/acme/app", "https://github.com/acme/app"},
		{"https://GitHub.com:443/acme/app.git/", "https://github.com/acme/app"},
		{"https://github.com/nginxinc/docker-nginx.git#cffeb93:mainline/debian", "https://github.com/nginxinc/docker-nginx"},
		{"https://github.com/acme/app/tree/main/docker?x=y", "https://github.com/acme/app"},
		{"https://github.com/acme/app.git/tree/main", "https://github.com/acme/app"},
		{"https://gitlab.com/acme/group/app/-/tree/main", "https://gitlab.com/acme/group/app"},
		{"https://git.acme.example/app", "https://git.acme.example/app"},
		{"https://10.1.2.3:8443/acme/app/issues", "https://10.1.2.3:8443/acme/app"}, // the forge of the policy file
		{"https://github.com/acme", ""},
		{"https://github.com/acme/..", ""},
		{"https://github.com", ""},
		{"http://github.com/acme/app", ""},
		{"git@github.com:acme/app.git", ""},
		{"https://user:secret@github.com/acme/app", ""},
		{"https://10.1.2.3/acme/app", ""},
		{"https://8.8.8.8/acme/app", ""},
		{"https://[::1]/acme/app", ""},
		{"https://2130706433/acme/app", ""},
		{"https://0x7f.1/acme/app", ""},
		{"https://localhost:8080/acme/app", ""},
		{"https://git/acme/app", ""},
		{"https://metadata.google.internal/acme/app", ""},
		{"javascript:alert(1)", ""},
		{"", ""},
	} {
		if got := enterprise.Repository(test.source); got != test.want {
			t.Errorf("%s: %q, want %q", test.source, got, test.want)
		}
	}
}

func TestReleaseTags(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ path, tag, version, want string }{
		{"acme/api", "1.2.3", "", "1.2.3 v1.2.3 api-1.2.3"},
		{"acme/api", "v1.2.3", "", "v1.2.3 1.2.3 api-1.2.3"},
		{"library/nginx", "1.27.4-alpine3.20", "", "1.27.4-alpine3.20 v1.27.4 1.27.4 nginx-1.27.4"},
		{"library/nginx", "mainline", "1.27.4", "mainline v1.27.4 1.27.4 nginx-1.27.4"},
		{"acme/api", "release-1180-0f1e2d3c", "v2.0.1", "release-1180-0f1e2d3c v2.0.1 2.0.1 api-2.0.1"},
		{"acme/api", "1.3.0-rc.1", "", "1.3.0-rc.1 v1.3.0-rc.1 api-1.3.0-rc.1"}, // 1.3.0 is another release
		{"acme/api", "1.3", "a b/../1.2", "1.3 v1.3 api-1.3"},
	} {
		target := proposal.Target{Image: image.Repository{Host: "docker.io", Path: test.path}, Tag: test.tag}
		if got := strings.Join(target.ReleaseTags(proposal.Origin{Version: test.version}), " "); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.tag, test.version, got, test.want)
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	const git = "https://github.com/acme/api"
	step := func(from, to string) proposal.Step {
		return proposal.Step{From: proposal.Target{Image: api, Tag: from}, To: proposal.Target{Image: api, Tag: to}}
	}
	at := func(revision string) proposal.Origin { return proposal.Origin{Source: git, Revision: revision} }
	for _, test := range []struct {
		name     string
		step     proposal.Step
		from, to proposal.Origin
		release  proposal.Release
		want     proposal.Links
	}{
		{name: "nothing known", step: step("1.0", "1.1")},
		{name: "source", step: step("1.0", "1.1"), to: proposal.Origin{Source: git + ".git", URL: "https://acme.example/api?a=b"},
			want: proposal.Links{Source: git, Page: "https://acme.example/api"}},
		{name: "source within nothing known", step: step("1.0", "1.1"), to: proposal.Origin{Source: "https://github.com/acme#x"},
			want: proposal.Links{Source: "https://github.com/acme"}},
		{name: "revisions", step: step("1.0", "1.1"), from: at("0123456"), to: at("789abcd"),
			want: proposal.Links{Source: git, Changes: git + "/compare/0123456...789abcd"}},
		{name: "the same revision", step: step("1.0-alpine3.19", "1.0-alpine3.20"), from: at("0123456"), to: at("0123456"), want: proposal.Links{Source: git}},
		{name: "revisions that are none", step: step("1.0", "1.1"), from: at("../../x"), to: at("HEAD"), want: proposal.Links{Source: git}},
		{name: "release", step: step("1.0.0", "1.1.0"), to: at(""), release: proposal.Release{Tag: "v1.1.0", Text: "New."},
			want: proposal.Links{Source: git, Changes: git + "/compare/v1.0.0...v1.1.0", Notes: git + "/releases/tag/v1.1.0", Text: "New."}},
		{name: "release, from no version", step: step("latest", "1.1.0"), to: at(""), release: proposal.Release{Tag: "v1.1.0"},
			want: proposal.Links{Source: git, Notes: git + "/releases/tag/v1.1.0"}},
		{name: "another source before", step: step("1.0.0", "1.1.0"), from: proposal.Origin{Source: "https://github.com/old/api", Revision: "0123456"}, to: at("789abcd"),
			want: proposal.Links{Source: git}},
		{name: "GitLab", step: step("1.0", "1.1"), from: proposal.Origin{Revision: "0123456"}, to: proposal.Origin{Source: "https://gitlab.com/a/b/c", Revision: "789abcd"},
			want: proposal.Links{Source: "https://gitlab.com/a/b/c", Changes: "https://gitlab.com/a/b/c/-/compare/0123456...789abcd"}},
		{name: "a forge that is not known", step: step("1.0", "1.1"), from: proposal.Origin{Revision: "0123456"},
			to: proposal.Origin{Source: "https://git.acme.example/api", Revision: "789abcd"}, want: proposal.Links{Source: "https://git.acme.example/api"}},
	} {
		if diff := cmp.Diff(test.want, enterprise.Links(test.step, test.from, test.to, test.release)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// FuzzRepository: an address that readers are led to has nothing in it but a host with a name and a path.
func FuzzRepository(f *testing.F) {
	f.Add("https://github.com/nginxinc/docker-nginx.git#cffeb93:mainline/debian")
	f.Add("https://a.example/b/%2e%2e/-/c?d#e")
	f.Fuzz(func(t *testing.T, source string) {
		got := proposal.Home{}.Repository(source)
		if got == "" {
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !strings.Contains(u.Host, ".") {
			t.Fatalf("%q: %q, %v", source, got, err)
		}
		if again := (proposal.Home{}).Repository(got); again != got {
			t.Fatalf("%q: %q, and of that %q", source, got, again)
		}
	})
}
