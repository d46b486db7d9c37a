package forge_test

import (
	"testing"

	"github.com/image-updater/image-updater/writeback/forge"
)

func TestRemote(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ remote, user, commit string }{
		{"https://github.com/acme/fleet.git", "x-access-token", "https://github.com/acme/fleet/commit/1a2b"},
		{"git@github.com:acme/fleet.git", "x-access-token", "https://github.com/acme/fleet/commit/1a2b"},
		{"https://github.acme.example/acme/fleet", "x-access-token", "https://github.acme.example/acme/fleet/commit/1a2b"},
		{"ssh://git@gitlab.com:22/acme/sub/fleet.git", "oauth2", "https://gitlab.com/acme/sub/fleet/-/commit/1a2b"},
		{"https://bitbucket.org/acme/fleet.git", "x-token-auth", "https://bitbucket.org/acme/fleet/commits/1a2b"},
		{"https://acme.ghe.com/acme/fleet.git", "x-access-token", "https://acme.ghe.com/acme/fleet/commit/1a2b"},
		{"https://dev.azure.com/acme/platform/_git/fleet", "image-updater", "https://dev.azure.com/acme/platform/_git/fleet/commit/1a2b"},
		{"https://acme.visualstudio.com/platform/_git/fleet", "image-updater", "https://acme.visualstudio.com/platform/_git/fleet/commit/1a2b"},
		{"https://git.acme.example/fleet.git", "x-access-token", ""},
		{"https://notgithub.com/fleet.git", "x-access-token", ""},
		{"/srv/git/fleet.git", "x-access-token", ""},
		{"file:///srv/git/fleet.git", "x-access-token", ""},
		{"", "x-access-token", ""},
		{"https://%zz", "x-access-token", ""},
	} {
		if got := forge.TokenUser(test.remote); got != test.user {
			t.Errorf("TokenUser(%q) = %q, want %q", test.remote, got, test.user)
		}
		if got := forge.CommitURL(test.remote, "1a2b"); got != test.commit {
			t.Errorf("CommitURL(%q) = %q, want %q", test.remote, got, test.commit)
		}
	}
}
