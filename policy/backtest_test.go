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
	openOfficial(t, "pairs.jsonl").Close()
	files, err := filepath.Glob(filepath.Join(official, "tags", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no lists of tags: %v", err)
	}
	p := compile(t, policy.Spec{})
	for _, file := range files {
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
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var tags []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		tag, _, _ := strings.Cut(lines.Text(), " ")
		tags = append(tags, tag)
	}
	return tags
}
