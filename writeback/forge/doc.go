// Package forge will hold the clients that open, update and close pull requests: GitHub, GitLab, Gitea and Forgejo first.
//
// It is empty for now. Until it is written, the policy file's write mode pull-request is refused with its position, and
// the modes commit and branch are what there is.
package forge
