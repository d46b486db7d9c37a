package webtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// policy is a policy that the fleet is made from, with times before now.
type policy struct {
	name, image, registry, kind, rule string
	git                               string
	files                             []string
	from, to, coming                  string
	state                             status.State
	since                             time.Duration // ago
	why                               status.Reason
	until                             time.Duration // from now, of the reason
	written                           time.Duration // ago
	proposal                          string
}

var fleet = []policy{
	{
		name: "billing-api", image: "ghcr.io/acme/billing-api", registry: "ghcr.io", kind: "semver", rule: ">=4 <5", git: "fleet",
		files: []string{"apps/billing/deployment.yaml"}, from: "4.11.2", to: "4.12.0", state: status.Failed, since: 42 * time.Minute,
		why: status.Reason{Rule: "error", Detail: "apps/billing/deployment.yaml:31: the tag stands in a template, and is not edited"},
	},
	{
		name: "legacy-reports", image: "registry.acme.example:5000/reports", registry: "registry.acme.example:5000", kind: "numeric",
		rule: "ascending", git: "legacy", files: []string{"compose.yaml"}, from: "20261104", to: "20261104", state: status.Failed,
		since: 3 * time.Hour,
		why:   status.Reason{Rule: "error", Detail: "listing tags of registry.acme.example:5000/reports: the certificate has expired on 2026-11-21"},
	},
	{
		name: "postgres", image: "postgres", registry: "docker.io", kind: "semver", rule: ">=16", git: "fleet",
		files: []string{"apps/db/statefulset.yaml", "apps/reports/values.yaml"}, from: "16.10-bookworm", to: "16.10-bookworm", coming: "16.11-bookworm",
		state: status.Held, since: 50 * time.Hour,
		why: status.Reason{Rule: "held", Detail: "16.11-bookworm was taken back by Ada Lovelace in 3f1c9e2; a newer tag is taken again"},
	},
	{
		name: "keycloak", image: "quay.io/keycloak/keycloak", registry: "quay.io", kind: "semver", rule: "*", git: "platform",
		files: []string{"identity/values.yaml"}, from: "25.0.6", to: "25.0.6", state: status.Held, since: 12 * 24 * time.Hour,
		why: status.Reason{Rule: "bump", Detail: "26.4.5 is a major step, and guard.bump is minor"},
	},
	{
		name: "old-gateway", image: "ghcr.io/acme/gateway", registry: "ghcr.io", kind: "semver", rule: "^2", git: "fleet",
		state: status.NotFound, since: 6 * 24 * time.Hour,
		why: status.Reason{Rule: "not-found", Detail: "no file in fleet refers to ghcr.io/acme/gateway below apps/gateway"},
	},
	{
		name: "web", image: "ghcr.io/acme/web", registry: "ghcr.io", kind: "semver", rule: "*", git: "platform",
		files: []string{"web/kustomization.yaml"}, from: "7.3.1", to: "7.4.0", state: status.Proposed, since: 90 * time.Minute,
		why: status.Reason{Rule: "proposed", Detail: "a review is wanted"}, proposal: "#482",
	},
	{
		name: "grafana", image: "grafana/grafana", registry: "docker.io", kind: "semver", rule: ">=11 <13", git: "platform",
		files: []string{"monitoring/grafana/values.yaml"}, from: "12.2.1", to: "12.3.0", state: status.Proposed, since: 26 * time.Hour,
		why: status.Reason{Rule: "proposed", Detail: "two checks have not passed"}, proposal: "#479",
	},
	{
		name: "nginx", image: "nginx", registry: "docker.io", kind: "semver", rule: ">=1.25 <2", git: "fleet",
		files: []string{"apps/web/deployment.yaml", "apps/shop/deployment.yaml", "apps/docs/values.yaml"}, from: "1.29.2-alpine", to: "1.29.2-alpine", coming: "1.29.3-alpine",
		state: status.Waiting, since: 20 * time.Hour, until: 52 * time.Hour, written: 9 * 24 * time.Hour,
		why: status.Reason{Rule: "min-age", Detail: "1.29.3-alpine is younger than 3 days"},
	},
	{
		name: "redis", image: "redis", registry: "docker.io", kind: "semver", rule: "^8", git: "fleet",
		files: []string{"apps/cache/statefulset.yaml"}, from: "8.2.2-alpine", to: "8.2.2-alpine", coming: "8.2.3-alpine", state: status.Waiting, since: 2 * time.Hour,
		until: 13*time.Hour + 20*time.Minute, written: 30 * 24 * time.Hour,
		why: status.Reason{Rule: "window", Detail: "8.2.3-alpine is written from Monday to Thursday, 08:00 to 16:00 Europe/Paris"},
	},
	{
		name: "vehicles", image: "acme/microservice-vehicles", registry: "docker.io", kind: "numeric", rule: "ascending", git: "fleet",
		files: []string{"apps/vehicles/deployment.yaml"}, from: "release-1178-9d0be1a2", to: "release-1178-9d0be1a2", coming: "release-1179-344b590f", state: status.Waiting,
		since: 11 * time.Minute, until: 38 * time.Minute, written: 26 * time.Hour,
		why: status.Reason{Rule: "quota", Detail: "the platforms of release-1179-344b590f are looked up when the pulls of docker.io allow it"},
	},
	{
		name: "cert-manager", image: "quay.io/jetstack/cert-manager-controller", registry: "quay.io", kind: "semver", rule: "^1", git: "platform",
		files: []string{"cert-manager/kustomization.yaml"}, from: "v1.19.1", to: "v1.19.1", state: status.UpToDate, since: 4 * time.Hour,
		written: 4 * time.Hour,
	},
	{
		name: "checkout", image: "ghcr.io/acme/checkout", registry: "ghcr.io", kind: "newest", rule: "pushed", git: "fleet",
		files: []string{"apps/checkout/deployment.yaml"}, from: "main-7c1d0fa", to: "main-7c1d0fa", state: status.UpToDate, since: 7 * time.Minute,
		written: 7 * time.Minute,
	},
	{
		name: "search", image: "ghcr.io/acme/search", registry: "ghcr.io", kind: "semver", rule: "*", git: "fleet",
		files: []string{"apps/search/values.yaml"}, from: "2.40.7", to: "2.40.7", state: status.UpToDate, since: 51 * time.Minute, written: 51 * time.Minute,
	},
	{
		name: "python-base", image: "python", registry: "docker.io", kind: "digest", rule: "3.13-slim", git: "fleet",
		files: []string{"images/base/Dockerfile"}, from: "3.13-slim", to: "3.13-slim", state: status.UpToDate, since: 15 * time.Hour, written: 15 * time.Hour,
	},
	{
		name: "chaos", image: "ghcr.io/acme/chaos", registry: "ghcr.io", kind: "semver", rule: "*", git: "fleet",
		files: []string{"apps/chaos/deployment.yaml"}, from: "0.9.3", to: "0.9.3", state: status.Suspended, since: 40 * 24 * time.Hour,
		why: status.Reason{Rule: "suspended", Detail: "the policy says suspend: true"},
	},
	{
		name: "feature-flags", image: "ghcr.io/acme/flags", registry: "ghcr.io", kind: "semver", rule: "*", git: "platform", state: status.New,
		since: time.Minute, why: status.Reason{Rule: "new", Detail: "its tags were not asked for yet"},
	},
}

// calm are names of further images, of which there is nothing to tell.
var calm = []string{
	"accounts", "audit", "catalog", "chat", "claims", "contracts", "coupons", "delivery", "documents", "exports", "forms", "fulfilment",
	"geo", "identity", "images", "imports", "inventory", "invoices", "jobs", "ledger", "limits", "loyalty", "mailer", "maps", "media",
	"metrics-bridge", "notes", "offers", "orders", "partners", "payments", "prices", "profiles", "quotes", "ratings", "refunds",
	"routes", "rules", "sessions", "shipping", "sms", "stock", "surveys", "taxes", "tickets", "tracking", "translations", "uploads",
	"vouchers", "warehouse", "webhooks", "wishlist",
}

// Status is a company of seventy images, in some trouble.
func Status(now time.Time) status.Status {
	now = now.UTC().Truncate(time.Second)
	s := status.Status{
		At: now, Started: now.Add(-17 * 24 * time.Hour), Version: "1.4.0", Ready: true,
		Config: status.Config{Files: []string{"policies/platform.yaml", "policies/teams.yaml"}, Loaded: now.Add(-26 * time.Hour)},
		Last: status.Pass{
			Number: 4183, Began: now.Add(-7*time.Minute - 4*time.Second), Ended: now.Add(-7 * time.Minute), Reason: "new tags of 2 images", Changes: 3,
			Commits: 2, Held: 2, Errors: 1,
		},
		Totals: status.Totals{
			Passes: 4183, Failed: 11, Took: 4183 * 2300 * time.Millisecond, Within: [...]int{1200, 2400, 3100, 3900, 4150, 4183, 4183, 4183, 4183},
			Changes: 612, Commits: 540, PullRequests: 96,
		},
	}
	for i := range fleet {
		s.Policies = append(s.Policies, fleet[i].status(now, i))
	}
	for i, name := range calm {
		version := fmt.Sprintf("%d.%d.%d", 1+i%5, i*7%23, i%4)
		p := policy{
			name: name, image: "ghcr.io/acme/" + name, registry: "ghcr.io", kind: "semver", rule: "*", git: []string{"fleet", "platform"}[i%2],
			files: []string{"apps/" + name + "/deployment.yaml"}, from: version, to: version, state: status.UpToDate,
			since: time.Duration(30+i*11) * time.Hour, written: time.Duration(30+i*11) * time.Hour,
		}
		s.Policies = append(s.Policies, p.status(now, i))
	}
	s.Registries, s.Git = registries(now), repositories(now)
	s.Hooks, s.Channels = hooks(now), channels(now)
	s.Files = files()
	s.History = history(now, s.Policies)
	return s
}

func (p *policy) status(now time.Time, i int) status.Policy {
	q := status.Policy{
		Name: p.name, Image: p.image, Registry: p.registry, Git: []string{p.git}, Kind: p.kind, Rule: p.rule, Interval: 15 * time.Minute,
		State: p.state, Since: now.Add(-p.since), Why: p.why, Looked: now.Add(-time.Duration(i*37%880+20) * time.Second),
		NextLook: now.Add(time.Duration(i*53%870+25) * time.Second), NewTags: now.Add(-p.since - 20*time.Minute),
	}
	if p.state == status.New {
		q.Looked, q.NewTags = time.Time{}, time.Time{}
	}
	if p.until != 0 {
		q.Why.Until = now.Add(p.until)
	}
	if p.written != 0 {
		q.Written, q.Commit = now.Add(-p.written), commit(p.git, i)
	}
	if p.proposal != "" {
		q.Proposal = status.Link{Text: p.proposal, URL: "https://github.com/acme/" + p.git + "/pull/" + p.proposal[1:]}
		q.ProposalAt = q.Since
	}
	for n, file := range p.files {
		ref := status.Reference{Git: p.git, File: file, Line: 17 + 7*n, Current: p.from, Chosen: p.to, Coming: p.coming, State: q.State, Why: q.Why}
		if p.kind == "digest" {
			ref.CurrentDigest = "sha256:" + digest(i)
			ref.ChosenDigest = ref.CurrentDigest
		}
		q.References = append(q.References, ref)
	}
	return q
}

func commit(git string, i int) status.Link {
	id := digest(i)
	return status.Link{Text: id[:7], URL: "https://github.com/acme/" + git + "/commit/" + id[:40]}
}

// digest is what looks like one, the same for the same i.
func digest(i int) string {
	return fmt.Sprintf("%016x%016x%016x%016x", uint64(i+3)*0x9e3779b97f4a7c15, uint64(i+5)*0xc2b2ae3d27d4eb4f, uint64(i+7)*0x165667b19e3779f9, uint64(i+11)*0x27d4eb2f165667c5)
}

// Fault is what a policy file that does not hold is answered with.
const Fault = `policies/teams.yaml:12:15: policy "api": unknown key "semvar" (did you mean "semver"?)
policies/teams.yaml:40:3: policy "web": the name is there twice`

// Calm is the same company on a day on which nobody has to do anything.
func Calm(now time.Time) status.Status {
	s := Status(now)
	s.Policies = slices.DeleteFunc(s.Policies, func(p status.Policy) bool {
		return p.State == status.Failed || p.State == status.Held || p.State == status.NotFound
	})
	s.Registries = s.Registries[:3]
	return s
}
