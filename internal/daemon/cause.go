package daemon

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/config"
)

// Causes of one Git repository gather for a while, so that one push has them all: as long as gathering after the last of
// them, and no longer than gatheringMost after the first.
const (
	gathering     = 5 * time.Second
	gatheringMost = 30 * time.Second
)

// cause is why a pass of a Git repository is to be made.
type cause struct {
	news  int // images with something new
	times int // policies whose time has come
	again int // policies that have failed
	words []string
}

func (c *cause) add(d cause) {
	c.news += d.news
	c.times += d.times
	c.again += d.again
	for _, w := range d.words {
		if !contains(c.words, w) {
			c.words = append(c.words, w)
		}
	}
}

func contains(words []string, word string) bool {
	return slices.Contains(words, word)
}

// String is the reason as people are told: "new tags of 3 images, trying 1 policy again".
func (c cause) String() string {
	words := append([]string(nil), c.words...)
	if c.news > 0 {
		words = append(words, "news of "+count(c.news, "image", "images"))
	}
	if c.times > 0 {
		words = append(words, "the time of "+count(c.times, "policy", "policies")+" has come")
	}
	if c.again > 0 {
		words = append(words, "trying "+count(c.again, "policy", "policies")+" again")
	}
	return strings.Join(words, ", ")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// tree is one Git repository that policies write to.
type tree struct {
	git      config.Git
	policies []string
	interval time.Duration // the shortest of them
	proposes bool          // pull requests are opened there

	tip     string    // where the branch stood when it was last decided
	checked time.Time // when it was last asked where it stands
	asking  bool
	whole   time.Time // the last pass of all policies

	cause    cause
	all      bool            // all policies are to be decided
	selected map[string]bool // else these
	since    time.Time       // of the first cause; zero = there is none
	due      time.Time       // when the pass is to be made

	failures int // passes in a row with something that failed
}

// because notes a cause for all policies, or for those named.
func (t *tree) because(now time.Time, c cause, all bool, policies ...string) {
	if t.since.IsZero() {
		t.since, t.cause, t.all, t.selected = now, cause{}, false, map[string]bool{}
	}
	t.cause.add(c)
	t.all = t.all || all
	for _, name := range policies {
		t.selected[name] = true
	}
	t.due = now.Add(gathering)
	if most := t.since.Add(gatheringMost); t.due.After(most) {
		t.due = most
	}
}

// only returns the policies to be decided, nil for all.
func (t *tree) only() []string {
	if t.all || len(t.selected) == len(t.policies) {
		return nil
	}
	var names []string
	for _, name := range t.policies {
		if t.selected[name] {
			names = append(names, name)
		}
	}
	return names
}
