package forge_test

import (
	"testing"

	"github.com/image-updater/image-updater/writeback/forge"
)

func TestProtected(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		forge, words string
		want         bool
	}{
		{"GitHub", "protected branch hook declined: error: GH006: Protected branch update failed for refs/heads/main.", true},
		{"GitHub rules", "push declined due to repository rule violations: error: GH013: Repository rule violations found for refs/heads/main.", true},
		{"GitLab", "pre-receive hook declined: GitLab: You are not allowed to push code to protected branches on this project.", true},
		{"GitLab, another user", "GitLab: You are not allowed to push code to this project.", true},
		{"Gitea", "pre-receive hook declined: Gitea: Not allowed to push to protected branch main", true},
		{"Forgejo", "Forgejo: Not allowed to push to protected branch main", true},
		{"Bitbucket Cloud", "Permission denied to update branch main.", true},
		{"Bitbucket Data Center", "Branch refs/heads/main can only be modified through pull requests.", true},
		{"Azure DevOps", "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.", true},
		{"a hook", "main is closed until Monday", false},
		{"an old password", "Invalid username or token. Password authentication is not supported", false},
	} {
		if got := forge.Protected(test.words); got != test.want {
			t.Errorf("%s: %v", test.forge, got)
		}
	}
}
