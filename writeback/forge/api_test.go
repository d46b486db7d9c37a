package forge

import "testing"

func TestGitHubAPI(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ remote, want string }{
		{"https://github.com/acme/fleet.git", "https://api.github.com"},
		{"https://me@GitHub.com/acme/fleet.git", "https://api.github.com"},
		{"https://acme.ghe.com/acme/fleet", "https://api.acme.ghe.com"},
		{"https://github.acme.example/acme/fleet", "https://github.acme.example/api/v3"},
		{"https://git.acme.example:8443/fleet.git", "https://git.acme.example:8443/api/v3"},
		{"https://notgithub.com/fleet.git", "https://notgithub.com/api/v3"},
		{"http://127.0.0.1:3000/fleet.git", "http://127.0.0.1:3000/api/v3"},
	} {
		if got, err := gitHubAPI(test.remote); err != nil || got != test.want {
			t.Errorf("%s: %q, %v, want %q", test.remote, got, err, test.want)
		}
	}
}
