package webtest

import (
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

func registries(now time.Time) []status.Registry {
	return []status.Registry{
		{
			Host: "docker.io", Account: "acme-bot", Images: 6, Oldest: now.Add(-14 * time.Minute), OldestOf: "docker.io/library/postgres",
			Requests: 41210, Pulls: 96, Day: day(now, 38, 3), Metered: true, Allowance: 200, Window: 6 * time.Hour, Remaining: 118, Reserve: 100,
			Spent: 12, Left: 18,
		},
		{
			Host: "ghcr.io", Account: "acme-bot", Images: 58, Oldest: now.Add(-15 * time.Minute), OldestOf: "ghcr.io/acme/geo", Requests: 389402,
			Day: day(now, 310, 0),
		},
		{Host: "quay.io", Account: "anonymous", Images: 2, Oldest: now.Add(-9 * time.Minute), OldestOf: "quay.io/keycloak/keycloak", Requests: 13377, Day: day(now, 9, 0)},
		{
			Host: "registry.acme.example:5000", Account: "reader", Images: 1, Oldest: now.Add(-3 * time.Hour), OldestOf: "registry.acme.example:5000/reports",
			Requests: 6012, Day: day(now, 5, 0), FailingFor: 12, ErrorAt: now.Add(-4 * time.Minute),
			Error: "listing tags of registry.acme.example:5000/reports: the certificate has expired on 2026-11-21",
		},
	}
}

// day is how much was asked in each hour, more by day than by night.
func day(now time.Time, most, pulls int) []status.Hour {
	hours := make([]status.Hour, 24)
	first := now.Truncate(time.Hour).Add(-23 * time.Hour)
	for i := range hours {
		begin := first.Add(time.Duration(i) * time.Hour)
		busy := 4 + min(begin.Hour(), 23-begin.Hour())
		hours[i] = status.Hour{Begin: begin, Requests: most * busy / 16, Pulls: pulls * (i % 5) * busy / 16}
	}
	return hours
}

func repositories(now time.Time) []status.Git {
	return []status.Git{
		{
			Name: "fleet", URL: "https://github.com/acme/fleet.git", Branch: "main", Mode: "commit", Tip: digest(11)[:40], Read: now.Add(-2 * time.Minute),
			Write: now.Add(-7 * time.Minute), Retry: 3,
		},
		{
			Name: "platform", URL: "https://github.com/acme/platform.git", Branch: "main", Mode: "pull-request", Tip: digest(10)[:40],
			Read: now.Add(-2 * time.Minute), Write: now.Add(-90 * time.Minute), Queue: 1, Open: []status.PullRequest{
				{
					Branch: "image-updater/web", Title: "Update web to 7.4.0", State: "opened", Policies: []string{"web"},
					Link: status.Link{Text: "#482", URL: "https://github.com/acme/platform/pull/482"},
				},
				{
					Branch: "image-updater/grafana", Title: "Update grafana to 12.3.0", State: "updated", Detail: "two checks have not passed",
					Policies: []string{"grafana"}, Link: status.Link{Text: "#479", URL: "https://github.com/acme/platform/pull/479"},
				},
			},
		},
		{
			Name: "legacy", URL: "ssh://git@git.acme.example/legacy.git", Branch: "production", Mode: "branch", Tip: digest(12)[:40],
			Read: now.Add(-6 * time.Minute), Write: now.Add(-3 * 24 * time.Hour),
		},
	}
}

func hooks(now time.Time) []status.Hook {
	return []status.Hook{
		{Name: "github", Kind: "github", Events: 1911, Refused: 0, Last: now.Add(-7 * time.Minute)},
		{
			Name: "hub", Kind: "docker-hub", Events: 73, Refused: 2, Last: now.Add(-15 * time.Hour), Error: "the secret is not the one of the hook",
			ErrorAt: now.Add(-5 * 24 * time.Hour),
		},
	}
}

func channels(now time.Time) []status.Channel {
	return []status.Channel{
		{Name: "team", Kind: "slack", Sent: 388, Last: now.Add(-7 * time.Minute)},
		{Name: "on-call", Kind: "webhook", Sent: 21, Failed: 1, Last: now.Add(-42 * time.Minute)},
	}
}

func files() []status.File { return []status.File{{Flag: "--auth-file"}, {Flag: "--tls-cert"}} }

// history is what the policies have written, each twice.
func history(now time.Time, policies []status.Policy) []status.Written {
	var all []status.Written
	for i := range policies {
		p := &policies[i]
		if p.Written.IsZero() {
			continue
		}
		for n, ref := range p.References {
			w := status.Written{
				When: p.Written, Policy: p.Name, Image: inFull(p), Git: ref.Git, Branch: "main", File: ref.File, From: before(ref.Current),
				To: ref.Current, Commit: p.Commit,
			}
			if p.Kind == "digest" {
				w.From, w.FromDigest, w.ToDigest = ref.Current, "sha256:"+digest(i+n+90), ref.CurrentDigest
			}
			older := w
			older.When, older.To, older.From, older.Commit = w.When.Add(-19*24*time.Hour), w.From, before(w.From), commit(ref.Git, i+200)
			all = append(all, w)
			if p.Kind != "digest" {
				all = append(all, older)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b status.Written) int { return b.When.Compare(a.When) })
	return all[:min(len(all), status.HistoryKept)]
}

// inFull is an image with its registry.
func inFull(p *status.Policy) string {
	switch {
	case p.Registry != "docker.io":
		return p.Image
	case !strings.Contains(p.Image, "/"):
		return "docker.io/library/" + p.Image
	default:
		return "docker.io/" + p.Image
	}
}

// before is a tag that may have stood there before: the last digit that can be is one lower.
func before(tag string) string {
	for i := len(tag) - 1; i >= 0; i-- {
		if tag[i] >= '1' && tag[i] <= '9' {
			return tag[:i] + string(tag[i]-1) + tag[i+1:]
		}
	}
	return tag + "-0"
}
