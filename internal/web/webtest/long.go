package webtest

import (
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// Long is a company whose names are as long as they may be, and without spaces.
func Long(now time.Time) status.Status {
	s := Status(now)
	const host = "registry.platform-engineering.eu-central-1.acme.example:5000"
	name := strings.Repeat("reconciliation-", 4) + "api"
	tag := "release-" + strings.Repeat("0123456789abcdef", 7) + "-alpine"
	for i := range s.Policies[:8] {
		p := &s.Policies[i]
		p.Name = name[i:]
		p.Image, p.Registry = host+"/"+strings.Repeat("settlement_and_clearing/", 7)+"worker", host
		p.Git, p.Rule = []string{name}, ">=1.25 <2 "+strings.Repeat("|| >=100000000000000000000 ", 4)
		p.Why.Detail = "listing tags: " + strings.Repeat("unauthorized", 60)
		for n := range p.References {
			ref := &p.References[n]
			ref.Git, ref.File, ref.Current = name, strings.Repeat("environments/", 12)+"deployment.yaml", tag
			ref.Chosen = tag + ".2"
			ref.Why = p.Why
		}
	}
	for i := range s.History[:4] {
		w := &s.History[i]
		w.Policy, w.Image, w.Git, w.Branch = name, s.Policies[0].Image, name, name
		w.From, w.To, w.File = tag, tag+".2", s.Policies[0].References[0].File
	}
	s.Registries[3].Host, s.Registries[3].OldestOf, s.Registries[3].Error = host, s.Policies[0].Image, s.Policies[0].Why.Detail
	s.Git[1].Name, s.Git[1].URL, s.Git[1].Branch = name, "https://"+host+"/"+strings.Repeat("settlement/", 9)+"fleet.git", name
	s.Git[1].Error, s.Git[1].Since = s.Policies[0].Why.Detail, now.Add(-time.Hour)
	s.Hooks[1].Name, s.Hooks[1].Error = name, s.Policies[0].Why.Detail
	return s
}
