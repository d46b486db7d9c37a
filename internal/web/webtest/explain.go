package webtest

import (
	"fmt"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// Decision is one with verdicts of all kinds, for the policies of [Status] and any other.
func Decision(s status.Status, policy string) status.Decision {
	current := "1.29.2-alpine"
	chosen := current
	for i := range s.Policies {
		if p := &s.Policies[i]; p.Name == policy && len(p.References) > 0 {
			current, chosen = p.References[0].Current, p.References[0].Chosen
		}
	}
	day := func(n int) time.Time { return s.At.Add(-time.Duration(n) * 24 * time.Hour) }
	d := status.Decision{Current: current, Chosen: chosen, Changed: current != chosen, Asked: s.At.Add(-4 * time.Minute)}
	add := func(v status.Verdict) { d.Verdicts = append(d.Verdicts, v) }
	add(status.Verdict{Tag: chosen, Verdict: "chosen", Detail: "the best of 4 allowed tags", Pushed: day(22)})
	add(status.Verdict{
		Tag: "1.29.3-alpine", Verdict: "waiting", Rule: "min-age", Detail: "younger than 3 days", Until: s.At.Add(52 * time.Hour), Pushed: s.At.Add(-20 * time.Hour),
	})
	for i, tag := range []string{"1.29.1-alpine", "1.29.0-alpine", "1.28.6-alpine"} {
		add(status.Verdict{Tag: tag, Verdict: "rejected", Rule: "not-best", Pushed: day(40 + 20*i)})
	}
	add(status.Verdict{Tag: "2.0.0-alpine", Verdict: "rejected", Rule: "range", Detail: "outside >=1.25 <2", Pushed: day(3), Above: true})
	add(status.Verdict{Tag: "1.30.0-rc.1-alpine", Verdict: "rejected", Rule: "prerelease", Detail: "a pre-release, and guard.prerelease is false", Pushed: day(2), Above: true})
	add(status.Verdict{Tag: "1.29.3", Verdict: "rejected", Rule: "variant", Detail: "alpine is missing", Pushed: day(1), Above: true})
	add(status.Verdict{Tag: "1.29.3-alpine3.22-otel", Verdict: "rejected", Rule: "variant", Detail: "another variant: alpine3.22-otel", Pushed: day(1), Above: true})
	add(status.Verdict{Tag: "1.29.2-alpine-arm64", Verdict: "rejected", Rule: "platforms", Detail: "not offered for linux/amd64", Pushed: day(20), Above: true})
	for i := range 40 {
		add(status.Verdict{Tag: fmt.Sprintf("1.%d.%d-alpine", 27-i/6, 5-i%6), Verdict: "rejected", Rule: "older", Detail: "lower than the current tag", Pushed: day(120 + 9*i)})
	}
	for _, tag := range []string{"latest", "stable", "mainline-alpine", "alpine"} {
		add(status.Verdict{Tag: tag, Verdict: "rejected", Rule: "not-a-version", Detail: "no version can be read from it"})
	}
	return d
}
