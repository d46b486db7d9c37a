// Package forge knows what a Git forge wants beyond Git itself: the user name beside an access token, the page of a
// commit, the tokens of a GitHub App, and pull requests.
//
//	f, err := forge.New(forge.Options{Remote: "git@github.com:acme/fleet.git", Token: app.Token, Refused: app.Refuse})
//	found, err := f.Find(ctx, "image-updater/nginx", "main")
//	p, err := f.Create(ctx, forge.Proposal{Title: "Update nginx to 1.27.4", Head: "image-updater/nginx", Base: "main"})
//
// A [Forge] speaks to GitHub, GitLab, Gitea and Forgejo, Bitbucket Cloud, Bitbucket Data Center or Azure DevOps, by plain
// HTTP and JSON, a file for each. They differ in what they have ([Limits]), not in what is asked of them. A token goes to
// the forge's own host and nowhere else: redirects to other hosts are not followed, and of the links that lead to the
// next page of a list only the query is taken. No answer is read beyond 4 MiB, and no error holds a secret.
//
// What a pull request says, when it is opened and what becomes of it is decided elsewhere.
package forge
