package hook

import (
	"cmp"
	"strings"
)

// giteaPackage is what Gitea and Forgejo send when a package was made.
type giteaPackage struct {
	Action  string `json:"action"`
	Package struct {
		Type    string `json:"type"`
		Name    string `json:"name"`
		Version string `json:"version"`  // the tag, or a digest
		HTMLURL string `json:"html_url"` // https://git.acme.example/acme/-/packages/container/api/1.27.4
		Owner   struct {
			Login string `json:"login"`
		} `json:"owner"`
	} `json:"package"`
}

func readGitea(m message) (Delivery, error) {
	if m.header.Get("X-Gitea-Event") != "package" {
		return Delivery{}, nil
	}
	var p giteaPackage
	if err := decode(m.content(), &p); err != nil {
		return Delivery{}, err
	}
	var g gathering
	if p.Action == "created" && p.Package.Type == "container" {
		path := strings.ToLower(p.Package.Owner.Login + "/" + p.Package.Name)
		g.push(cmp.Or(m.registry, hostOf(p.Package.HTMLURL)), path, p.Package.Version)
	}
	return g.delivery(), nil
}
