package policy_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/policy"
)

// official is where the successor benchmark lies: what the publishers of the Docker Official Images declared over
// twelve years. It is no part of the project.
const official = "../../shared/official"

// pair is one declared succession: whoever is at From has to be offered To, and none of Not.
type pair struct {
	Image, From, To string
	Not             []string
}

// score is what came of the pairs of one image.
type score struct {
	image                      string
	pairs, found, nots, wrongs int
	examples                   []string
}

func (s *score) recall() float64 { return float64(s.found) / float64(s.pairs) }

func TestSuccessorsOfTwelveYears(t *testing.T) {
	t.Parallel()
	p := compile(t, policy.Spec{})
	scores := map[string]*score{}
	for _, pair := range readPairs(t) {
		s := scores[pair.Image]
		if s == nil {
			s = &score{image: pair.Image}
			scores[pair.Image] = s
		}
		s.add(p, pair)
	}
	var total score
	mean := 0.0
	worst := make([]*score, 0, len(scores))
	for _, s := range scores {
		total.pairs, total.found = total.pairs+s.pairs, total.found+s.found
		total.nots, total.wrongs = total.nots+s.nots, total.wrongs+s.wrongs
		mean += s.recall() / float64(len(scores))
		if len(s.examples) > 0 {
			worst = append(worst, s)
		}
	}
	slices.SortFunc(worst, func(a, b *score) int {
		if a.recall() != b.recall() {
			return int(1e6 * (a.recall() - b.recall()))
		}
		return strings.Compare(a.image, b.image)
	})
	for _, s := range worst[:min(len(worst), 10)] {
		t.Logf("%s: %d of %d found, %d of %d wrong\n\t%s", s.image, s.found, s.pairs, s.wrongs, s.nots,
			strings.Join(s.examples[:min(len(s.examples), 3)], "\n\t"))
	}
	wrong := float64(total.wrongs) / float64(total.nots)
	t.Logf("recall %.4f, mean per image %.4f, wrong %.6f (%d pairs of %d images, %d other variants)",
		total.recall(), mean, wrong, total.pairs, len(scores), total.nots)
	if total.recall() < 0.99 || mean < 0.97 || wrong > 0.0001 {
		t.Error("want a recall of at least 0.99, a mean of at least 0.97, at most 0.0001 wrong")
	}
}

// add asks for a decision as a user at pair.From would get it, and notes whether it is right.
func (s *score) add(p *policy.Policy, pair pair) {
	candidates := []policy.Candidate{{Tag: pair.To}}
	for _, tag := range pair.Not {
		candidates = append(candidates, policy.Candidate{Tag: tag})
	}
	d := p.Choose(policy.Current{Tag: pair.From}, candidates, time.Time{})
	s.pairs++
	s.nots += len(pair.Not)
	for _, v := range d.Verdicts {
		accepted := v.Tag != pair.From && (v.Outcome == policy.Chosen || v.Rule == policy.RuleNotBest)
		switch {
		case v.Tag == pair.To && accepted:
			s.found++
		case v.Tag == pair.To:
			s.examples = append(s.examples, fmt.Sprintf("missed %s -> %s: %s", pair.From, v.Tag, v.Detail()))
		case accepted:
			s.wrongs++
			s.examples = append(s.examples, fmt.Sprintf("wrong  %s -> %s", pair.From, v.Tag))
		}
	}
}

func readPairs(t *testing.T) []pair {
	t.Helper()
	file := openOfficial(t, "pairs.jsonl")
	defer file.Close()
	var pairs []pair
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var p pair
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, p)
	}
	return pairs
}

func openOfficial(tb testing.TB, name string) *os.File {
	tb.Helper()
	file, err := os.Open(filepath.Join(official, name))
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skipf("the successor benchmark is not there: %v", err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

func compile(tb testing.TB, s policy.Spec) *policy.Policy {
	tb.Helper()
	p, err := policy.New(s)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
