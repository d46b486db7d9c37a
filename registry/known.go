package registry

import (
	"strings"

	"github.com/image-updater/image-updater/image"
)

// habits are the defaults for one registry.
type habits struct {
	host      string   // the registry; "*.example.com" is every host below it
	endpoint  string   // where it is asked; "" = the host
	perSecond float64  // requests on the wire; 0 = no limit
	burst     int      // of them at once
	pageSize  int      // n of tag lists
	tokens    []string // token servers outside its registrable domain
	shared    bool     // an anonymous token opens every public repository
	adapter   adapterKind
	metered   bool // GETs of manifests are counted, and answers say how many are left
}

// known is what is known about registries; the last row is for all others. Rates stay well below what the operators
// publish or users have met, for a pass is never in a hurry: Docker Hub's abuse limit is "thousands of requests per
// minute" for an address or an IPv6 /64, Quay's proxy cuts at 5 a second, ECR Public gives anonymous clients about one
// a second, Azure's smallest tier 1,000 a minute, and Docker Hub's own API, as users have it, 180. A page size is the
// largest that the registry takes: what is above (ECR 1,000, Quay 100) is refused, not cut, by some.
var known = []habits{
	{host: "docker.io", endpoint: "https://registry-1.docker.io", perSecond: 5, burst: 10, pageSize: 10_000, tokens: []string{"auth.docker.io"}, metered: true, adapter: dockerHub},
	{host: hubHost, perSecond: 2.5, burst: 10},
	{host: "ghcr.io", perSecond: 20, burst: 40, pageSize: 1000, shared: true},
	{host: "quay.io", perSecond: 5, burst: 10, pageSize: 100, adapter: quay},
	{host: "public.ecr.aws", perSecond: 1, burst: 10, pageSize: 1000},
	{host: "registry.gitlab.com", perSecond: 5, burst: 10, pageSize: 1000},
	{host: "registry.redhat.io", perSecond: 5, burst: 10, pageSize: 1000, tokens: []string{"sso.redhat.com"}},
	{host: "*.azurecr.io", perSecond: 10, burst: 20, pageSize: 1000, adapter: azure},
	{host: "*.pkg.dev", perSecond: 20, burst: 40, pageSize: 10_000, adapter: google},
	{host: "gcr.io", perSecond: 20, burst: 40, pageSize: 10_000, adapter: google},
	{host: "*.gcr.io", perSecond: 20, burst: 40, pageSize: 10_000, adapter: google},
	{host: "*.amazonaws.com", perSecond: 10, burst: 20, pageSize: 1000},
	{host: "", perSecond: 20, burst: 40, pageSize: 1000},
}

// habitsOf returns the row for a registry. One on the machine itself is not limited.
func habitsOf(host string) habits {
	for _, row := range known {
		below, isSuffix := strings.CutPrefix(row.host, "*")
		if row.host != host && row.host != "" && !(isSuffix && strings.HasSuffix(host, below)) {
			continue
		}
		if image.Loopback(host) {
			row.perSecond, row.burst = 0, 0
		}
		return row
	}
	panic("the last row of the table of registries is not for all hosts")
}

// hostname cuts the port and the brackets of an IPv6 address from a host.
func hostname(host string) string {
	if strings.HasPrefix(host, "[") {
		name, _, _ := strings.Cut(host[1:], "]")
		return name
	}
	name, _, _ := strings.Cut(host, ":")
	return name
}
