package daemon

import (
	"fmt"
	"slices"
	"strings"
	"time"
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
		if !slices.Contains(c.words, w) {
			c.words = append(c.words, w)
		}
	}
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
