package policy_test

import (
	"bufio"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/policy"
)

// startsPerImage is from how many tags of each image the laws are checked. From each of them every tag is judged.
const startsPerImage = 12

// The oracle knows nothing of the grammar: a pre-release is one of these words with a number, or at the end.
var (
	prerelease = regexp.MustCompile(`(?i)[-._]?(?:alpha|beta|rc|cr|pre|preview|ea|milestone)[-._]?[0-9]+|[-._](?:alpha|beta|rc|preview|ea|[abm][0-9]+)\b|([0-9])[abm][0-9]+`)
	numbers    = regexp.MustCompile(`[0-9]+(?:[-._][0-9]+)*`)
	commit     = regexp.MustCompile(`-[0-9a-f]{7}$`)
	dotted     = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)*`)
)

func released(tag string) string { return prerelease.ReplaceAllString(tag, "$1") }

// skeleton is a tag without its pre-release, its numbers and its commit.
func skeleton(tag string) string {
	return numbers.ReplaceAllString(released(commit.ReplaceAllString(tag, "-commit")), "#")
}

// Over the tags of twelve years: never a downgrade, never another variant, never a pre-release from a release.
func TestLawsOverTwelveYears(t *testing.T) {
	t.Parallel()
	p := compile(t, policy.Spec{})
	for _, file := range officialLists(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			tags := readTags(t, file)
			candidates := asCandidates(tags)
			for i := 0; i < len(tags); i += max(1, len(tags)/startsPerImage) {
				d := p.Choose(policy.Current{Tag: tags[i]}, candidates, time.Time{})
				for _, v := range d.Verdicts {
					if d.Usable && v.Tag != tags[i] && (v.Outcome == policy.Chosen || v.Rule == policy.RuleNotBest) {
						checkSuccession(t, tags[i], v.Tag)
					}
				}
			}
		})
	}
}

// The same of the updates that a policy would have made over these years, from the first tag on and from one in the middle.
func TestReplayOfTwelveYears(t *testing.T) {
	t.Parallel()
	for _, file := range officialLists(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			history := readHistory(t, file)
			for i, age := range []time.Duration{0, 72 * time.Hour} {
				p := compile(t, policy.Spec{Guard: policy.Guard{MinAge: age}})
				r := p.Replay(policy.Current{Tag: history[i*len(history)/2].Tag}, history, time.Time{})
				for _, u := range r.Updates {
					if p.Choose(u.From, nil, u.At).Usable {
						checkSuccession(t, u.From.Tag, u.To.Tag)
					}
					if u.Waited() < age {
						t.Errorf("%s -> %s waited %v", u.From.Tag, u.To.Tag, u.Waited())
					}
				}
			}
		})
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

func checkSuccession(t *testing.T, from, to string) {
	t.Helper()
	if skeleton(from) != skeleton(to) {
		t.Errorf("%s -> %s is another variant", from, to)
	}
	if prerelease.MatchString(to) && !prerelease.MatchString(from) {
		t.Errorf("%s -> %s is a pre-release", from, to)
	}
	a, b := dotted.FindAllString(released(from), -1), dotted.FindAllString(released(to), -1)
	for i := range min(len(a), len(b)) {
		if c := compareAsNumbers(a[i], b[i]); c > 0 {
			t.Errorf("%s -> %s is a downgrade", from, to)
		} else if c == 0 {
			continue
		}
		return
	}
}

func compareAsNumbers(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		var m, n big.Int
		if i < len(x) {
			m.SetString(x[i], 10)
		}
		if i < len(y) {
			n.SetString(y[i], 10)
		}
		if c := m.Cmp(&n); c != 0 {
			return c
		}
	}
	return 0
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
