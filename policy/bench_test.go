package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/image-updater/image-updater/policy"
)

// The mix of a busy repository: releases in many variants, pre-releases, builds, dates, commits, artifacts, branches.
func mixedTags(n int) []string {
	suffixes := []string{"", "-alpine", "-slim", "-bookworm", "-alpine3.18", "-alpine3.19", "-slim-bookworm", "-windowsservercore-ltsc2022", "-jdk17-alpine", "-r4"}
	tags := make([]string, 0, n)
	for i := 0; len(tags) < n; i++ {
		major, minor, patch := i/2000, i/40%50, i%40
		switch i % 20 {
		case 0:
			tags = append(tags, fmt.Sprintf("sha256-%064x.sig", i))
		case 1:
			tags = append(tags, fmt.Sprintf("sha-%07x", i*7919))
		case 2:
			tags = append(tags, fmt.Sprintf("%d.%d.%d-rc.%d", major, minor, patch, i%7))
		case 3:
			tags = append(tags, fmt.Sprintf("bookworm-2024%02d%02d-%d", i%12+1, i%28+1, i))
		case 4:
			tags = append(tags, fmt.Sprintf("feature-%d-x-%040x", i, i))
		default:
			tags = append(tags, fmt.Sprintf("%d.%d.%d%s", major, minor, patch, suffixes[i%len(suffixes)]))
		}
	}
	return tags
}

func asCandidates(tags []string) []policy.Candidate {
	candidates := make([]policy.Candidate, len(tags))
	for i, tag := range tags {
		candidates[i].Tag = tag
	}
	return candidates
}

// plainTags are releases and nothing else: every tag has to be checked against the range.
func plainTags(n int) []string {
	tags := make([]string, n)
	for i := range tags {
		tags[i] = fmt.Sprintf("%d.%d.%d", i/2000, i/40%50, i%40)
	}
	return tags
}

// BenchmarkChoose decides over 100,000 tags; BenchmarkMasterminds is the loop it is measured against.
func BenchmarkChoose(b *testing.B) {
	for _, list := range longLists() {
		b.Run(list.name, func(b *testing.B) {
			p := compile(b, policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: ">=1.2 <40"}})
			candidates := asCandidates(list.tags)
			b.ReportAllocs()
			for b.Loop() {
				p.Choose(policy.Current{Tag: list.current}, candidates, time.Time{})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(candidates)), "ns/tag")
		})
	}
}

type longList struct {
	name, current string
	tags          []string
}

func longLists() []longList {
	return []longList{
		{name: "mixed", current: "4.2.1-alpine3.18", tags: mixedTags(100_000)},
		{name: "plain", current: "4.2.1", tags: plainTags(100_000)},
	}
}

// BenchmarkRejected is the cost of a tag that no decision needs to read: it never becomes a version.
func BenchmarkRejected(b *testing.B) {
	p := compile(b, policy.Spec{})
	candidates := make([]policy.Candidate, 100_000)
	for i := range candidates {
		candidates[i].Tag = fmt.Sprintf("feature-branch-x-%040x", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.Choose(policy.Current{Tag: "1.2.3"}, candidates, time.Time{})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(candidates)), "ns/tag")
}

func BenchmarkMasterminds(b *testing.B) {
	constraints, err := semver.NewConstraint(">=1.2 <40")
	if err != nil {
		b.Fatal(err)
	}
	for _, list := range longLists() {
		b.Run(list.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, tag := range list.tags {
					if v, err := semver.NewVersion(tag); err == nil {
						constraints.Check(v)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list.tags)), "ns/tag")
		})
	}
}

// 200,000 tags are no trouble, and what is rejected before it is a version costs no allocation of its own.
func TestManyTags(t *testing.T) {
	t.Parallel()
	p := compile(t, policy.Spec{})
	candidates := asCandidates(mixedTags(200_000))
	if d := p.Choose(policy.Current{Tag: "4.2.1-alpine3.18"}, candidates, noon); len(d.Verdicts) < 100_000 || !d.Changed {
		t.Errorf("%d verdicts, chosen %q", len(d.Verdicts), d.Chosen)
	}
}

func TestAllocations(t *testing.T) {
	p := compile(t, policy.Spec{Select: versions(">=1")})
	var unread, rejected []string
	for i := range 10_000 {
		unread = append(unread, fmt.Sprintf("branch-%c%c%c%c", 'a'+i%10, 'a'+i/10%10, 'a'+i/100%10, 'a'+i/1000))
		rejected = append(rejected, fmt.Sprintf("1.%d.%d-alpine", i/100, i%100))
	}
	for _, test := range []struct {
		name string
		tags []string
	}{{"no versions", unread}, {"other variants", rejected}} {
		candidates := asCandidates(test.tags)
		got := testing.AllocsPerRun(3, func() { p.Choose(policy.Current{Tag: "1.2.3"}, candidates, noon) })
		if got > float64(len(candidates))/50 {
			t.Errorf("%s: %v allocations for %d tags", test.name, got, len(candidates))
		}
	}
}
