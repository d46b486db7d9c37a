package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/image-updater/image-updater/policy"
)

const (
	listedCount = 100_000
	wantedRange = ">=1.2 <40"
	carriedTag  = "4.2.1-alpine3.18"
	bestTag     = "39.46.19-alpine3.18"
)

// The promises about choosing.
const (
	explainShare  = 0.6 // of the CPU of a bare loop of Masterminds over the same tags
	rejectedTime  = 300 * time.Nanosecond
	rejectedMakes = 1 // allocations
)

// listedTags is the tag list of a busy repository: releases in many variants, with and without v, floating tags,
// pre-releases, builds, dates, commits, branches, signatures.
func listedTags(n int) []string {
	variants := []string{"", "-alpine", "-alpine3.18", "-alpine3.19", "-slim", "-bookworm", "-slim-bookworm", "-jdk17-alpine", "-r4", "-windowsservercore-ltsc2022"}
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
			tags = append(tags, fmt.Sprintf("feature-%d-login-%040x", i, i*7919))
		case 5:
			tags = append(tags, fmt.Sprintf("main-%07x-%d", i*7919, 1_700_000_000+i))
		case 6:
			tags = append(tags, fmt.Sprintf("v%d.%d.%d", major, minor, patch))
		case 7:
			tags = append(tags, fmt.Sprintf("%d.%d-b%d-alpine", major, minor, i))
		case 8:
			tags = append(tags, fmt.Sprintf("20%02d%02d%02d.%d", i%25, i%12+1, i%28+1, i))
		default:
			tags = append(tags, fmt.Sprintf("%d.%d.%d%s", major, minor, patch, variants[i/20%len(variants)]))
		}
	}
	return tags
}

// benchChoosing explains a policy over 100,000 tags, against a bare loop that parses them as semantic versions and
// checks each against the same range, and tells what a tag costs that never becomes a version.
func benchChoosing(ctx context.Context, b bench) ([]figure, error) {
	list := filepath.Join(b.scratch, "tags.txt")
	policies := filepath.Join(b.scratch, "choosing.yaml")
	text := "apiVersion: image-updater/v1\npolicies:\n  - {name: app, image: acme/app, select: {semver: \"" + wantedRange + "\"}}\n"
	err := errors.Join(os.WriteFile(list, []byte(strings.Join(listedTags(listedCount), "\n")+"\n"), 0o644),
		os.WriteFile(policies, []byte(text), 0o644))
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	medians, err := contest(ctx, b.runs,
		func(ctx context.Context, _ int) (usage, error) {
			u, out, err := command{args: []string{b.binary, "explain", "app", "-f", policies, "--tags-from", list, "--current", carriedTag}}.run(ctx)
			if err == nil && !strings.Contains(out, bestTag) {
				err = fmt.Errorf("explain does not choose %s:\n%s", bestTag, out)
			}
			return u, err
		},
		func(ctx context.Context, _ int) (usage, error) {
			_, out, err := command{args: []string{self, versionsCommand, list}}.run(ctx)
			if err != nil {
				return usage{}, err
			}
			cpu, err := time.ParseDuration(strings.TrimSpace(out))
			return usage{CPU: cpu}, err
		})
	if err != nil {
		return nil, err
	}
	share := float64(medians[0].CPU) / float64(medians[1].CPU)
	figures := []figure{{
		name:      fmt.Sprintf("explain, %d tags, the whole process with its text", listedCount),
		ours:      fmt.Sprintf("%s, %.2f of the baseline", medians[0], share),
		baselines: []baseline{{"Masterminds, the loop alone", fmt.Sprintf("%d ms cpu", medians[1].CPU.Milliseconds())}},
		promise:   fmt.Sprintf("at most %.1f of the cpu", explainShare),
		broken:    share > explainShare,
	}}
	rejected, err := benchRejected(b.runs)
	return append(figures, rejected...), err
}

// versionsCommand as first argument makes this program the baseline: loopVersions.
const versionsCommand = "versions"

// loopVersions parses and checks every line of a file, and prints the CPU time of that loop alone: neither starting nor
// reading counts against us.
func loopVersions(list string) error {
	data, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	tags := strings.Fields(string(data))
	constraint, err := semver.NewConstraint(wantedRange)
	if err != nil {
		return err
	}
	before := cpuTime()
	within := 0
	for _, tag := range tags {
		if v, err := semver.NewVersion(tag); err == nil && constraint.Check(v) {
			within++
		}
	}
	took := cpuTime() - before
	if within == 0 {
		return errors.New("no version is within the range")
	}
	fmt.Println(took)
	return nil
}

// benchRejected measures, in this process, what [policy.Policy.Choose] spends on a tag that never becomes a version.
func benchRejected(runs int) ([]figure, error) {
	var figures []figure
	for _, kind := range []struct {
		name string
		spec policy.Spec
		tag  func(i int) string
	}{
		{"a signature", policy.Spec{}, func(i int) string { return fmt.Sprintf("sha256-%064x.sig", i) }},
		{"a commit", policy.Spec{}, func(i int) string { return fmt.Sprintf("%07xa", i*7919) }},
		{"a branch", policy.Spec{}, func(i int) string { return "feature-" + letters(i) + "-login" }},
		{"a branch with its commit", policy.Spec{}, func(i int) string { return fmt.Sprintf("feature-login-%040x", i*7919) }},
		{"what tags.match does not match", policy.Spec{Match: `^release-(?P<build>\d+)-[0-9a-f]{8}$`, Extract: "$build"},
			func(i int) string { return fmt.Sprintf("main-%d-%08x", i, i*7919) }},
	} {
		p, err := policy.New(kind.spec)
		if err != nil {
			return nil, err
		}
		candidates := make([]policy.Candidate, listedCount)
		for i := range candidates {
			candidates[i].Tag = kind.tag(i)
		}
		took, made := eachRejected(p, candidates, runs)
		figures = append(figures, figure{
			name:    "a tag that is rejected before parsing ends: " + kind.name,
			ours:    fmt.Sprintf("%d ns cpu, %.3f allocations", took.Nanoseconds(), made),
			promise: fmt.Sprintf("at most %d ns and %d allocation", rejectedTime.Nanoseconds(), rejectedMakes),
			broken:  took > rejectedTime || made > rejectedMakes,
		})
	}
	return figures, nil
}

// eachRejected returns the CPU time and the allocations of the whole decision divided by the number of tags, the least
// of many short runs: what disturbs a run can only add to it.
func eachRejected(p *policy.Policy, candidates []policy.Candidate, runs int) (took time.Duration, made float64) {
	current := policy.Current{Tag: "1.2.3"}
	for run := range 5 * runs {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := cpuTime()
		p.Choose(current, candidates, time.Time{})
		t := (cpuTime() - start) / time.Duration(len(candidates))
		runtime.ReadMemStats(&after)
		if run == 0 || t < took {
			took, made = t, float64(after.Mallocs-before.Mallocs)/float64(len(candidates))
		}
	}
	return took, made
}

// letters writes a number without digits.
func letters(n int) string {
	text := ""
	for ; n > 0 || text == ""; n /= 26 {
		text += string(rune('a' + n%26))
	}
	return text
}
