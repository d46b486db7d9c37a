package forge

import "regexp"

// protected matches what forges say to a push to a branch that is only changed in other ways: GitHub, GitLab, Gitea and
// Forgejo, Bitbucket Cloud and Data Center, Azure DevOps.
var protected = regexp.MustCompile(`(?i)\bGH006\b|\bGH013\b|\bTF402455\b|rule violations|protected (?:branch|ref)|` +
	`not allowed to (?:force )?push|permission denied to update branch|through (?:a )?(?:pull|merge) request|must use a pull request`)

// Protected reports whether a server's words about a refused push are those of a protected branch.
func Protected(words string) bool { return protected.MatchString(words) }
