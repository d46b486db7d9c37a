package hook

import (
	"cmp"
	"slices"
	"strings"
)

// githubPackage is what GitHub sends when a package was published: in package for the event of that name, and in
// registry_package for the older one.
type githubPackage struct {
	Action          string         `json:"action"`
	Package         *githubVersion `json:"package"`
	RegistryPackage *githubVersion `json:"registry_package"`
}

type githubVersion struct {
	Name        string `json:"name"`
	Namespace   string `json:"namespace"`
	PackageType string `json:"package_type"`
	Ecosystem   string `json:"ecosystem"`
	Owner       struct {
		Login string `json:"login"`
	} `json:"owner"`
	PackageVersion struct {
		PackageURL        string `json:"package_url"` // ghcr.io/acme/api:1.27.4; without a tag it ends in the colon
		ContainerMetadata struct {
			Tag struct {
				Name string `json:"name"`
			} `json:"tag"`
		} `json:"container_metadata"`
	} `json:"package_version"`
}

func readGitHub(m message) (Delivery, error) {
	if event := m.header.Get("X-GitHub-Event"); event != "package" && event != "registry_package" {
		return Delivery{}, nil // ping, and what else may be clicked on
	}
	var p githubPackage
	if err := decode(m.content(), &p); err != nil {
		return Delivery{}, err
	}
	v := cmp.Or(p.Package, p.RegistryPackage)
	if v == nil || !slices.Contains([]string{"published", "updated"}, p.Action) || !v.isContainer() {
		return Delivery{}, nil
	}
	host, path, tag := cutName(v.PackageVersion.PackageURL)
	if _, ok := repository(host, strings.ToLower(path)); !ok {
		host, path, tag = "ghcr.io", cmp.Or(v.Namespace, v.Owner.Login)+"/"+v.Name, ""
	}
	var g gathering
	g.push(cmp.Or(m.registry, host), strings.ToLower(path), cmp.Or(v.PackageVersion.ContainerMetadata.Tag.Name, tag))
	return g.delivery(), nil
}

func (v *githubVersion) isContainer() bool {
	of := func(kind string) bool {
		return strings.EqualFold(kind, "container") || strings.EqualFold(kind, "docker")
	}
	return of(v.PackageType) || of(v.Ecosystem)
}
