package policy_test

import (
	"bufio"
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/policy"
)

// The oracle knows nothing of the grammar: a pre-release is one of these words with a number, or at the end.
var (
	prerelease = regexp.MustCompile(`(?i)[-._]?(?:alpha|beta|rc|cr|pre|preview|ea|milestone)[-._]?[0-9]+|[-._](?:alpha|beta|rc|preview|ea|[abm][0-9]+)\b|([0-9])[abm][0-9]+`)
	numbers    = regexp.MustCompile(`[0-9]+(?:[-._][0-9]+)*`)
	commit     = regexp.MustCompile(`-[0-9a-f]{7}$`)
	dotted     = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)*`)
)

// glance is a tag as the oracle sees it.
type glance struct {
	skeleton   string // without its pre-release, its numbers and its commit
	prerelease bool
	numbers    [][]uint64 // of the release, dotted ones together
}

func glanceAt(t *testing.T, tag string) glance {
	t.Helper()
	release := func(s string) string { return prerelease.ReplaceAllString(s, "$1") }
	g := glance{prerelease: prerelease.MatchString(tag)}
	g.skeleton = numbers.ReplaceAllString(release(commit.ReplaceAllString(tag, "-commit")), "#")
	for _, run := range dotted.FindAllString(release(tag), -1) {
		var group []uint64
		for digits := range strings.SplitSeq(run, ".") {
			n, err := strconv.ParseUint(digits, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			group = append(group, n)
		}
		g.numbers = append(g.numbers, group)
	}
	return g
}

// wrong says what is wrong with going from one tag to another, "" if nothing is.
func (from *glance) wrong(to *glance) string {
	switch {
	case from.skeleton != to.skeleton:
		return "another variant"
	case to.prerelease && !from.prerelease:
		return "a pre-release"
	}
	for i := range min(len(from.numbers), len(to.numbers)) {
		if c := compareNumbers(from.numbers[i], to.numbers[i]); c > 0 {
			return "a downgrade"
		} else if c < 0 {
			break
		}
	}
	return ""
}

// compareNumbers compares number by number; missing ones are zero.
func compareNumbers(a, b []uint64) int {
	for i := range max(len(a), len(b)) {
		var m, n uint64
		if i < len(a) {
			m = a[i]
		}
		if i < len(b) {
			n = b[i]
		}
		if m != n {
			return cmp.Compare(m, n)
		}
	}
	return 0
}

// From each tag of twelve years to each other one of its image: never a downgrade, never another variant, never a
// pre-release from a release. As a replay goes from tag to tag by these steps alone, that holds for all of them, too.
// The race detector makes this so slow that it sees few of the starts.
func TestLawsOverTwelveYears(t *testing.T) {
	t.Parallel()
	p := compile(t, policy.Spec{})
	step := 1
	if underRace {
		step = 101
	}
	for _, file := range officialLists(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			tags := readTags(t, file)
			glances := make([]glance, len(tags))
			for i, tag := range tags {
				glances[i] = glanceAt(t, tag)
			}
			may := p.Pairs(tags)
			for from := 0; from < len(tags); from += step {
				for _, to := range may(from) {
					if wrong := glances[from].wrong(&glances[to]); wrong != "" {
						t.Errorf("%s -> %s is %s", tags[from], tags[to], wrong)
					}
				}
			}
		})
	}
}

// manyTags is from how many tags on a list is too long to be replayed from each of them.
const manyTags = 200

// The same of the updates that a policy would have made over these years, with and without a wait.
func TestReplayOfTwelveYears(t *testing.T) {
	t.Parallel()
	for _, file := range officialLists(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			history, step := readHistory(t, file), 1
			if len(history) >= manyTags || underRace {
				step = max(1, len(history)/2)
			}
			for _, age := range []time.Duration{0, 72 * time.Hour} {
				p := compile(t, policy.Spec{Guard: policy.Guard{MinAge: age}})
				for start := 0; start < len(history); start += step {
					checkReplay(t, p, p.Replay(policy.Current{Tag: history[start].Tag}, history, time.Time{}), age)
				}
			}
		})
	}
}

func checkReplay(t *testing.T, p *policy.Policy, r policy.Replay, age time.Duration) {
	t.Helper()
	for _, u := range r.Updates {
		from, to := glanceAt(t, u.From.Tag), glanceAt(t, u.To.Tag)
		if wrong := from.wrong(&to); wrong != "" && p.Choose(u.From, nil, u.At).Usable {
			t.Errorf("%s -> %s is %s", u.From.Tag, u.To.Tag, wrong)
		}
		if u.Waited() < age {
			t.Errorf("%s -> %s waited %v", u.From.Tag, u.To.Tag, u.Waited())
		}
	}
}

// BenchmarkReplay replays the 9,000 tags of one image, from the first version on.
func BenchmarkReplay(b *testing.B) {
	openOfficial(b, "pairs.jsonl").Close()
	history := readHistory(b, filepath.Join(official, "tags", "node.txt"))
	for _, age := range []time.Duration{0, 72 * time.Hour, 10 * 365 * 24 * time.Hour} {
		p := compile(b, policy.Spec{Guard: policy.Guard{MinAge: age}})
		b.Run(age.String(), func(b *testing.B) {
			for b.Loop() {
				p.Replay(policy.Current{Tag: "0.10.28"}, history, time.Time{})
			}
		})
	}
}

// officialLists returns the lists of tags of the benchmark.
func officialLists(t *testing.T) []string {
	t.Helper()
	openOfficial(t, "pairs.jsonl").Close()
	files, err := filepath.Glob(filepath.Join(official, "tags", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no lists of tags: %v", err)
	}
	return files
}

func readTags(t *testing.T, path string) []string {
	t.Helper()
	var tags []string
	for _, c := range readHistory(t, path) {
		tags = append(tags, c.Tag)
	}
	return tags
}

// readHistory reads a list of the benchmark, whose lines are a tag, the time it was first seen, and platforms.
func readHistory(tb testing.TB, path string) []policy.Candidate {
	tb.Helper()
	file, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	var history []policy.Candidate
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			tb.Fatalf("%s: %q is not TAG TIME PLATFORMS", path, lines.Text())
		}
		at, err := time.Parse(time.RFC3339, fields[1])
		if err != nil {
			tb.Fatal(err)
		}
		history = append(history, policy.Candidate{Tag: fields[0], Pushed: at})
	}
	return history
}
