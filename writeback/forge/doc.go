// Package forge knows what a Git forge wants beyond Git itself: so far the user name beside an access token and the page
// of a commit, both told from the remote's URL, and the tokens of a GitHub App.
//
// The clients that open, update and close pull requests will live here, a file each. Until then the policy file's write
// mode pull-request is refused with its position, and the modes commit and branch are what there is.
package forge
